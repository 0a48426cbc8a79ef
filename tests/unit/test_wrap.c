/* Long texts in lines. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "report/wrap.h"

static void
wrapped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *lines; /* joined by '|' */
    } rows[] = {
        {"", ""},
        {"short", "short"},
        {"exactly ten", "exactly|ten"},
        {"ten bytes.", "ten bytes."},
        {"one two three four.", "one two|three|four."},
        {"one  two   three four.", "one  two|three|four."},
        {"ends in spaces     ", "ends in|spaces"},
        {"averylongwordindeed", "averylongw|ordindeed"},
        {"a averylongwordindeed", "a|averylongw|ordindeed"},
        {"空闲超时到期", "空闲超时到|期"},
        {"空闲超时到，期", "空闲超时|到，期"},
        {"空闲 abcdef 到期", "空闲|abcdef 到|期"},
        {"It is: ls -l.", "It is: ls|-l."},
        {"at 10:30 ls -l a", "at 10:30|ls -l a"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char **lines = wrap_words(rows[i].text, 10);
        char *joined = g_strjoinv("|", lines);
        assert_string_equal(joined, rows[i].lines);
        g_free(joined);
        g_strfreev(lines);
    }
}

/* A command begins a line of its own if there is not room for both. */
static void
wrapped_with_command(void **state)
{
    (void)state;
    static const struct {
        const char *words, *command, *lines;
    } rows[] = {
        {"Do: ", "ls -l", "Do: ls -l"},
        {"Do it: ", "ls -l", "Do it:|ls -l"},
        {"Do it all now: ", "ls -l", "Do it all|now:|ls -l"},
        {"抓包查看：", "ls -l", "抓包查看：|ls -l"},
        {"a: ", "dig 'b: c' d", "a:|dig 'b: c'|d"},
        {"", "ls -l -a -b", "ls -l -a|-b"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char **lines = wrap_command(rows[i].words, rows[i].command, 10);
        char *joined = g_strjoinv("|", lines);
        assert_string_equal(joined, rows[i].lines);
        g_free(joined);
        g_strfreev(lines);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrapped), cmocka_unit_test(wrapped_with_command)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
