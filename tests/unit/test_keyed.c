/* Bounded memory by key, and pending wakes. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "core/keyed.h"
#include "core/wakes.h"

static void
kinds_and_sizes_are_apart(void **state)
{
    (void)state;
    struct keyed *keyed = keyed_new();
    uint32_t key = 7;
    int *a = keyed_get(keyed, 1, 0, &key, sizeof key, sizeof *a);
    int *b = keyed_get(keyed, 1, 1, &key, sizeof key, sizeof *b);
    int *c = keyed_get(keyed, 1, 0, &key, 2, sizeof *c);
    assert_int_equal(*a, 0);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a, c);
    *a = 5;
    assert_int_equal(*(int *)keyed_get(keyed, 2, 0, &key, sizeof key, sizeof *a), 5);
    keyed_free(keyed);
    keyed_free(NULL);
}

/* A culprit that is asked for again and again stays; what was seen once goes. */
static void
what_is_not_asked_for_is_forgotten(void **state)
{
    (void)state;
    struct keyed *keyed = keyed_new();
    uint32_t culprit = UINT32_MAX, other = 0;
    *(int *)keyed_get(keyed, 0, 0, &culprit, sizeof culprit, sizeof(int)) = 1;
    *(int *)keyed_get(keyed, 0, 0, &other, sizeof other, sizeof(int)) = 2;
    for (uint32_t i = 1; i < 4 * KEYED_GENERATION; i++) {
        keyed_get(keyed, i, 0, &i, sizeof i, sizeof(int));
        if (i % 10000 == 0)
            assert_int_equal(*(int *)keyed_get(keyed, i, 0, &culprit, sizeof culprit, sizeof(int)), 1);
    }
    assert_int_equal(*(int *)keyed_get(keyed, UINT32_MAX, 0, &other, sizeof other, sizeof(int)), 0);
    keyed_free(keyed);
}

static void
wakes_in_order_of_time(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    assert_true(wakes->next == INT64_MAX);
    static const int64_t times[] = {50, 10, 40, 10, 30, 20, 60};
    for (uint32_t i = 0; i < G_N_ELEMENTS(times); i++)
        assert_true(wakes_add(wakes, times[i], i, 0));
    int64_t before = 0;
    uint32_t flows[G_N_ELEMENTS(times)];
    for (uint32_t i = 0; i < G_N_ELEMENTS(times); i++) {
        struct wake wake = wakes_take(wakes);
        assert_true(wake.time >= before);
        before = wake.time;
        flows[i] = wake.flow;
    }
    assert_int_equal(flows[0], 1); /* of two at the same time the first that was asked for */
    assert_int_equal(flows[1], 3);
    assert_int_equal(flows[6], 6);
    wakes_free(wakes);
    wakes_free(NULL);
}

static void
wakes_are_bounded(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    for (uint32_t i = 0; i < WAKES_MAX; i++)
        assert_true(wakes_add(wakes, i, i, 0));
    assert_false(wakes_add(wakes, 0, 0, 0));
    wakes_free(wakes);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_sizes_are_apart),
        cmocka_unit_test(what_is_not_asked_for_is_forgotten),
        cmocka_unit_test(wakes_in_order_of_time),
        cmocka_unit_test(wakes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
