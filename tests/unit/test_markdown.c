/* Words and code in Markdown. What a renderer makes of them is a question of tests/e2e/hostile.py.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "report/markdown.h"

static void
words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *markdown;
    } rows[] = {
        {"", ""},
        {"plain words, 3 of 4 (50 %).", "plain words, 3 of 4 (50 %)."},
        {"proxy_read_timeout", "proxy_read_timeout"},
        {"_a_ b_ _", "\\_a\\_ b\\_ \\_"},
        {"*a* `b` ~~c~~", "\\*a\\* \\`b\\` \\~\\~c\\~\\~"},
        {"<b>", "\\<b>"},
        {"&amp;", "\\&amp;"},
        {"[a](b) ![c](d)", "\\[a](b) !\\[c](d)"},
        {"\\*", "\\\\\\*"},
        {"see http://a.b and www.a.b, WWW.a.b", "see http\\://a.b and www\\.a.b, WWW\\.a.b"},
        {"a@b.c", "a\\@b.c"},
        {"# a", "\\# a"},
        {"> a", "\\> a"},
        {"- a", "\\- a"},
        {"Console: a > b", "Console: a > b"},
        {"空闲：超时", "空闲：超时"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *out = g_string_new(NULL);
        markdown_words(out, rows[i].text);
        assert_string_equal(out->str, rows[i].markdown);
        g_string_free(out, TRUE);
    }
}

static void
code(void **state)
{
    (void)state;
    static const struct {
        const char *before, *text, *markdown;
    } rows[] = {
        {"", "", ""},
        {"a ", "b", "a `b`"},
        {"", "a`b", "``a`b``"},
        {"", "a``b`c", "```a``b`c```"},
        {"", "`", "`` ` ``"},
        {"", "`a", "`` `a ``"},
        {"", "a`", "`` a` ``"},
        {"", " a ", "`  a  `"},
        {"", " a", "` a`"},
        {"", "  ", "`  `"},
        {"", "<b> *c* [d](e) \\", "`<b> *c* [d](e) \\`"},
        {"`a`", "b", "`a` `b`"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *out = g_string_new(rows[i].before);
        markdown_code(out, rows[i].text);
        assert_string_equal(out->str, rows[i].markdown);
        g_string_free(out, TRUE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words), cmocka_unit_test(code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
