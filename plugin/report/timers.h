/* The table of idle times by server: `-z netcase,timers`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_TIMERS_H
#define NETCASE_REPORT_TIMERS_H

#include "engine/engine.h"
#include "engine/knowledge.h"
#include "report/text.h"

/* A line for each server and port of which an idle time of more than 1 s is known: the longest after which traffic went on,
 * the shortest after which the connection was dead, where the timer lies if both are known and agree, and the documented
 * timers that match it, nearest first. "-" stands for nothing. The caller frees the text. */
char *timer_report(struct engine *engine, enum language language);

/* "17.00 s", or "-" for none, for others who show the same. The caller frees it. */
char *idle_text(int64_t idle, enum language language);

#endif
