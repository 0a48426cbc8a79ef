/* A mask of the groups that are not zero, then each of these: a mask of its words that are not zero, then these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/packed.h"

#include <string.h>

/* Four words at a time: each flow is packed at least once. */
typedef uint32_t words_of_four __attribute__((vector_size(16)));
enum { FOURS = PACKED_GROUP / sizeof(words_of_four) };
_Static_assert(FOURS == 8, "mask_of() names them all");

const uint32_t packed_zeros[] = {0, 0};

static words_of_four
zero_or_all_ones(const words_of_four *words)
{
    return (words_of_four)(*words != 0);
}

/* Bit n: word n of the group is not zero. Most groups are zero as a whole. */
static uint32_t
mask_of(const uint8_t *group)
{
    const words_of_four bits = {1, 2, 4, 8};
    words_of_four words[FOURS];
    memcpy(words, group, sizeof words);
    words_of_four any = words[0] | words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7];
    if ((any[0] | any[1] | any[2] | any[3]) == 0)
        return 0;
    words_of_four mask = (zero_or_all_ones(&words[0]) & bits) | (zero_or_all_ones(&words[1]) & bits << 4) |
                         (zero_or_all_ones(&words[2]) & bits << 8) | (zero_or_all_ones(&words[3]) & bits << 12) |
                         (zero_or_all_ones(&words[4]) & bits << 16) | (zero_or_all_ones(&words[5]) & bits << 20) |
                         (zero_or_all_ones(&words[6]) & bits << 24) | (zero_or_all_ones(&words[7]) & bits << 28);
    return mask[0] | mask[1] | mask[2] | mask[3];
}

size_t
packed_write(const void *bytes, size_t size, uint32_t packed[PACKED_ROOM])
{
    const uint8_t *group = bytes;
    uint64_t groups = 0;
    uint32_t *next = packed + sizeof groups / sizeof *packed;
    for (unsigned i = 0; i < size / PACKED_GROUP; i++, group += PACKED_GROUP) {
        uint32_t mask = mask_of(group);
        if (mask == 0)
            continue;
        groups |= UINT64_C(1) << i;
        for (*next++ = mask; mask != 0; mask &= mask - 1)
            memcpy(next++, group + sizeof(uint32_t) * (unsigned)__builtin_ctz(mask), sizeof *next);
    }
    memcpy(packed, &groups, sizeof groups);
    return (size_t)(next - packed);
}

void
packed_read(const uint32_t *packed, void *bytes, size_t size)
{
    uint8_t *group = bytes;
    uint64_t groups;
    memcpy(&groups, packed, sizeof groups);
    packed += sizeof groups / sizeof *packed;
    for (unsigned i = 0; i < size / PACKED_GROUP; i++, group += PACKED_GROUP) {
        memset(group, 0, PACKED_GROUP);
        if ((groups & UINT64_C(1) << i) == 0)
            continue;
        for (uint32_t mask = *packed++; mask != 0; mask &= mask - 1)
            memcpy(group + sizeof(uint32_t) * (unsigned)__builtin_ctz(mask), packed++, sizeof *packed);
    }
}
