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
    store_add(store, finding);
    return finding;
}

static void
empty(void **state)
{
    (void)state;
    struct store *store = store_new();
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
    struct store *store = store_new();
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
    struct store *store = store_new();
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
    struct store *store = store_new();
    add(store, UINT32_MAX, 1);
    store_index(store);
    assert_int_equal(store_by_frame(store, UINT32_MAX)->len, 1);
    assert_int_equal(store_by_evidence(store, 1)->len, 1);
    store_free(store);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),
        cmocka_unit_test(numbered_in_order_of_reports),
        cmocka_unit_test(evidence_is_indexed_once),
        cmocka_unit_test(frames_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
