/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/packed.h"

#include <glib.h>

#include "bytes_of.h"

enum { FILL = 0x5a };

/* Packs and reads back; returns the words that it took. */
static size_t
there_and_back(const uint32_t *words, size_t groups)
{
    size_t count = groups * PACKED_GROUP / 4;
    uint32_t packed[PACKED_ROOM], read[PACKED_SIZE_MAX / 4];
    size_t used = packed_write(words, 4 * count, packed);
    assert_true(used <= PACKED_ROOM);
    memset(read, FILL, sizeof read);
    packed_read(packed, read, 4 * count);
    assert_memory_equal(read, words, 4 * count);
    if (count < G_N_ELEMENTS(read))
        assert_int_equal(read[count], 0x5a5a5a5a);
    return used;
}

static void
zeros_take_no_room(void **state)
{
    (void)state;
    uint32_t words[PACKED_SIZE_MAX / 4] = {0};
    assert_int_equal(there_and_back(words, 64), 2);
    words[0] = 1;
    assert_int_equal(there_and_back(words, 64), 4);
    words[G_N_ELEMENTS(words) - 1] = UINT32_MAX;
    assert_int_equal(there_and_back(words, 64), 6);
}

static void
full_memory_fits(void **state)
{
    (void)state;
    uint32_t words[PACKED_SIZE_MAX / 4];
    memset(words, 0xff, sizeof words);
    assert_int_equal(there_and_back(words, 64), G_N_ELEMENTS(words) + G_N_ELEMENTS(words) / 32 + 2);
}

static void
any_size_and_content(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(7);
    uint32_t words[PACKED_SIZE_MAX / 4];
    for (unsigned round = 0; round < 2000; round++) {
        gint zeros = g_rand_int_range(random, 1, 40);
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
            words[i] = g_rand_int_range(random, 0, zeros) == 0 ? g_rand_int(random) : 0;
        there_and_back(words, (size_t)g_rand_int_range(random, 1, 65));
    }
    g_rand_free(random);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_take_no_room),
        cmocka_unit_test(full_memory_fits),
        cmocka_unit_test(any_size_and_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
