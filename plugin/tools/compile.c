/* netcase-compile-texts FILE.po FILE.c: the translations of a PO file as a table in C, sorted by context. What is not
 * translated, fuzzy or obsolete is not in it. A tool of the build.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "po.h"

static int
by_context(const void *a, const void *b)
{
    const struct po_entry *const *left = a, *const *right = b;
    return strcmp((*left)->context, (*right)->context);
}

/* A string literal. A question mark is escaped, because two of them begin a trigraph. */
static void
write_literal(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            g_string_append(out, "\\n");
        else if (strchr("\"\\?", *text) != NULL)
            g_string_append_printf(out, "\\%c", *text);
        else
            g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static char *
compile(const GPtrArray *entries)
{
    GPtrArray *translated = g_ptr_array_new();
    for (guint i = 0; i < entries->len; i++)
        if (po_is_translated(g_ptr_array_index(entries, i)))
            g_ptr_array_add(translated, g_ptr_array_index(entries, i));
    g_ptr_array_sort(translated, by_context);
    GString *out = g_string_new("#include \"texts/table.h\"\n\nconst struct translation texts_zh_cn[] = {\n");
    for (guint i = 0; i < translated->len; i++) {
        const struct po_entry *entry = g_ptr_array_index(translated, i);
        const char *const columns[] = {entry->context, entry->english, entry->translation};
        for (size_t column = 0; column < G_N_ELEMENTS(columns); column++) {
            g_string_append(out, column == 0 ? "    {" : ",\n     ");
            write_literal(out, columns[column]);
        }
        g_string_append(out, "},\n");
    }
    g_string_append_printf(out, "    {0},\n};\n\nconst size_t texts_zh_cn_count = %u;\n", translated->len);
    g_ptr_array_unref(translated);
    return g_string_free(out, FALSE);
}

int
main(int count, char **arguments)
{
    char *text = NULL, *problem = NULL;
    GError *error = NULL;
    if (count != 3) {
        fputs("usage: netcase-compile-texts FILE.po FILE.c\n", stderr);
        return 2;
    }
    GPtrArray *entries = g_file_get_contents(arguments[1], &text, NULL, &error) ? po_read(text, &problem) : NULL;
    if (entries != NULL) {
        char *code = compile(entries);
        g_file_set_contents(arguments[2], code, -1, &error);
        g_free(code);
        g_ptr_array_unref(entries);
    }
    bool good = error == NULL && problem == NULL;
    if (!good)
        fprintf(stderr, "%s: %s\n", arguments[1], error != NULL ? error->message : problem);
    g_clear_error(&error);
    g_free(problem);
    g_free(text);
    return good ? 0 : 1;
}
