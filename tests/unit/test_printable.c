/* Text of strangers on a terminal. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "findings/printable.h"

static void
shown(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"", ""},
        {"www.example.com", "www.example.com"},
        {"空闲，é 😀", "空闲，é 😀"},
        {"back\\slash", "back\\slash"},
        {"a\nb\r\tc", "a\\nb\\r\\tc"},
        {"\x1b[31m", "\\x1b[31m"},
        {"\x07\x7f", "\\x07\\x7f"},
        /* C1: CSI */
        {"\xc2\x9b", "\\u009b"},
        /* Separators of lines and paragraphs. */
        {"a\xe2\x80\xa8z\xe2\x80\xa9", "a\\u2028z\\u2029"},
        /* Right to left override, isolate, zero width space, byte order mark, soft hyphen. */
        {"\xe2\x80\xae", "\\u202e"},
        {"\xe2\x81\xa6", "\\u2066"},
        {"\xe2\x80\x8b", "\\u200b"},
        {"\xef\xbb\xbf", "\\ufeff"},
        {"\xc2\xad", "\\u00ad"},
        /* A variation selector; a Hangul filler, which is an invisible letter; a tag; no character. */
        {"\xef\xb8\x8f", "\\ufe0f"},
        {"\xe3\x85\xa4", "\\u3164"},
        {"\xf3\xa0\x80\x81", "\\U000e0001"},
        {"\xef\xbf\xbf", "\\uffff"},
        /* No UTF-8: a lone byte, cut, overlong, a surrogate, beyond Unicode. */
        {"\xff", "\\xff"},
        {"a\xe5\xb8", "a\\xe5\\xb8"},
        {"\xc0\xaf", "\\xc0\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = printable_text(rows[i].text), *again = printable_text(text);
        assert_string_equal(text, rows[i].shown);
        assert_string_equal(again, text);
        g_free(again);
        g_free(text);
    }
}

/* Whatever the bytes are: valid, in one line, no longer than it may be. */
static void
any_bytes(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(1);
    char bytes[3 * PRINTABLE_MAX];
    for (int round = 0; round < 300; round++) {
        size_t size = (size_t)g_rand_int_range(random, 0, sizeof bytes);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)g_rand_int_range(random, 1, 256);
        bytes[size] = '\0';
        char *exact = g_strdup(bytes), *text = printable_text(exact), *again = printable_text(text);
        assert_true(g_utf8_validate(text, -1, NULL));
        assert_true(strlen(text) <= PRINTABLE_MAX);
        assert_string_equal(again, text);
        for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
            assert_true(g_unichar_isprint(g_utf8_get_char(at)));
        g_free(again);
        g_free(text);
        g_free(exact);
    }
    g_rand_free(random);
}

static void
cut(void **state)
{
    (void)state;
    for (size_t size = PRINTABLE_MAX - 6; size < PRINTABLE_MAX + 6; size++) {
        char *ascii = g_strnfill(size, 'a'), *wide = g_strconcat(ascii, "空", NULL);
        char *shown = printable_text(ascii), *shown_wide = printable_text(wide);
        assert_int_equal(strlen(shown), MIN(size, PRINTABLE_MAX));
        assert_int_equal(g_str_has_suffix(shown, "…"), size > PRINTABLE_MAX);
        assert_int_equal(g_str_has_suffix(shown_wide, "空"), size + 3 <= PRINTABLE_MAX);
        assert_true(strlen(shown_wide) <= PRINTABLE_MAX && g_utf8_validate(shown_wide, -1, NULL));
        g_free(shown_wide);
        g_free(shown);
        g_free(wide);
        g_free(ascii);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shown), cmocka_unit_test(any_bytes), cmocka_unit_test(cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
