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

/* The registered domain of a name, as far as it can be told without the public suffix list: the
 * last two labels, or three where the last but one is a common second level of a country
 * (com.cn, co.uk, ...). Points into `name`. */
const char *dns_registered_domain(const char *name);

#endif
