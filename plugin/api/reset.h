/* What a RST says, by its data and by its numbers, and whether its sender stands by it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_RESET_H
#define NETCASE_API_RESET_H

#include "flow.h"

/* -- Its data: text that tells the cause (RFC 9293, 3.5.2) ---------------------------------------- */

/* WORDS: text. REQUEST: a passing HTTP message, in a data segment that a device turned into a RST. INJECTOR: 01 02 03 04
 * 05 06 07 08 09 00, as a provincial filter sends it (gfw.report on Henan). UNSEEN: nothing of it was captured. */
enum reset_data { RESET_NO_DATA, RESET_WORDS, RESET_REQUEST, RESET_INJECTOR, RESET_UNSEEN, RESET_NOISE };

enum reset_data reset_data_of(const struct payload *payload);

enum { RESET_TEXT_MAX = 80 };

/* The words, cut to what fits, '?' for bytes that can't be printed. */
void reset_data_text(const struct payload *payload, char text[RESET_TEXT_MAX + 1]);

/* -- What it answers ---------------------------------------------------------------------------- */

/* Whether the RST answers a segment that was sent again, or came late, and that its sender had acknowledged before: it has that
 * segment's acknowledgment as number, as one has that no connection was found for (RFC 9293, 3.10.7.1), and follows it within a round
 * trip. Connection tracking took the segment for a stranger's; the connection goes on. False if no round trip is known. */
bool reset_answers_stale(const struct flow *flow, const struct packet *packet);

/* -- Whether its sender stands by it ---------------------------------------------------------- */

/* Sequence numbers further apart than this are not of one connection. */
enum { RESET_NEAR = 1 << 20 };

/* A RST in the name of a side, and what was known when it came. */
struct reset {
    uint32_t frame;
    int64_t time;
    uint32_t sequence, acknowledgment;
    uint32_t other_next; /* next sequence number of the other side */
    uint8_t ttl;
    bool acknowledges, timestamp;
    bool for_syn;      /* it answers the first SYN of the flow */
    unsigned advances; /* packets with new data that its side has sent since */
};

void reset_take(struct reset *reset, const struct flow *flow, const struct packet *packet, bool for_syn);

/* ACCEPTS_SYN: the side accepts the SYN that it has refused. GOES_ON: it sends what it can't have sent before the RST; packets of
 * one sender overtake each other by milliseconds, and few at a time. IS_UNKNOWN: it acknowledges what was sent after the RST, so it
 * knows nothing of it. */
enum reset_denial { RESET_STANDS, RESET_ACCEPTS_SYN, RESET_GOES_ON, RESET_IS_UNKNOWN };

/* What a later packet of the same side says of the RST. `in_use`: the connection was, so that the mere repetition of an
 * acknowledgment some time later counts as well. */
enum reset_denial reset_denied(struct reset *reset, const struct flow *flow, const struct packet *packet, bool in_use);

#endif
