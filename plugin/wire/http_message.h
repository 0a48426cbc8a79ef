/* Reads the beginning of an HTTP/1.x message (RFC 9112). Never reads beyond payload->captured.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_HTTP_MESSAGE_H
#define NETCASE_WIRE_HTTP_MESSAGE_H

#include "api/packet.h"

/* The shortest beginning that is looked at, "GET / HT". */
enum { HTTP_MESSAGE_MIN = 8 };

/* Whether it is worth a look: nearly every segment of a transfer is refused by its first byte. Methods and
 * the version of a response begin with an upper case letter. */
static inline bool
http_message_begins(const struct payload *payload)
{
    return payload->captured >= HTTP_MESSAGE_MIN && (uint8_t)(payload->bytes[0] - 'A') < 26;
}

/* False if the payload does not begin with a known method and a target, or the status line of a response, of
 * HTTP/1.x. */
bool http_message_read(const struct payload *payload, struct http_message *message);

/* The Server field of a response that http_message_read() has read, of whatever status; empty if it is not among the first fields. */
struct http_text http_message_server(const struct payload *payload);

#endif
