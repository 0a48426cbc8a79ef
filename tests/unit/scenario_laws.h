/* What holds for every scenario, whichever way it is played.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SCENARIO_LAWS_H
#define NETCASE_TESTS_SCENARIO_LAWS_H

#include "scenario_check.h"

/* None of the ways to play changes what is found. */
struct way {
    const char *name;
    struct play play;
    bool renumbered;      /* see scenario_read_renumbered() */
    bool without_mirrors; /* only where the scenario has none of its own */
    bool with_words;      /* see scenario_check() */
};

enum { AS_IT_IS }; /* the first one */

extern const struct way ways[];
extern const size_t way_count;

/* Play it, and see after each packet that what is expected up to there is found, and nothing else, and that findings only get more
 * certain and go only by being withdrawn. */
void way_play(struct verdict *verdict, struct scenario *scenario, const struct way *way);

#endif
