/* Texts in two languages: what is translated, and what stays English.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/catalogue.h"
#include "texts/table.h"
#include "texts/texts.h"

static void
the_table_is_sorted(void **state)
{
    (void)state;
    assert_true(texts_zh_cn_count > 0);
    for (size_t i = 1; i < texts_zh_cn_count; i++)
        assert_true(strcmp(texts_zh_cn[i - 1].context, texts_zh_cn[i].context) < 0);
}

static bool
is_chinese(const char *text)
{
    return g_regex_match_simple("[\\x{4e00}-\\x{9fff}]", text, 0, 0);
}

static void
cases_are_translated(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++)
        for (int part = 0; part < TEXT_PARTS; part++) {
            const struct case_info *info = catalogue_case(i);
            if (!is_chinese(text_of_case(info, (enum text_part)part, LANGUAGE_CHINESE)))
                fail_msg("%s, text %d is not Chinese", info->id, part);
            if (is_chinese(text_of_case(info, (enum text_part)part, LANGUAGE_ENGLISH)))
                fail_msg("%s, text %d is not English", info->id, part);
        }
}

/* What a translation was made from says what it is of. */
static void
a_text_that_changed_is_english(void **state)
{
    (void)state;
    struct case_info changed = *catalogue_case(0);
    changed.english.title = "A title that nobody has translated";
    assert_string_equal(text_of_case(&changed, TEXT_TITLE, LANGUAGE_CHINESE), changed.english.title);
    assert_true(is_chinese(text_of_case(&changed, TEXT_SUMMARY, LANGUAGE_CHINESE)));
}

static void
unknown_texts_are_english(void **state)
{
    (void)state;
    const struct case_info new_case = {.id = "family.new", .english = {.title = "New"}};
    const struct threshold threshold = {.name = "new_seconds", .english = {"Family: new (s)", "It is new"}};
    assert_string_equal(text_of_case(&new_case, TEXT_TITLE, LANGUAGE_CHINESE), "New");
    assert_string_equal(text_of_case(&new_case, TEXT_CHECKS, LANGUAGE_CHINESE), "");
    struct wording wording = wording_of_threshold("family", &threshold, LANGUAGE_CHINESE);
    assert_string_equal(wording.label, "Family: new (s)");
    assert_string_equal(wording.help, "It is new");
}

static void
words_of_facts(void **state)
{
    (void)state;
    struct wording english = wording_of_fact(FACT_client, LANGUAGE_ENGLISH);
    struct wording chinese = wording_of_fact(FACT_client, LANGUAGE_CHINESE);
    assert_string_equal(english.label, "Client");
    assert_string_equal(chinese.label, "客户端");
    assert_string_not_equal(english.help, chinese.help);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sorted),
        cmocka_unit_test(cases_are_translated),
        cmocka_unit_test(a_text_that_changed_is_english),
        cmocka_unit_test(unknown_texts_are_english),
        cmocka_unit_test(words_of_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
