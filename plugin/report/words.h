/* The report as text for a terminal, and as markdown for a ticket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_WORDS_H
#define NETCASE_REPORT_WORDS_H

#include "report/report.h"
#include "report/view.h"

/* The caller frees the text. */
char *report_words(const struct report *report, const struct report_view *view);

#endif
