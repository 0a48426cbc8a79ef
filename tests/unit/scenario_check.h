/* What the findings of a scenario say: their facts, texts and evidence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SCENARIO_CHECK_H
#define NETCASE_TESTS_SCENARIO_CHECK_H

#include "scenario.h"

/* What came of a scenario so far. */
struct verdict {
    const char *file;
    bool failed;
};

/* Print what is wrong in this line of the file (0: in no single one), and return false. */
bool verdict_failed(struct verdict *verdict, unsigned line, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Whether each finding has what its texts show, rests on other frames that were shown, and is as expected: of an engine that saw the
 * scenario as it is. */
bool scenario_check(struct verdict *verdict, const struct scenario *scenario, struct engine *engine);

/* Print each finding as the line that expects all that it says, with the line of the file behind which that stands. */
void print_words(const struct scenario *scenario, struct engine *engine);

#endif
