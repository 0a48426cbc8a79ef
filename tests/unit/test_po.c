/* Files of translations: read, written, brought up to date.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "po.h"

static const char header[] = "msgid \"\"\nmsgstr \"Language: zh_CN\\n\"\n";

/* The file after an update, which must also be what an update of it gives. */
static char *
updated(const char *text, const struct po_message *messages, size_t count)
{
    char *problem = NULL, *result = NULL;
    for (int round = 0; round < 2; round++) {
        GPtrArray *entries = po_read(round == 0 ? text : result, &problem);
        if (entries == NULL)
            fail_msg("%s", problem);
        GPtrArray *now = po_update(entries, messages, count);
        char *written = po_write(now);
        if (result != NULL)
            assert_string_equal(written, result);
        g_free(result);
        result = written;
        g_ptr_array_unref(now);
        g_ptr_array_unref(entries);
    }
    return result;
}

static void
is_updated(const char *before, const char *english, const char *after)
{
    const struct po_message message = {"a.b/title", english};
    char *text = g_strconcat(header, "\n", before, NULL), *expected = g_strconcat(header, "\n", after, NULL);
    char *now = updated(text, &message, 1);
    assert_string_equal(now, expected);
    g_free(now);
    g_free(expected);
    g_free(text);
}

#define ENTRY(english, translation) "msgctxt \"a.b/title\"\nmsgid \"" english "\"\nmsgstr \"" translation "\"\n"

static void
new_text(void **state)
{
    (void)state;
    is_updated("", "One", ENTRY("One", ""));
    is_updated(ENTRY("One", ""), "Two", ENTRY("Two", ""));
}

static void
text_as_it_was(void **state)
{
    (void)state;
    is_updated(ENTRY("One", "一"), "One", ENTRY("One", "一"));
    is_updated("# A note.\n" ENTRY("One", "一"), "One", "# A note.\n" ENTRY("One", "一"));
    is_updated("#: a file:1\n" ENTRY("One", "一"), "One", ENTRY("One", "一"));
}

/* Until somebody has looked at the translation, it tells which text it was made of. */
static void
changed_text(void **state)
{
    (void)state;
    is_updated(ENTRY("One", "一"), "Two", "#, fuzzy\n#| msgid \"One\"\n" ENTRY("Two", "一"));
    is_updated("#, fuzzy\n#| msgid \"One\"\n" ENTRY("Two", "一"), "Two",
               "#, fuzzy\n#| msgid \"One\"\n" ENTRY("Two", "一"));
    is_updated("#, fuzzy\n#| msgid \"One\"\n" ENTRY("Two", "一"), "Six",
               "#, fuzzy\n#| msgid \"One\"\n" ENTRY("Six", "一"));
    is_updated("#, fuzzy\n#| msgid \"One\"\n" ENTRY("Two", "一"), "One", ENTRY("One", "一"));
    is_updated("#, fuzzy\n" ENTRY("One", "一"), "One", "#, fuzzy\n" ENTRY("One", "一"));
    is_updated("#| msgid \"One\"\n" ENTRY("Two", "二"), "Two", ENTRY("Two", "二"));
}

#define OTHER "msgctxt \"x.y/title\"\nmsgid \"Old\"\nmsgstr \"旧\"\n"
#define GONE  "#~ msgctxt \"x.y/title\"\n#~ msgid \"Old\"\n#~ msgstr \"旧\"\n"

static void
text_that_is_gone(void **state)
{
    (void)state;
    is_updated(OTHER, "One", ENTRY("One", "") "\n" GONE);
    is_updated(OTHER ENTRY("One", "一"), "One", ENTRY("One", "一") "\n" GONE);
    is_updated(GONE ENTRY("One", "一"), "One", ENTRY("One", "一") "\n" GONE);
    is_updated("msgctxt \"x.y/title\"\nmsgid \"Old\"\nmsgstr \"\"\n", "One", ENTRY("One", ""));
    is_updated("#~ msgctxt \"a.b/title\"\n#~ msgid \"One\"\n#~ msgstr \"一\"\n", "One", ENTRY("One", "一"));
    is_updated("#~ msgctxt \"a.b/title\"\n#~ msgid \"One\"\n#~ msgstr \"零\"\n\n" ENTRY("One", "一"), "One",
               ENTRY("One", "一"));
}

static void
items_stand_in_lines(void **state)
{
    (void)state;
    is_updated("msgctxt \"a.b/title\"\nmsgid \"One\\n\" \nmsgstr \"\"\n\"一\"\n\"\\n二\"\n", "One\ntwo \"2\" \\",
               "#, fuzzy\n#| msgid \"One\\n\"\nmsgctxt \"a.b/title\"\nmsgid \"\"\n\"One\\n\"\n\"two \\\"2\\\" \\\\\"\n"
               "msgstr \"\"\n\"一\\n\"\n\"二\"\n");
}

static void
what_is_translated(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool translated;
    } rows[] = {
        {ENTRY("One", "一"), true},
        {ENTRY("One", ""), false},
        {"#, fuzzy\n" ENTRY("One", "一"), false},
        {GONE, false},
        {header, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *problem = NULL;
        GPtrArray *entries = po_read(rows[i].text, &problem);
        assert_non_null(entries);
        assert_int_equal(entries->len, 1);
        assert_int_equal(po_is_translated(g_ptr_array_index(entries, 0)), rows[i].translated);
        g_ptr_array_unref(entries);
    }
}

static void
malformed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"msgid One\n", "line 1: expected a string in quotes"},
        {"msgctxt \"a\"\nmsgid \"One\nmsgstr \"\"\n", "line 2: expected a string in quotes"},
        {"\"One\"\n", "line 1: expected a string in quotes"},
        {"msgctxt \"a\"\nmsgid \"One\"\n\n", "line 3: the entry above has no msgid or no msgstr"},
        {"msgid \"One\"\nmsgstr \"\"\n\n", "line 3: the entry above has no msgctxt"},
        {ENTRY("One", "") ENTRY("One", ""), "line 7: the msgctxt of the entry above is there twice"},
        {"msgid \"One\"\nmsgid_plural \"Ones\"\n", "line 2: neither msgctxt nor msgid nor msgstr, or there twice"},
        {"msgctxt \"a\"\nmsgctxt \"b\"\n", "line 2: neither msgctxt nor msgid nor msgstr, or there twice"},
        {"<<<<<<< HEAD\n", "line 1: neither msgctxt nor msgid nor msgstr, or there twice"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *problem = NULL;
        assert_null(po_read(rows[i].text, &problem));
        assert_string_equal(problem, rows[i].problem);
        g_free(problem);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_text),
        cmocka_unit_test(text_as_it_was),
        cmocka_unit_test(changed_text),
        cmocka_unit_test(text_that_is_gone),
        cmocka_unit_test(items_stand_in_lines),
        cmocka_unit_test(what_is_translated),
        cmocka_unit_test(malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
