/* Long texts in lines. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "core/wrap.h"

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
        {"Do: ls -l", "Do: ls -l"},
        {"Do it: ls -l", "Do it:|ls -l"},
        {"Do it all now: ls -l", "Do it all|now:|ls -l"},
        {"It is: ls -l.", "It is: ls|-l."},
        {"抓包查看：ls -l", "抓包查看：|ls -l"},
        {"抓包：查看。", "抓包：查|看。"},
        {"at 10:30 ls -l a", "at 10:30|ls -l a"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char **lines = wrap_text(rows[i].text, 10);
        char *joined = g_strjoinv("|", lines);
        assert_string_equal(joined, rows[i].lines);
        g_free(joined);
        g_strfreev(lines);
    }
}

/* Without a line for a command. */
static void
wrapped_as_words(void **state)
{
    (void)state;
    char **lines = wrap_words("On all: ls -l", 10);
    assert_string_equal(lines[0], "On all: ls");
    assert_string_equal(lines[1], "-l");
    assert_null(lines[2]);
    g_strfreev(lines);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrapped), cmocka_unit_test(wrapped_as_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
