/* Reads a DNS message (RFC 1035, 4). Never reads beyond payload->captured, never follows a
 * compression pointer forwards, and reads at most a bounded number of labels.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_DNS_MESSAGE_H
#define NETCASE_WIRE_DNS_MESSAGE_H

#include "api/packet.h"

/* False if this is no DNS message with one question: too short for header and question, a count of
 * questions other than 1, an opcode other than QUERY, or a malformed question name. */
bool dns_message_read(const struct payload *payload, struct dns_message *message);

/* Whether a datagram of any port is a DNS query by its content alone: an ordinary header, one question of a usual type for a
 * usual name, nothing behind it but EDNS. Other protocols don't look like this by chance. A cut one is judged by what is there,
 * if the question is. */
bool dns_message_is_query(const struct payload *payload);

/* The registered domain of a name, as far as it can be told without the public suffix list: the
 * last two labels, or three where the last but one is a common second level of a country
 * (com.cn, co.uk, ...). Points into `name`. */
const char *dns_registered_domain(const char *name);

#endif
