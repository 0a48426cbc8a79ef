/* What an IKE message shows to somebody who has no keys (RFC 7296 for version 2, RFC 2408 for version 1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_IKE_H
#define NETCASE_API_IKE_H

#include "packet.h"

enum { IKE_PORT = 500, IKE_NAT_PORT = 4500, IKE_SPI_SIZE = 8 };

/* Exchanges: of version 1 with its two ways to begin, of version 2. */
enum { IKE1_MAIN_MODE = 2, IKE1_AGGRESSIVE_MODE = 4, IKE1_INFORMATIONAL = 5, IKE2_SA_INIT = 34 };

/* Numbers are in host byte order. `notify` is the first notification of an error in clear text, 0 if none was read: payloads may be
 * cut off or encrypted. */
struct ike_message {
    uint8_t version; /* 1 or 2 */
    uint8_t exchange;
    uint8_t initiator_spi[IKE_SPI_SIZE];
    bool answered; /* it has an SPI of the responder */
    bool response; /* version 2 only */
    uint32_t id;
    uint16_t notify;
};

/* False if the payload, of a packet with one of the two ports, is no IKE message: ESP, a keepalive of NAT traversal, something else,
 * or less than a header was captured. Behind port 4500 four zero bytes tell IKE from ESP (RFC 3948, 2.2). */
bool ike_read(const struct packet *packet, struct ike_message *message);

/* Whether it is the first message of a negotiation: nobody has answered yet. */
bool ike_begins(const struct ike_message *message);

/* The name of what `notify` says if it ends a negotiation, such as "NO_PROPOSAL_CHOSEN"; NULL if it does not: a cookie or another
 * group that is asked for is a part of it, and an unknown SPI is what remains of an older one. */
const char *ike_rejection(const struct ike_message *message);

#endif
