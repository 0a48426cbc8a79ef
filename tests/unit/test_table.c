/* Tables keep what they are given, and nobody who makes a capture can make them slow.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "api/digest.h"
#include "memory/table.h"

struct entry {
    uint64_t key[2];
    uint32_t value;
};

static struct entry *
entry_new(uint64_t first, uint64_t second, uint32_t value)
{
    struct entry *entry = g_new0(struct entry, 1);
    *entry = (struct entry){{first, second}, value};
    return entry;
}

static void
finds_what_was_added(void **state)
{
    enum { ENTRIES = 5000 };
    (void)state;
    struct table *table = table_new(&hash_seed_of_tests, sizeof(uint64_t[2]), g_free);
    for (uint32_t i = 0; i < ENTRIES; i++)
        table_add(table, entry_new(i, 7, i));
    assert_int_equal(table_size(table), ENTRIES);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        const struct entry *found = table_find(table, &(struct entry){{i, 7}, 0});
        assert_non_null(found);
        assert_int_equal(found->value, i);
        assert_null(table_find(table, &(struct entry){{i, 8}, 0}));
    }
    GPtrArray *entries = table_entries(table);
    assert_int_equal(entries->len, ENTRIES);
    g_ptr_array_unref(entries);
    table_free(table);
    table_free(NULL);
}

/* What is removed leaves no gap in which a search for others ends. */
static void
forgets_what_was_removed(void **state)
{
    enum { ENTRIES = 4000 };
    (void)state;
    struct table *table = table_new(&hash_seed_of_tests, sizeof(uint64_t[2]), g_free);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        table_add(table, entry_new(i, 0, i));
        if (i >= 100)
            table_remove(table, &(struct entry){{i - 100, 0}, 0});
    }
    table_remove(table, &(struct entry){{ENTRIES, 0}, 0});
    assert_int_equal(table_size(table), 100);
    for (uint32_t i = 0; i < ENTRIES; i++)
        assert_true((table_find(table, &(struct entry){{i, 0}, 0}) != NULL) == (i >= ENTRIES - 100));
    table_free(table);
}

/* The largest number of these keys of two words that share a place of 4096. */
static unsigned
most_at_one_place(const struct hash_seed *seed, uint64_t (*key)[2], unsigned count)
{
    static unsigned places[4096];
    unsigned most = 0;
    memset(places, 0, sizeof places);
    for (unsigned i = 0; i < count; i++) {
        unsigned *place = &places[hash_bytes(seed, 16, key[i], sizeof key[i]) % G_N_ELEMENTS(places)];
        most = MAX(most, ++*place);
    }
    return most;
}

enum { KEYS = 4096 };

/* 4096 keys at 4096 places: 8 at one is what chance makes of them, 100 is not. */
static void
assert_spread(uint64_t (*key)[2])
{
    assert_true(most_at_one_place(&hash_seed_of_tests, key, KEYS) < 16);
    assert_true(most_at_one_place(&(struct hash_seed){1, UINT64_C(0xfedcba9876543210)}, key, KEYS) < 16);
}

static void
keys_in_a_row_are_spread(void **state)
{
    (void)state;
    static uint64_t key[KEYS][2];
    for (unsigned i = 0; i < KEYS; i++) {
        key[i][0] = i;
        key[i][1] = 0;
    }
    assert_spread(key);
    for (unsigned i = 0; i < KEYS; i++) {
        key[i][0] = 0;
        key[i][1] = (uint64_t)i << 52;
    }
    assert_spread(key);
}

/* The keys of the attack on 0.1.0: their digests are equal. */
static void
keys_with_one_digest_are_spread(void **state)
{
    (void)state;
    static uint64_t key[KEYS][2];
    for (uint64_t i = 0; i < KEYS; i++) {
        key[i][0] = i * UINT64_C(0x100000001);
        key[i][1] = digest_mix(40000, key[i][0]) ^ UINT64_C(0x1234567887654321);
        assert_true(digest_mix(digest_mix(40000, key[i][0]), key[i][1]) == digest_mix(0, UINT64_C(0x1234567887654321)));
    }
    assert_spread(key);
}

/* In digest_mix() a change of one word's highest bit is made good by a known change of the next, whatever it begins with: a
 * secret start alone would not help. */
static void
keys_that_differ_in_known_ways_are_spread(void **state)
{
    (void)state;
    static uint64_t key[KEYS][2];
    const uint64_t high = UINT64_C(1) << 63, both = high | high >> 32;
    for (uint64_t start = 1; start < 100; start++)
        assert_true(digest_mix(digest_mix(start, 5), 6) == digest_mix(digest_mix(start, 5 ^ high), 6 ^ both));
    assert_true(hash_bytes(&hash_seed_of_tests, 16, (uint64_t[2]){5, 6}, 16) !=
                hash_bytes(&hash_seed_of_tests, 16, (uint64_t[2]){5 ^ high, 6 ^ both}, 16));
    for (uint64_t i = 0; i < KEYS; i++) {
        key[i][0] = i << 52;
        key[i][1] = i << 52 | i << 20;
    }
    assert_spread(key);
}

/* Two captures don't share what falls on one place. */
static void
the_seed_decides(void **state)
{
    (void)state;
    static uint64_t key[KEYS][2];
    const struct hash_seed other = {3, 5};
    unsigned found = 0;
    for (uint64_t i = 0; found < KEYS; i++)
        if (hash_bytes(&hash_seed_of_tests, 16, (uint64_t[2]){i, 1}, 16) % 64 == 0) {
            key[found][0] = i;
            key[found++][1] = 1;
        }
    assert_true(most_at_one_place(&hash_seed_of_tests, key, KEYS) > 64);
    assert_true(most_at_one_place(&other, key, KEYS) < 16);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(forgets_what_was_removed),
        cmocka_unit_test(keys_in_a_row_are_spread),
        cmocka_unit_test(keys_with_one_digest_are_spread),
        cmocka_unit_test(keys_that_differ_in_known_ways_are_spread),
        cmocka_unit_test(the_seed_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
