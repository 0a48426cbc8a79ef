/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/provenance.h"

#include <string.h>

#include "findings/printable.h"
#include "host/plugin.h"
#include "host/preferences.h"

#include <epan/epan.h>

/* Whether the word is options without arguments of tshark that end with -r: "-nr". */
static bool
ends_with_read(const char *word)
{
    return word[0] == '-' && word[1] != '-' && strlen(word) >= 2 && word[strlen(word) - 1] == 'r' &&
           strspn(word + 1, "2lnpqVxr") == strlen(word) - 1;
}

/* What tshark was told to read. It tells its plugins neither the name nor the words it was started with, but Linux does; elsewhere the
 * report has no name. */
static char *
file_of_command_line(void)
{
    char *words = NULL, *file = NULL;
    gsize size;
    if (!g_file_get_contents("/proc/self/cmdline", &words, &size, NULL))
        return NULL;
    for (char *word = words; word < words + size; word += strlen(word) + 1) {
        char *next = word + strlen(word) + 1;
        if (strncmp(word, "--read-file=", 12) == 0)
            file = word + 12;
        else if ((ends_with_read(word) || strcmp(word, "--read-file") == 0) && next < words + size)
            file = next;
        else if (strncmp(word, "-r", 2) == 0)
            file = word + 2;
    }
    file = file != NULL && strcmp(file, "-") != 0 ? g_path_get_basename(file) : NULL;
    g_free(words);
    return file;
}

static char *
own_printable(char *text)
{
    char *printable = text != NULL ? printable_text(text) : NULL;
    g_free(text);
    return printable;
}

void
provenance_fill(struct report_origin *origin, const char *filter)
{
    origin->version = plugin_version;
    origin->host = g_strdup_printf("Wireshark %s", epan_get_version());
    origin->file = own_printable(file_of_command_line());
    origin->filter = filter != NULL ? printable_text(filter) : NULL;
    origin->options = preferences_that_matter();
}

void
provenance_clear(struct report_origin *origin)
{
    g_free((char *)origin->host);
    g_free((char *)origin->file);
    g_free((char *)origin->filter);
    g_strfreev((char **)origin->options);
}
