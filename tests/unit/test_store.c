/* Findings, by number, frame and evidence. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "findings/store.h"

static const struct case_info sample = {.id = "family.case", .severity = SEVERITY_NOTE};

static struct finding *
add(struct store *store, uint32_t frame, uint32_t evidence)
{
    struct finding *finding = finding_new(&sample, CONFIDENCE_LIKELY, frame, 1);
    if (evidence != 0)
        g_array_append_val(finding->evidence, evidence);
    store_add(store, finding, NULL);
    return finding;
}

static void
empty(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    store_index(store);
    assert_int_equal(store_findings(store)->len, 0);
    assert_null(store_by_frame(store, 1));
    assert_null(store_by_evidence(store, 1));
    store_free(store);
    store_free(NULL);
}

static void
numbered_in_order_of_reports(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct finding *late = add(store, 9, 0), *early = add(store, 4, 0), *same = add(store, 9, 0);
    assert_int_equal(late->number, 1);
    assert_int_equal(early->number, 2);
    assert_int_equal(same->number, 3);
    assert_ptr_equal(g_ptr_array_index(store_findings(store), 1), early);
    const GPtrArray *nine = store_by_frame(store, 9);
    assert_int_equal(nine->len, 2);
    assert_ptr_equal(g_ptr_array_index(nine, 0), late);
    assert_ptr_equal(g_ptr_array_index(nine, 1), same);
    assert_null(store_by_frame(store, 5));
    store_free(store);
}

/* Evidence is added after the report: the index takes it later, each finding once. */
static void
evidence_is_indexed_once(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct finding *first = add(store, 9, 3);
    assert_null(store_by_evidence(store, 3));
    store_index(store);
    store_index(store);
    assert_int_equal(store_by_evidence(store, 3)->len, 1);
    struct finding *second = add(store, 12, 3);
    store_index(store);
    assert_int_equal(store_by_evidence(store, 3)->len, 2);
    assert_ptr_equal(g_ptr_array_index(store_by_evidence(store, 3), 0), first);
    assert_ptr_equal(g_ptr_array_index(store_by_evidence(store, 3), 1), second);
    assert_null(store_by_evidence(store, 9));
    store_free(store);
}

static void
frames_of_any_size(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    add(store, UINT32_MAX, 1);
    store_index(store);
    assert_int_equal(store_by_frame(store, UINT32_MAX)->len, 1);
    assert_int_equal(store_by_evidence(store, 1)->len, 1);
    store_free(store);
}

/* Evidence that comes after the index was made: a sign that makes a finding stronger. */
static void
later_evidence_is_indexed(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct finding *finding = add(store, 9, 3);
    store_index(store);
    struct subject flow = store_subject_of_flow(&sample, 1);
    assert_ptr_equal(store_touch(store, &flow), finding);
    finding_add_evidence(finding, 12);
    store_index(store);
    store_index(store);
    assert_int_equal(store_by_evidence(store, 12)->len, 1);
    assert_int_equal(store_by_evidence(store, 3)->len, 1);
    store_free(store);
}

static void
about_a_key_in_a_network(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct subject here = store_subject(&sample, 7, "abc", 3), there = store_subject(&sample, 8, "abc", 3);
    assert_null(store_about(store, &here));
    assert_int_equal(store_count_about(store, &here), 0);
    struct finding *first = finding_new(&sample, CONFIDENCE_LIKELY, 4, 1);
    store_add(store, first, &here);
    struct finding *second = finding_new(&sample, CONFIDENCE_LIKELY, 5, 2);
    store_add(store, second, &here);
    assert_ptr_equal(store_about(store, &here), second);
    assert_int_equal(store_count_about(store, &here), 2);
    assert_null(store_about(store, &there));
    struct subject flow = store_subject_of_flow(&sample, 1);
    assert_ptr_equal(store_about(store, &flow), first);
    store_free(store);
}

/* It is in no list any more, but its number stays, and who was shown it is told. */
static void
withdrawn(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    struct subject key = store_subject(&sample, 0, "k", 1), flow = store_subject_of_flow(&sample, 1);
    struct finding *stays = add(store, 4, 3), *goes = finding_new(&sample, CONFIDENCE_LIKELY, 5, 1);
    finding_add_evidence(goes, 3);
    store_add(store, goes, &key);
    assert_int_equal(store_findings(store)->len, 2);
    store_index(store);
    assert_int_equal(store_by_evidence(store, 3)->len, 2);
    store_withdraw(store, goes, 8);
    store_withdraw(store, goes, 9);
    assert_int_equal(store_findings(store)->len, 1);
    assert_ptr_equal(g_ptr_array_index(store_findings(store), 0), stays);
    assert_null(store_by_frame(store, 5));
    assert_int_equal(store_by_evidence(store, 3)->len, 1);
    assert_null(store_about(store, &key));
    assert_ptr_equal(store_about(store, &flow), stays);
    assert_ptr_equal(g_ptr_array_index(store_withdrawn_by(store, 8), 0), goes);
    assert_null(store_withdrawn_by(store, 9));
    assert_int_equal(store_last_frame(store), 8);
    assert_int_equal(store_withdrawn(store), 1);
    struct finding *next = add(store, 9, 0);
    assert_int_equal(next->number, 3);
    assert_int_equal(store_findings(store)->len, 2);
    store_free(store);
}

/* Refuted by its own frame: nobody has seen it, nobody needs to know. */
static void
withdrawn_at_once(void **state)
{
    (void)state;
    struct store *store = store_new(&hash_seed_of_tests);
    store_withdraw(store, add(store, 5, 3), 5);
    assert_null(store_withdrawn_by(store, 5));
    store_index(store);
    assert_null(store_by_evidence(store, 3));
    store_free(store);
}

static void
expect_place(struct store *store, const struct finding *finding, uint32_t place, uint32_t count)
{
    struct standing standing = store_standing(store, finding);
    assert_int_equal(standing.place, place);
    assert_int_equal(standing.count, count);
}

/* Among those of its case that stand, as they are now. */
static void
place_among_those_that_stand(void **state)
{
    (void)state;
    static const struct case_info other = {.id = "family.other"};
    struct store *store = store_new(&hash_seed_of_tests);
    struct finding *first = add(store, 1, 0), *second = add(store, 2, 0);
    expect_place(store, second, 2, 2);
    struct finding *alone = finding_new(&other, CONFIDENCE_LIKELY, 3, 1);
    store_add(store, alone, NULL);
    struct finding *third = add(store, 4, 0);
    expect_place(store, alone, 1, 1);
    expect_place(store, third, 3, 3);
    store_withdraw(store, second, 5);
    expect_place(store, first, 1, 2);
    expect_place(store, third, 2, 2);
    store_free(store);
}

static void
a_number_given_again_is_replaced(void **state)
{
    (void)state;
    struct finding *finding = finding_new(&sample, CONFIDENCE_LIKELY, 5, 1);
    finding_add_fact(finding, (struct fact){.name = FACT_attempts, .number = 3});
    finding_add_fact(finding, (struct fact){.name = FACT_attempts, .number = 5});
    finding_add_fact(finding, (struct fact){.name = FACT_timer, .text = g_strdup("a")});
    finding_add_fact(finding, (struct fact){.name = FACT_timer, .text = g_strdup("b")});
    assert_int_equal(finding->facts->len, 3);
    assert_int_equal(finding_fact(finding, FACT_attempts)->number, 5);
    finding_free(finding);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(numbered_in_order_of_reports),
        cmocka_unit_test(evidence_is_indexed_once),
        cmocka_unit_test(frames_of_any_size),
        cmocka_unit_test(later_evidence_is_indexed),
        cmocka_unit_test(about_a_key_in_a_network),
        cmocka_unit_test(withdrawn),
        cmocka_unit_test(withdrawn_at_once),
        cmocka_unit_test(place_among_those_that_stand),
        cmocka_unit_test(a_number_given_again_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
