/* How events are spread over a few places that choosers choose from, and whether chance explains it: connections over the back ends of
 * a balancer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_DISTRIBUTION_H
#define NETCASE_API_DISTRIBUTION_H

#include <stdbool.h>
#include <stdint.h>

enum { DISTRIBUTION_PLACES = 16 };

/* What one chooser took of each place. Zeroed at first. */
struct chooser {
    uint16_t taken[DISTRIBUTION_PLACES]; /* not above 65,535 */
    uint8_t last;                        /* 1 + its last place; 0 = none yet */
    uint32_t switches;                   /* from its last place to another one */
};

/* One more event at the place, which is below DISTRIBUTION_PLACES; or not one, after all. */
void chooser_take(struct chooser *chooser, unsigned place);
void chooser_take_back(struct chooser *chooser, unsigned place);

/* Whether the place is not where its last event was. */
static inline bool
chooser_turns(const struct chooser *chooser, unsigned place)
{
    return chooser->last != 0 && chooser->last != place + 1;
}

/* Whether it goes from place to place as a balancer does, at least six of ten times that independent choices with the same shares
 * would. A person or a job stays with one for a while. */
bool chooser_alternates(const struct chooser *chooser);

struct share {
    unsigned place;
    uint32_t events;
};

/* Zeroed at first. */
struct distribution {
    uint32_t events; /* at the places that are judged */
    uint32_t others; /* at those that are not */
    uint32_t choices,
        switches; /* events of choosers that had one before, and those of them that were at another place */
    unsigned places;
    struct share share[DISTRIBUTION_PLACES]; /* the one with most events first */
};

/* The choices and switches of one more chooser. */
void distribution_add_choices(struct distribution *distribution, const struct chooser *chooser);

/* A place to be judged, once, with its events. */
void distribution_add(struct distribution *distribution, unsigned place, uint32_t events);

/* Whether equal shares would become so different once in 1,000 times at most (chi-square). Once in 100 is enough if the places are
 * changed more often than chance would have it: who takes turns is not uneven by chance. Whoever asks again and again calls about 1 of
 * 100 that choose by mere chance uneven some day. False for less than two places. */
bool distribution_is_beyond_chance(const struct distribution *distribution);

#endif
