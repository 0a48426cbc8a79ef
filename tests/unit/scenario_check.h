/* What the findings of a scenario say: their facts, texts and evidence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SCENARIO_CHECK_H
#define NETCASE_TESTS_SCENARIO_CHECK_H

#include "scenario.h"

/* Print what is wrong with the file, and return false. */
bool scenario_failed(const char *file, const char *how, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether each finding has what its texts show, rests on frames before it, and is as expected. */
bool scenario_check(const char *file, const struct scenario *scenario, struct engine *engine);

#endif
