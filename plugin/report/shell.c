/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/shell.h"

#include <glib.h>
#include <string.h>

static gboolean
is_plain(const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    return *text != '\0' && *text != '-' && *text != '@' && text[strspn(text, plain)] == '\0';
}

char *
shell_word(const char *text)
{
    if (is_plain(text))
        return g_strdup(text);
    GString *word = g_string_new("'");
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            g_string_append(word, "'\\''");
        else
            g_string_append_c(word, *text);
    }
    g_string_append_c(word, '\'');
    return g_string_free(word, FALSE);
}

enum shell_place
shell_behind(enum shell_place place, char character)
{
    enum shell_place quotes = character == '\''  ? SHELL_SINGLE_QUOTES
                              : character == '"' ? SHELL_DOUBLE_QUOTES
                                                 : SHELL_BARE;
    if (quotes == SHELL_BARE)
        return place;
    if (place == SHELL_BARE)
        return quotes;
    return place == quotes ? SHELL_BARE : place;
}
