/* All that netcase shows of a capture, made and looked at. A broken promise aborts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SHOWN_H
#define NETCASE_TESTS_SHOWN_H

#include "engine/engine.h"

/* UTF-8 that goes to a terminal or a page: no control characters but the newline, none that change the direction of writing. */
void shown_check_text(const char *text);

/* Findings with their facts and texts in both languages, causes, the report as text and markdown, sessions and timers, of an
 * engine that was fed this many frames. `name_of_vni` as for session_report(). */
void shown_check(struct engine *engine, uint32_t frames, char *(*name_of_vni)(uint32_t vni));

/* No names. */
char *shown_no_name(uint32_t vni);

#endif
