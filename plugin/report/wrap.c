/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/wrap.h"

#include <string.h>

/* Whether a line may end before `text`: at a space, or in front of a wide character that is no punctuation. */
static gboolean
may_break_at(const char *text)
{
    gunichar next = g_utf8_get_char(text);
    return next == ' ' || (g_unichar_iswide(next) && !g_unichar_ispunct(next));
}

/* Bytes of the first line of the text that ends before `stop`. */
static size_t
line_length(const char *text, const char *stop, unsigned columns)
{
    const char *end = text, *best = NULL;
    for (unsigned used = 0; end < stop; end = g_utf8_next_char(end)) {
        if (end > text && may_break_at(end)) {
            best = end;
        }
        used += g_unichar_iswide(g_utf8_get_char(end)) ? 2 : 1;
        if (used > columns && end > text) {
            return (size_t)((best != NULL ? best : end) - text);
        }
    }
    return (size_t)(end - text);
}

/* The text before `stop` in lines. At least one, even if it is empty. */
static void
add_lines(GPtrArray *lines, const char *text, const char *stop, unsigned columns)
{
    do {
        size_t length = line_length(text, stop, columns);
        g_ptr_array_add(lines, g_strchomp(g_strndup(text, length)));
        text += length;
        text += MIN(strspn(text, " "), (size_t)(stop - text));
    } while (text < stop);
}

char **
wrap_words(const char *text, unsigned columns)
{
    GPtrArray *lines = g_ptr_array_new();
    add_lines(lines, text, text + strlen(text), columns);
    g_ptr_array_add(lines, NULL);
    return (char **)g_ptr_array_free(lines, FALSE);
}

char **
wrap_command(const char *words, const char *command, unsigned columns)
{
    char *text = g_strconcat(words, command, NULL);
    const char *end = text + strlen(text);
    GPtrArray *lines = g_ptr_array_new();
    if (*words == '\0' || line_length(text, end, columns) == strlen(text)) {
        add_lines(lines, text, end, columns);
    } else {
        add_lines(lines, text, text + strlen(words), columns);
        add_lines(lines, text + strlen(words), end, columns);
    }
    g_ptr_array_add(lines, NULL);
    g_free(text);
    return (char **)g_ptr_array_free(lines, FALSE);
}
