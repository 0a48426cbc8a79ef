/* Text of strangers in a shell. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "report/shell.h"

static void
words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"www.example.com", "www.example.com"},
        {"192.0.2.1:443", "192.0.2.1:443"},
        {"2001:db8::1", "2001:db8::1"},
        {"_dmarc.a-b", "_dmarc.a-b"},
        {"", "''"},
        {"-f", "'-f'"},
        {"@file", "'@file'"},
        {"a-b@c", "'a-b@c'"},
        {"a b", "'a b'"},
        {"?", "'?'"},
        {"~", "'~'"},
        {"a=b", "'a=b'"},
        {"{a,b}", "'{a,b}'"},
        {"[::1]:80", "'[::1]:80'"},
        {"$(x)`y`\\", "'$(x)`y`\\'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"''", "''\\'''\\'''"},
        {"\"", "'\"'"},
        {"名", "'名'"},
        {"a\nb", "'a\nb'"}, /* texts are printable; even if this one were not, it is one word */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *word = shell_word(rows[i].text);
        assert_string_equal(word, rows[i].word);
        g_free(word);
    }
}

/* GLib reads words as POSIX says: each byte and each pair of bytes comes back, alone and glued to a word. */
static void
come_back(void **state)
{
    (void)state;
    for (int first = 1; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            const char text[] = {(char)first, (char)second, '\0'};
            char *word = shell_word(text), *line = g_strdup_printf("a %s b=%s", word, word), **arguments = NULL;
            char *glued = g_strconcat("b=", text, NULL);
            assert_true(g_shell_parse_argv(line, NULL, &arguments, NULL));
            assert_int_equal(g_strv_length(arguments), 3);
            assert_string_equal(arguments[1], text);
            assert_string_equal(arguments[2], glued);
            g_strfreev(arguments);
            g_free(glued);
            g_free(line);
            g_free(word);
        }
}

static void
places(void **state)
{
    (void)state;
    static const char line[] = "a 'b\"c' \"d'e\" f", expected[] = "001111002222000";
    enum shell_place place = SHELL_BARE;
    for (size_t i = 0; line[i] != '\0'; i++) {
        place = shell_behind(place, line[i]);
        assert_int_equal(place, expected[i] - '0');
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(come_back), cmocka_unit_test(places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
