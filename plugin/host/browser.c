/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/browser.h"

#include <glib/gstdio.h>

#include "host/host_compat.h"
#include "host/language.h"
#include "host/message.h"

#include <epan/funnel.h>

static GSList *files; /* names, owned */

static void
remove_files(void)
{
    for (GSList *one = files; one != NULL; one = one->next)
        g_unlink(one->data);
    g_slist_free_full(files, g_free);
    files = NULL;
}

void
browser_register(void)
{
    register_shutdown_routine(remove_files);
}

/* A new file of a name that nobody can know before, readable by its owner alone. NULL if that failed: then there is none, and the user
 * has been told. */
static char *
private_file(const char *page)
{
    char *name = NULL;
    GError *error = NULL;
    int file = g_file_open_tmp("netcase-XXXXXX.html", &name, &error);
    if (file != -1 && g_close(file, &error) &&
        g_file_set_contents_full(name, page, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
        return name;
    message_show(translated("netcase: the report can't be written: %s.", "netcase：无法写入报告：%s。"),
                 error->message);
    g_error_free(error);
    if (name != NULL)
        g_unlink(name);
    g_free(name);
    return NULL;
}

static bool
open_in_browser(const char *name)
{
    const funnel_ops_t *window = funnel_get_funnel_ops();
    char *url = g_filename_to_uri(name, NULL, NULL);
    bool opened = url != NULL && window != NULL && window->browser_open_url != NULL && window->browser_open_url(url);
    g_free(url);
    return opened;
}

void
browser_show(const char *page)
{
    char *name = private_file(page);
    if (name == NULL)
        return;
    files = g_slist_prepend(files, name);
    if (!open_in_browser(name))
        message_show(translated("netcase: no browser could be started. The report is in %s until Wireshark ends.",
                                "netcase：无法启动浏览器。报告在 %s 中，Wireshark 退出时会删除。"),
                     name);
}
