/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/page.h"

#include <glib.h>
#include <string.h>

#include "report/page_parts.h"

/* 'sha256-...' as a Content-Security-Policy names a text (CSP level 3, 2.3.1). */
static char *
hash_of(const char *text)
{
    guint8 digest[32];
    gsize size = sizeof digest;
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(checksum, digest, &size);
    g_checksum_free(checksum);
    char *base64 = g_base64_encode(digest, size);
    char *hash = g_strdup_printf("'sha256-%s'", base64);
    g_free(base64);
    return hash;
}

static char *
policy(void)
{
    char *script = hash_of(page_js), *style = hash_of(page_css);
    char *text = g_strdup_printf("default-src 'none'; script-src %s; style-src %s; base-uri 'none'; form-action 'none'",
                                 script, style);
    g_free(script);
    g_free(style);
    return text;
}

/* "<" can stand in JSON within strings only, and there in this form as well. */
static void
append_data(GString *page, const char *data)
{
    for (; *data != '\0'; data++)
        if (*data == '<')
            g_string_append(page, "\\u003c");
        else
            g_string_append_c(page, *data);
}

char *
page_with(const char *data)
{
    GString *page = g_string_new(NULL);
    char **parts = g_strsplit(page_html, "@", -1), *allowed = policy();
    for (char **part = parts; *part != NULL; part++)
        if (strcmp(*part, "POLICY") == 0)
            g_string_append(page, allowed);
        else if (strcmp(*part, "STYLE") == 0)
            g_string_append(page, page_css);
        else if (strcmp(*part, "SCRIPT") == 0)
            g_string_append(page, page_js);
        else if (strcmp(*part, "DATA") == 0)
            append_data(page, data);
        else
            g_string_append(page, *part);
    g_free(allowed);
    g_strfreev(parts);
    return g_string_free(page, FALSE);
}
