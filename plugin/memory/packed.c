/* A mask of the groups that are not zero, then each of these: a mask of its words that are not zero, then these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/packed.h"

#include <stdbool.h>
#include <string.h>

enum { WORD = 4, GROUP = 32 * WORD };

static uint32_t
word_at(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, WORD);
    return word;
}

static bool
is_zero(const uint8_t *bytes, size_t size)
{
    uint32_t any = 0;
    for (size_t at = 0; at < size; at += WORD)
        any |= word_at(bytes + at);
    return any == 0;
}

/* Returns the place behind the group. What is written behind it for nothing is why there must be room for a word more. */
static uint32_t *
write_group(const uint8_t *bytes, size_t size, uint32_t *packed)
{
    uint32_t mask = 0, *next = packed + 1;
    for (size_t i = 0; i < size / WORD; i++) {
        uint32_t word = word_at(bytes + WORD * i);
        *next = word;
        next += word != 0;
        mask |= (uint32_t)(word != 0) << i;
    }
    *packed = mask;
    return next;
}

size_t
packed_write(const void *bytes, size_t size, uint32_t packed[PACKED_ROOM])
{
    const uint8_t *group = bytes;
    uint32_t groups = 0, *next = packed + 1;
    for (size_t at = 0; at < size; at += GROUP) {
        size_t left = size - at < GROUP ? size - at : GROUP;
        if (is_zero(group + at, left))
            continue;
        groups |= UINT32_C(1) << at / GROUP;
        next = write_group(group + at, left, next);
    }
    *packed = groups;
    return (size_t)(next - packed);
}

void
packed_read(const uint32_t *packed, void *bytes, size_t size)
{
    memset(bytes, 0, size);
    for (uint32_t groups = *packed++; groups != 0; groups &= groups - 1) {
        uint8_t *group = (uint8_t *)bytes + GROUP * __builtin_ctz(groups);
        for (uint32_t mask = *packed++; mask != 0; mask &= mask - 1)
            memcpy(group + WORD * __builtin_ctz(mask), packed++, WORD);
    }
}
