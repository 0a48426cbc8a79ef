/* What the newest things of a kind have in common: how many of them have the trait of the current one, and how many different ones
 * there are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_NEWEST_H
#define NETCASE_API_NEWEST_H

#include <stdint.h>

enum { NEWEST = 64, NEWEST_TRAITS = 4 };

/* Zeroed at first. A trait is a part of a digest, 0 where it is missing. */
struct newest {
    uint32_t count; /* of all so far */
    uint32_t trait[NEWEST_TRAITS][NEWEST];
};

/* One more, by the digests of its traits; 0 only for what is missing. */
static inline void
newest_add(struct newest *newest, const uint64_t digest[NEWEST_TRAITS])
{
    uint32_t place = newest->count++ % NEWEST;
    for (unsigned trait = 0; trait < NEWEST_TRAITS; trait++)
        newest->trait[trait][place] = (uint32_t)(digest[trait] >> 32) | (digest[trait] != 0);
}

static inline unsigned
newest_known(const struct newest *newest)
{
    return newest->count < NEWEST ? newest->count : NEWEST;
}

/* Percent of them that share this trait with the one that was added last. */
static inline unsigned
newest_share(const struct newest *newest, unsigned trait)
{
    unsigned known = newest_known(newest), same = 0;
    uint32_t last = newest->trait[trait][(newest->count - 1) % NEWEST];
    for (unsigned i = 0; i < known; i++)
        same += newest->trait[trait][i] == last;
    return 100 * same / known;
}

static inline unsigned
newest_different(const struct newest *newest, unsigned trait)
{
    const uint32_t *traits = newest->trait[trait];
    unsigned known = newest_known(newest), different = 0;
    for (unsigned i = 0; i < known; i++) {
        unsigned j = 0;
        while (traits[j] != traits[i])
            j++;
        different += j == i;
    }
    return different;
}

#endif
