/* The cases as they stand: what docs, filters and translations rely on.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/catalogue.h"
#include "findings/relations.h"
#include "report/text.h"

enum { SUMMARY_MAX = 330 }; /* bytes that the expert information shows whole, with some to spare */

static void
ids_are_well_formed_and_unique(void **state)
{
    (void)state;
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (size_t d = 0; d < catalogue_detector_count; d++) {
        const struct detector *detector = catalogue_detectors[d];
        for (size_t c = 0; c < detector->case_count; c++) {
            const char *id = detector->cases[c].id;
            if (!g_regex_match_simple("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$", id, 0, 0))
                fail_msg("\"%s\" is no family.case", id);
            char **parts = g_strsplit(id, ".", 2);
            if (strcmp(parts[0], detector->family) != 0)
                fail_msg("%s is a case of the detector %s", id, detector->family);
            g_strfreev(parts);
            if (!g_hash_table_add(seen, (void *)id))
                fail_msg("%s is there twice", id);
        }
    }
    assert_int_equal(g_hash_table_size(seen), catalogue_case_count());
    g_hash_table_destroy(seen);
}

/* Causes and effects exist; of each two cases one relation is said, so that none hides another. */
static void
explanations_are_cases(void **state)
{
    (void)state;
    GHashTable *ids = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t number = 0; number < catalogue_case_count(); number++)
        g_hash_table_add(ids, (void *)catalogue_case(number)->id);
    for (size_t i = 0; i < case_relations.count; i++) {
        const struct explanation *explanation = &case_relations.explanation[i];
        if (!g_hash_table_contains(ids, explanation->cause) || !g_hash_table_contains(ids, explanation->effect))
            fail_msg("%s or %s is no case", explanation->cause, explanation->effect);
        if (!g_hash_table_add(pairs, g_strdup_printf("%s %s", explanation->cause, explanation->effect)))
            fail_msg("%s is explained by %s twice", explanation->effect, explanation->cause);
    }
    g_hash_table_destroy(pairs);
    g_hash_table_destroy(ids);
}

static void
the_table_fits(void **state)
{
    (void)state;
    GHashTable *preferences = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    assert_true(catalogue_detector_count <= CATALOGUE_DETECTORS_MAX);
    assert_null(catalogue_detectors[catalogue_detector_count]);
    for (size_t a = 0; a < catalogue_detector_count; a++) {
        assert_true(strlen(catalogue_detectors[a]->summary) > 10);
        unsigned packets = catalogue_detectors[a]->sees & ~(unsigned)(SEES_DUPLICATES | SEES_OUTCOME);
        assert_true((packets != 0) == (catalogue_detectors[a]->on_packet != NULL));
        assert_true(((catalogue_detectors[a]->sees & SEES_OUTCOME) != 0) ==
                    (catalogue_detectors[a]->on_outcome != NULL));
        assert_true(catalogue_detectors[a]->on_packet != NULL || catalogue_detectors[a]->on_outcome != NULL ||
                    catalogue_detectors[a]->on_query != NULL || catalogue_detectors[a]->on_source != NULL ||
                    catalogue_detectors[a]->on_server != NULL || catalogue_detectors[a]->on_neighbour != NULL);
        for (size_t i = 0; i < catalogue_detectors[a]->threshold_count; i++) {
            char *name =
                g_strdup_printf("%s_%s", catalogue_detectors[a]->family, catalogue_detectors[a]->thresholds[i].name);
            if (!g_hash_table_add(preferences, name))
                fail_msg("the preference %s is there twice", name);
        }
    }
    g_hash_table_destroy(preferences);
}

static void
numbers_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++)
        assert_int_equal(catalogue_case_number(catalogue_case(i)), i);
}

/* In both languages, and only with facts that there are. */
static void
texts_are_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        const struct case_info *info = catalogue_case(i);
        if (info->source == NULL || *info->source == '\0')
            fail_msg("%s has no source", info->id);
        for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_CHINESE; language++)
            for (int part = TEXT_TITLE; part <= TEXT_DISPROOF; part++) {
                const char *text = text_of_case(info, (enum text_part)part, (enum language)language);
                char *problem = NULL;
                if (*text == '\0')
                    fail_msg("%s has no text %d in language %d", info->id, part, language);
                if (!text_check(text, (enum text_part)part, &problem))
                    fail_msg("%s, text %d in language %d: %s", info->id, part, language, problem);
            }
    }
}

/* The facts that a text shows or asks for; {!name} only shapes the sentence around what is missing. */
static guint
placeholders_of(const char *text, GHashTable *names)
{
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{'))
        if (at[1] != '!')
            g_hash_table_add(names, g_strndup(at + 1, strcspn(at + 1, "}")));
    return g_hash_table_size(names);
}

/* A translation that leaves a measured value out tells less. */
static void
translations_measure_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++)
        for (int part = TEXT_TITLE; part <= TEXT_DISPROOF; part++) {
            const struct case_info *info = catalogue_case(i);
            GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
            guint english = placeholders_of(text_of_case(info, (enum text_part)part, LANGUAGE_ENGLISH), names);
            guint both = placeholders_of(text_of_case(info, (enum text_part)part, LANGUAGE_CHINESE), names);
            if (both != english)
                fail_msg("%s, text %d: the Chinese text shows facts that the English one does not", info->id, part);
            g_hash_table_remove_all(names);
            if (placeholders_of(text_of_case(info, (enum text_part)part, LANGUAGE_CHINESE), names) != english)
                fail_msg("%s, text %d: the English text shows facts that the Chinese one does not", info->id, part);
            g_hash_table_destroy(names);
        }
}

/* Commands are no language: a reader of either one runs the same. */
static void
translations_run_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        const struct case_info *info = catalogue_case(i);
        char **english = g_strsplit(text_of_case(info, TEXT_CHECKS, LANGUAGE_ENGLISH), "`", -1);
        char **chinese = g_strsplit(text_of_case(info, TEXT_CHECKS, LANGUAGE_CHINESE), "`", -1);
        if (g_strv_length(english) != g_strv_length(chinese))
            fail_msg("%s: not as many commands in Chinese", info->id);
        for (guint j = 1; j < g_strv_length(english); j += 2) /* between two backticks */
            assert_string_equal(english[j], chinese[j]);
        g_strfreev(english);
        g_strfreev(chinese);
    }
}

/* A finding with every fact that there is, each as long as it usually gets. */
static struct finding *
finding_with_all_facts(const struct case_info *info)
{
    struct finding *finding = finding_new(info, CONFIDENCE_LIKELY, 1, 1);
    for (int name = 0; name < FACT_COUNT; name++) {
        struct fact fact = {.name = (enum fact_name)name, .number = 1234};
        fact.endpoint = (struct endpoint){ipv4(192, 168, 100, 200), 51968};
        if (fact_infos[name].type == TYPE_DURATION)
            fact.number = SECONDS(119) + MILLISECONDS(890);
        if (fact_is_text((enum fact_name)name))
            fact.text = g_strdup(name == FACT_chain ? "www.example.com -> www.example.com.gfvip09aj.com"
                                 : name == FACT_country || name == FACT_home ? "CN"
                                                                             : "www.example.com");
        g_array_append_val(finding->facts, fact);
    }
    return finding;
}

static void
summaries_are_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalogue_case_count(); i++)
        for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_CHINESE; language++) {
            struct finding *finding = finding_with_all_facts(catalogue_case(i));
            char *summary = finding_text(finding, TEXT_SUMMARY, (enum language)language, MARKUP_NONE);
            if (strlen(summary) >= SUMMARY_MAX)
                fail_msg("%s: %zu bytes: %s", catalogue_case(i)->id, strlen(summary), summary);
            g_free(summary);
            finding_free(finding);
        }
}

/* A label may be a name that is the same in each language (MTU); the sentence about it can't. */
static void
is_worded(const char *name, struct wording english, struct wording chinese)
{
    if (*english.label == '\0' || *english.help == '\0' || *chinese.label == '\0')
        fail_msg("%s has no label or help", name);
    if (!g_str_is_ascii(english.label) || !g_str_is_ascii(english.help))
        fail_msg("%s: the English words are not English", name);
    if (!g_regex_match_simple("[\\x{4e00}-\\x{9fff}]", chinese.help, 0, 0))
        fail_msg("%s: the Chinese help is not Chinese: %s", name, chinese.help);
}

static void
thresholds_have_sense(void **state)
{
    (void)state;
    unsigned *values = catalogue_default_thresholds();
    for (size_t d = 0; d < catalogue_detector_count; d++) {
        const struct detector *detector = catalogue_detectors[d];
        for (size_t t = 0; t < detector->threshold_count; t++) {
            const struct threshold *threshold = &detector->thresholds[t];
            assert_true(g_regex_match_simple("^[a-z][a-z0-9_]*$", threshold->name, 0, 0));
            is_worded(threshold->name, threshold->english,
                      wording_of_threshold(detector->family, threshold, LANGUAGE_CHINESE));
            assert_true(threshold->minimum <= threshold->default_value);
            assert_true(threshold->default_value <= threshold->maximum);
            assert_true(threshold->minimum < threshold->maximum);
            assert_int_equal(values[catalogue_threshold_number(d, t)], threshold->default_value);
            for (size_t other = 0; other < t; other++)
                assert_string_not_equal(threshold->name, detector->thresholds[other].name);
        }
    }
    g_free(values);
}

/* Facts are filter names: well formed, each once, each explained. */
static void
facts_are_well_formed(void **state)
{
    (void)state;
    for (int a = 0; a < FACT_COUNT; a++) {
        assert_true(g_regex_match_simple("^[a-z][a-z0-9_]*$", fact_infos[a].name, 0, 0));
        is_worded(fact_infos[a].name, fact_infos[a].english, wording_of_fact((enum fact_name)a, LANGUAGE_CHINESE));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(fact_infos[a].name, fact_infos[b].name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_well_formed_and_unique),
        cmocka_unit_test(explanations_are_cases),
        cmocka_unit_test(the_table_fits),
        cmocka_unit_test(numbers_go_both_ways),
        cmocka_unit_test(texts_are_complete),
        cmocka_unit_test(translations_measure_the_same),
        cmocka_unit_test(translations_run_the_same),
        cmocka_unit_test(summaries_are_short),
        cmocka_unit_test(thresholds_have_sense),
        cmocka_unit_test(facts_are_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
