/* What becomes of a connection attempt. The engine decides it, once for everybody, and tells those who see SEES_OUTCOME
 * whenever it changes: what was taken for unanswered may be answered by the seventh SYN.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_ATTEMPT_H
#define NETCASE_API_ATTEMPT_H

#include "address.h"

enum outcome {
    OUTCOME_UNKNOWN, /* nothing that would tell, or the other direction can't be seen */

    /* Nothing came back, and nothing is due: after three SYNs twice their last gap, at least 1 s, has passed; after one or
     * two, the next one would have come, or the client has begun another attempt instead. */
    OUTCOME_UNANSWERED,
    OUTCOME_UNREACHABLE, /* an ICMP error quotes it: destination unreachable or prohibited, before any answer; of UDP too */
    OUTCOME_REFUSED,     /* the SYN was answered by RST */
    OUTCOME_ELSEWHERE, /* the SYN-ACK came from an address that was not asked (`elsewhere`), and the client does not take it; or the SYN
                        * itself came back to the client: attempt_came_back() */

    OUTCOME_ANSWERED,  /* by SYN-ACK */
    OUTCOME_HALF_OPEN, /* SYN-ACK was sent three times, half a second or more apart, and not acknowledged */
    OUTCOME_ABANDONED, /* the client answered the SYN-ACK with a RST that does not acknowledge it */
    OUTCOME_COMPLETED, /* the handshake, or by a RST of the client that acknowledges the SYN-ACK (a port check) */

    OUTCOME_LEFT, /* completed, then ended by the client before the server sent a byte, and nothing was on its way: see `lasted` */
    OUTCOME_CLOSED,    /* completed, then ended by the server before it sent a byte: see `lasted` */
    OUTCOME_DATA_LOST, /* completed, and the client's first data was sent four times and is not acknowledged */
    OUTCOME_WORKS      /* the server has sent data */
};

struct attempt {
    uint8_t outcome;           /* enum outcome */
    uint8_t before;            /* what it was taken for until then */
    uint32_t frame;            /* that decided it */
    int64_t time;              /* of that frame */
    struct endpoint elsewhere; /* who answered the SYN although another one was asked; family 0 = nobody */
    uint32_t elsewhere_frame;
    int64_t
        lasted; /* of OUTCOME_LEFT: nanoseconds since the handshake; of OUTCOME_CLOSED: the same, or since the client's first
                      * data if a RST came after them */
    bool data_unseen; /* nothing of the client's first data was captured: it may be anything, a ClientHello as well */
};

/* Whether it is elsewhere because the SYN came back to its sender, whose own address is `elsewhere`. */
static inline bool
attempt_came_back(const struct attempt *attempt, const struct endpoint *client)
{
    return attempt->elsewhere_frame != 0 && address_equal(&attempt->elsewhere.address, &client->address);
}

/* Whether the server was heard to accept it. */
static inline bool
attempt_was_accepted(const struct attempt *attempt)
{
    return attempt->outcome >= OUTCOME_ANSWERED;
}

#endif
