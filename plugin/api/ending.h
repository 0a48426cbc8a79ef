/* How a connection ended, as its receiver saw it: when, and by which packets in the name of the other side.
 *
 * The shapes are the 19 signatures of connection tampering (Sundara Raman et al., Global, Passive Detection of Connection
 * Tampering, SIGCOMM 2023). They tell how, not who: scanners, health checks, happy eyeballs and impatient clients leave the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_ENDING_H
#define NETCASE_API_ENDING_H

#include <stdbool.h>
#include <stdint.h>

/* What the client had sent. FIRST_DATA: one segment with payload, and nothing of the server's answer is acknowledged. LATER: more, or
 * unknown because the capture began later. */
enum ending_stage { ENDING_AFTER_SYN, ENDING_AFTER_HANDSHAKE, ENDING_AFTER_FIRST_DATA, ENDING_LATER };

/* What came then. "Two" are two or more. By ACK number: RSTs without ACK flag, in the field of which some senders leave a number.
 * OTHERWISE: a FIN came before. */
enum ending_shape {
    ENDING_NOTHING,
    ENDING_RST,
    ENDING_RST_ACK,
    ENDING_RST_AND_RST_ACK,
    ENDING_TWO_RST,
    ENDING_TWO_RST_ACK,
    ENDING_TWO_RST_SAME_NUMBER,
    ENDING_TWO_RST_NUMBERS_DIFFER,
    ENDING_RST_AND_NUMBER_0,
    ENDING_OTHERWISE
};

/* The RSTs in the name of one side so far. */
struct ending {
    uint8_t stage;           /* enum ending_stage, at the first of them */
    uint8_t shape;           /* enum ending_shape, the finest that fits */
    uint32_t acknowledgment; /* of the first RST without ACK flag that is not 0 */
};

struct signature {
    enum ending_stage stage;
    enum ending_shape shape;
    const char *english, *chinese; /* "two or more RST+ACK after the first data" */
};

enum { SIGNATURES = 19 };

extern const struct signature signatures[SIGNATURES];

/* The signature of this stage that the shape has, or is a finer form of; NULL if there is none. */
const struct signature *signature_find(enum ending_stage stage, enum ending_shape shape);

struct flow;

/* The signature that the connection has so far by what came in the name of the client, or of the server. NULL if it is none of them.
 * "Nothing" is true only if nothing comes any more. */
const struct signature *ending_signature(const struct flow *flow, bool of_client);

#endif
