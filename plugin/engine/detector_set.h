/* Sets of detectors, by their numbers in the catalogue: who is shown a packet is worked out with every packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_DETECTOR_SET_H
#define NETCASE_ENGINE_DETECTOR_SET_H

#include <stdbool.h>

#include "engine/catalogue.h"

enum { DETECTOR_SET_WORDS = CATALOGUE_DETECTORS_MAX / 64 };

/* Zeroed, it is empty. Detector n is bit n % 64 of word n / 64. */
struct detector_set {
    uint64_t word[DETECTOR_SET_WORDS];
};

static inline void
detector_set_add(struct detector_set *set, size_t detector)
{
    set->word[detector / 64] |= UINT64_C(1) << detector % 64;
}

static inline void
detector_set_add_all(struct detector_set *set, const struct detector_set *others)
{
    for (size_t i = 0; i < DETECTOR_SET_WORDS; i++)
        set->word[i] |= others->word[i];
}

/* Takes out the first, or the last if `reversed`. False if there is none. */
static inline bool
detector_set_take(struct detector_set *set, bool reversed, size_t *detector)
{
    _Static_assert(DETECTOR_SET_WORDS == 2, "the other word is the only other one");
    size_t place = reversed ? set->word[1] != 0 : set->word[0] == 0;
    uint64_t word = set->word[place];
    if (word == 0)
        return false;
    size_t bit = (size_t)(reversed ? 63 - __builtin_clzll(word) : __builtin_ctzll(word));
    set->word[place] = word & ~(UINT64_C(1) << bit);
    *detector = 64 * place + bit;
    return true;
}

#endif
