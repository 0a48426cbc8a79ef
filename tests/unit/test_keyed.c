/* Bounded memory by key. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/keyed.h"

static void
kinds_and_sizes_are_apart(void **state)
{
    (void)state;
    struct keyed *keyed = keyed_new(&hash_seed_of_tests);
    uint32_t key = 7;
    int *a = keyed_get(keyed, 1, 0, &key, sizeof key, sizeof *a);
    int *b = keyed_get(keyed, 1, 1, &key, sizeof key, sizeof *b);
    int *c = keyed_get(keyed, 1, 0, &key, 2, sizeof *c);
    assert_int_equal(*a, 0);
    assert_ptr_not_equal(a, b);
    assert_ptr_not_equal(a, c);
    *a = 5;
    assert_int_equal(*(int *)keyed_get(keyed, 2, 0, &key, sizeof key, sizeof *a), 5);
    assert_int_equal(*(int *)keyed_find(keyed, 2, 0, &key, sizeof key, sizeof *a), 5);
    assert_null(keyed_find(keyed, 2, 2, &key, sizeof key, sizeof *a));
    keyed_free(keyed);
    keyed_free(NULL);
}

/* A culprit that is asked for again and again stays; what was seen once goes. */
static void
what_is_not_asked_for_is_forgotten(void **state)
{
    (void)state;
    struct keyed *keyed = keyed_new(&hash_seed_of_tests);
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

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_sizes_are_apart),
        cmocka_unit_test(what_is_not_asked_for_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
