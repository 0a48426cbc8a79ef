/* The report for a terminal: what is wrong in one sentence a problem, then each problem whole, then what else is to be said.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_BRIEF_H
#define NETCASE_REPORT_BRIEF_H

#include "report/report.h"
#include "report/view.h"

/* The caller frees the text. */
char *report_brief(const struct report *report, const struct report_view *view);

#endif
