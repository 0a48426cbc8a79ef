/* Which packets of a report got no answer, for who draws them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_JSON_ANSWERS_H
#define NETCASE_JSON_ANSWERS_H

#include "report/frames.h"
#include "report/report.h"

struct answers;

/* Of the flows that findings of the report rest on, withdrawn ones too. Lives no longer than the frames and the report; the caller
 * frees it. */
struct answers *answers_new(const struct frames *frames, const struct report *report);
void answers_free(struct answers *answers);

/* Whether the other side would have had to say something to this packet (the engine's number of its frame), and said nothing in its
 * connection before the packet was sent again, or else until the capture ended a second later or more. Never where answers could not
 * have been captured. */
bool answers_lack(const struct answers *answers, uint32_t frame);

#endif
