/* Numbers that stand for longer things, to tell names and addresses apart. They are the same in every run, so that a capture
 * always gives the same findings. Whoever wants two things with one digest can make them: use them only where that costs no
 * time, in memories of a fixed size. What grows with the capture has a secret in its hash (keyed_state() in detector.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_DIGEST_H
#define NETCASE_API_DIGEST_H

#include "address.h"

/* The digest of what `digest` stands for, followed by `value`. Multiply and fold: addresses and ports are far from random. */
static inline uint64_t
digest_mix(uint64_t digest, uint64_t value)
{
    digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return digest ^ digest >> 32;
}

/* The address as the value that `digest` is followed by. */
static inline uint64_t
digest_mix_address(uint64_t digest, const struct ip_address *address)
{
    uint64_t half[2];
    memcpy(half, address->bytes, sizeof half);
    return digest_mix(digest_mix(digest, half[0]), half[1]);
}

static inline uint64_t
address_digest(const struct ip_address *address)
{
    return digest_mix_address(address->family, address);
}

/* One more of the different things that are counted: `slots`, zeroed at first and more than `maximum`, remember them by a
 * part of their digest. The count ends at `maximum`. */
static inline void
distinct_add(uint32_t slots[], uint32_t size, uint32_t maximum, uint32_t *count, uint64_t digest)
{
    uint32_t mark = (uint32_t)digest | 1, at = mark / 2 % size;
    if (*count >= maximum)
        return;
    for (; slots[at] != 0; at = (at + 1) % size)
        if (slots[at] == mark)
            return;
    slots[at] = mark;
    (*count)++;
}

#endif
