/* A problem in one sentence.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_SENTENCE_H
#define NETCASE_REPORT_SENTENCE_H

#include "report/report.h"
#include "report/text.h"

/* "Connection reset after an idle period: 10.1.0.2 to 10.2.0.2:80, idle 33.00 s, 3 times". The caller frees it. */
char *group_sentence(const struct report *report, const struct report_group *group, enum language language);

/* The same of one finding, without how often. */
char *finding_sentence(const struct report *report, const struct finding *finding, enum language language);

/* The same where there is no report. */
char *sentence_in_capture(const struct encapsulation *encapsulation, const struct finding *finding,
                          enum language language);

/* A display filter that shows what the finding is about, in any Wireshark; NULL where there is none. `protocol` is that of IP, of
 * the packets. The caller frees it. */
char *finding_filter(const struct finding *finding, uint8_t protocol);

/* "netcase.flow == 2" and "netcase.flow in {2, 3}": the flows of the group, at most `limit`; NULL where it is about more than flows. */
char *group_filter(const struct report_group *group, guint limit);

#endif
