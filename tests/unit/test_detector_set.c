/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/detector_set.h"

#include <glib.h>

#include "bytes_of.h"

static const size_t members[] = {0, 1, 33, 63, 64, 65, CATALOGUE_DETECTORS_MAX - 1};

static struct detector_set
set_of_members(void)
{
    struct detector_set low = {{0}}, high = {{0}};
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        detector_set_add(members[i] < 40 ? &low : &high, members[i]);
    detector_set_add_all(&low, &high);
    return low;
}

static void
all_are_taken_in_order(void **state)
{
    (void)state;
    struct detector_set set = set_of_members();
    size_t detector;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        assert_true(detector_set_take(&set, false, &detector));
        assert_int_equal(detector, members[i]);
    }
    assert_false(detector_set_take(&set, false, &detector));
}

static void
reversed_from_the_last(void **state)
{
    (void)state;
    struct detector_set set = set_of_members();
    size_t detector;
    for (size_t i = G_N_ELEMENTS(members); i-- > 0;) {
        assert_true(detector_set_take(&set, true, &detector));
        assert_int_equal(detector, members[i]);
    }
    assert_false(detector_set_take(&set, true, &detector));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_taken_in_order),
        cmocka_unit_test(reversed_from_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
