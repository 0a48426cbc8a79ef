/* A mask of the groups that are not zero, then each of these: a mask of its words that are not zero, then these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/packed.h"

#include <string.h>

/* Four words at a time: each flow is packed at least once. */
typedef uint32_t words_of_four __attribute__((vector_size(16)));
enum { FOURS = PACKED_GROUP / sizeof(words_of_four) };

/* Bit n: word n of the group is not zero. */
static uint32_t
mask_of(const uint8_t *group)
{
    words_of_four bits = {1, 2, 4, 8}, mask = {0};
    for (unsigned i = 0; i < FOURS; i++, bits <<= 4) {
        words_of_four words;
        memcpy(&words, group + i * sizeof words, sizeof words);
        mask |= (words_of_four)(words != 0) & bits;
    }
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
