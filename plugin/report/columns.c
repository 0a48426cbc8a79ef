/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/columns.h"

enum { GAP = 2 };

unsigned
columns_of(const char *text)
{
    unsigned columns = 0;
    for (; *text != '\0'; text = g_utf8_next_char(text))
        columns += g_unichar_iswide(g_utf8_get_char(text)) ? 2 : 1;
    return columns;
}

void
columns_pad(GString *out, const char *text, unsigned columns)
{
    g_string_append(out, text);
    for (unsigned used = columns_of(text); used < columns; used++)
        g_string_append_c(out, ' ');
}

char *
columns_table(const GPtrArray *rows)
{
    GString *out = g_string_new(NULL);
    guint count = rows->len > 0 ? g_strv_length(g_ptr_array_index(rows, 0)) : 0;
    unsigned *widths = g_new0(unsigned, count + 1);

    for (guint row = 0; row < rows->len; row++)
        for (guint column = 0; column < count; column++)
            widths[column] = MAX(widths[column], columns_of(((char **)g_ptr_array_index(rows, row))[column]));
    for (guint row = 0; row < rows->len; row++) {
        char **texts = g_ptr_array_index(rows, row);
        for (guint column = 0; column < count; column++)
            columns_pad(out, texts[column], column + 1 < count ? widths[column] + GAP : 0);
        g_string_append_c(out, '\n');
    }
    g_free(widths);
    return g_string_free(out, FALSE);
}
