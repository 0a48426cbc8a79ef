/* Whether chance explains a distribution (api/distribution.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/distribution.h"

/* What chi-square exceeds by chance once in 1,000 times, for 1 to 16 degrees of freedom, and once in 100 times. */
static const double rare[DISTRIBUTION_PLACES] = {10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12,
                                                 27.88, 29.59, 31.26, 32.91, 34.53, 36.12, 37.70, 39.25};
static const double seldom[DISTRIBUTION_PLACES - 1] = {6.635, 9.210, 11.34, 13.28, 15.09, 16.81, 18.48, 20.09,
                                                       21.67, 23.21, 24.72, 26.22, 27.69, 29.14, 30.58};

void
chooser_take(struct chooser *chooser, unsigned place)
{
    chooser->switches += chooser_turns(chooser, place);
    chooser->last = (uint8_t)(place + 1);
    if (chooser->taken[place] < UINT16_MAX)
        chooser->taken[place]++;
}

void
chooser_take_back(struct chooser *chooser, unsigned place)
{
    if (chooser->taken[place] > 0)
        chooser->taken[place]--;
}

bool
chooser_alternates(const struct chooser *chooser)
{
    const double enough = 0.6;
    double total = 0, squares = 0;
    for (unsigned place = 0; place < DISTRIBUTION_PLACES; place++) {
        total += chooser->taken[place];
        squares += (double)chooser->taken[place] * chooser->taken[place];
    }
    return chooser->switches > 0 && total > 0 &&
           chooser->switches >= enough * (total - 1) * (1 - squares / (total * total));
}

void
distribution_add_choices(struct distribution *distribution, const struct chooser *chooser)
{
    uint32_t taken = 0;
    for (unsigned place = 0; place < DISTRIBUTION_PLACES; place++)
        taken += chooser->taken[place];
    distribution->choices += taken > 0 ? taken - 1 : 0;
    distribution->switches += chooser->switches;
}

void
distribution_add(struct distribution *distribution, unsigned place, uint32_t events)
{
    unsigned at = distribution->places++;
    for (; at > 0 && distribution->share[at - 1].events < events; at--)
        distribution->share[at] = distribution->share[at - 1];
    distribution->share[at] = (struct share){place, events};
    distribution->events += events;
}

/* How far the shares are from equal ones; as many degrees of freedom as there are places but one. */
static double
chi_square(const struct distribution *distribution)
{
    double expected = (double)distribution->events / distribution->places, sum = 0;
    for (unsigned i = 0; i < distribution->places; i++) {
        double difference = distribution->share[i].events - expected;
        sum += difference * difference / expected;
    }
    return sum;
}

/* How much more often than by chance places are changed, as chi-square of one degree of freedom. */
static double
regularity(const struct distribution *distribution)
{
    double same = 1.0 / distribution->places;
    double more = distribution->switches - distribution->choices * (1 - same);
    return more > 0 ? more * more / (distribution->choices * same * (1 - same)) : 0;
}

bool
distribution_is_beyond_chance(const struct distribution *distribution)
{
    unsigned places = distribution->places;
    if (places < 2)
        return false;
    double of_shares = chi_square(distribution);
    return of_shares > rare[places - 2] ||
           (of_shares > seldom[places - 2] && of_shares + regularity(distribution) > rare[places - 1]);
}
