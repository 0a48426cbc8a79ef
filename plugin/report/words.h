/* The report as text for a terminal, and as markdown for a ticket.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_WORDS_H
#define NETCASE_REPORT_WORDS_H

#include "report/report.h"
#include "report/text.h"

/* How to write it. `shown_frame` gives the number that the user knows a frame by, 0 for one that is not shown. */
struct report_view {
    enum language language;
    bool markdown;
    uint32_t (*shown_frame)(uint32_t frame, void *data);
    void *data;
};

/* The caller frees the text. */
char *report_words(const struct report *report, const struct report_view *view);

#endif
