/* Aligned columns. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "report/columns.h"

static void
width(void **state)
{
    (void)state;
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("abc"), 3);
    assert_int_equal(columns_of("诊断 ok"), 7);
}

static void
padded(void **state)
{
    (void)state;
    GString *out = g_string_new("|");
    columns_pad(out, "诊断", 6);
    columns_pad(out, "longer", 2);
    columns_pad(out, "", 2);
    assert_string_equal(out->str, "|诊断  longer  ");
    g_string_free(out, TRUE);
}

static void
table(void **state)
{
    (void)state;
    char *const rows[][4] = {{"server", "会话", "last", NULL}, {"a", "b", "c", NULL}, {"", "四个汉字", "-", NULL}};
    GPtrArray *array = g_ptr_array_new();
    char *text = columns_table(array);
    assert_string_equal(text, "");
    g_free(text);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_ptr_array_add(array, (void *)rows[i]);
    text = columns_table(array);
    assert_string_equal(text, "server  会话      last\n"
                              "a       b         c\n"
                              "        四个汉字  -\n");
    g_free(text);
    g_ptr_array_unref(array);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(width), cmocka_unit_test(padded), cmocka_unit_test(table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
