/* What is said of a frame's findings where there is room for a few words only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_HEADLINE_H
#define NETCASE_HOST_HEADLINE_H

#include "host/capture.h"
#include "report/text.h"

/* All of these take the findings in the order in which they are shown (causes_in_order()), at least one, and the caller frees the text.
 * `whole`: the whole capture is known, so that there is a number of how many. */

/* "policy.port_blocked 3 of 5", in Chinese "policy.port_blocked 3/5": the third of five findings of its case. The id alone where there
 * is one, or where it is not known how many there are. */
char *headline_name(const struct capture *capture, const struct finding *finding, bool whole, enum language language);

/* "policy.port_blocked 3 of 5 +1": the first one, and how many more there are. The same in each language. */
char *headline_column(const struct capture *capture, const GPtrArray *findings, bool whole);

/* "[netcase policy.port_blocked +1] ", in front of what Wireshark says of the packet. The same in one pass and in two. */
char *headline_info(const GPtrArray *findings);

/* "Port blocked: 10.1.0.2 to 10.2.0.2:8080 (3 of 5), 1 more finding". */
char *headline_sentence(const struct capture *capture, const GPtrArray *findings, bool whole, enum language language);

/* Wireshark cuts the line of an item, and the text of an expert info, at so many bytes, also in the middle of a character. Cuts the text
 * before that. */
char *headline_cut(char *text);

#endif
