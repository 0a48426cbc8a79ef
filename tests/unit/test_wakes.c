/* Wakes come in the order of their times, and no packet can keep the engine waking for ever.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/wakes.h"
#include "wire/packet_time.h"

static void
come_in_order_of_time(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    assert_true(wakes->next == INT64_MAX);
    static const int64_t times[] = {50, 10, 40, 10, 30, 20, 60};
    for (uint32_t i = 0; i < G_N_ELEMENTS(times); i++)
        assert_true(wakes_add(wakes, 0, times[i], i, 0));
    int64_t before = 0;
    uint32_t flows[G_N_ELEMENTS(times)];
    struct wake wake;
    for (uint32_t i = 0; i < G_N_ELEMENTS(times); i++) {
        assert_true(wakes_take(wakes, 60, &wake));
        assert_true(wake.time >= before);
        before = wake.time;
        flows[i] = wake.flow;
    }
    assert_false(wakes_take(wakes, 60, &wake));
    assert_int_equal(flows[0], 1); /* of two at the same time the first that was asked for */
    assert_int_equal(flows[1], 3);
    assert_int_equal(flows[6], 6);
    wakes_free(wakes);
    wakes_free(NULL);
}

static void
are_bounded(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    for (uint32_t i = 0; i < WAKES_MAX; i++)
        assert_true(wakes_add(wakes, 0, i + 1, i, 0));
    assert_false(wakes_add(wakes, 0, 1, 0, 0));
    wakes_free(wakes);
}

/* In 0.1.0 an empty heap counted as due at the last time that there is, and its first element was read. */
static void
none_is_due_before_its_time(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    struct wake wake;
    assert_false(wakes_take(wakes, INT64_MAX, &wake));
    assert_true(wakes_add(wakes, 0, 11, 7, 3));
    assert_false(wakes_take(wakes, 10, &wake));
    assert_true(wakes_take(wakes, 11, &wake));
    assert_int_equal(wake.flow, 7);
    assert_int_equal(wake.detector, 3);
    wakes_free(wakes);
}

/* In 0.1.0 a detector could ask for a time that had passed, again and again. */
static void
in_the_past_are_refused(void **state)
{
    (void)state;
    struct wakes *wakes = wakes_new();
    assert_false(wakes_add(wakes, 10, 10, 0, 0));
    assert_false(wakes_add(wakes, 10, INT64_MIN, 0, 0));
    assert_true(wakes->next == INT64_MAX);
    assert_true(wakes_add(wakes, 10, 11, 0, 0));
    wakes_free(wakes);
}

static void
times_stay_where_sums_are_safe(void **state)
{
    (void)state;
    assert_true(packet_time(0, 0) == 0);
    assert_true(packet_time(1700000000, 123456789) == INT64_C(1700000000123456789));
    assert_true(packet_time(-1, 0) == 0);
    assert_true(packet_time(0, -1) == 0);
    assert_true(packet_time(INT64_MIN, INT32_MIN) == 0);
    assert_true(packet_time(INT64_MAX, INT32_MAX) == PACKET_TIME_MAX);
    assert_true(packet_time(PACKET_TIME_MAX / 1000000000, 999999999) == PACKET_TIME_MAX);
    assert_true(packet_time_clamp(INT64_MIN) == 0);
    assert_true(packet_time_clamp(INT64_MAX) == PACKET_TIME_MAX);
    assert_true(packet_time_clamp(5) == 5);
    /* A time, the longest difference of two others, and a wait of years. */
    assert_true(INT64_MAX - PACKET_TIME_MAX - PACKET_TIME_MAX > INT64_C(19) * 365 * 86400 * 1000000000);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_in_order_of_time),          cmocka_unit_test(are_bounded),
        cmocka_unit_test(none_is_due_before_its_time),    cmocka_unit_test(in_the_past_are_refused),
        cmocka_unit_test(times_stay_where_sums_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
