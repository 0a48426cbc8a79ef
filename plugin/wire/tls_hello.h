/* Reads the two handshake messages that say what a TLS connection is: ClientHello and ServerHello.
 * The bytes may come in pieces, because a ClientHello with post-quantum keys is longer than a
 * segment. Used by tls_stream.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_TLS_HELLO_H
#define NETCASE_WIRE_TLS_HELLO_H

#include <stddef.h>

#include "api/tls.h"

/* Whether handshake bytes prove to be the start of a ClientHello or ServerHello: message type, a
 * length of at most 65,535 bytes, and a legacy version of SSL 3.0 to TLS 1.2 (later versions write
 * TLS 1.2 there). 6 bytes are needed. */
bool tls_hello_begins(const uint8_t *bytes, uint32_t captured);

/* Where the reading of one message stands. Zeroed = no message. The members below `type` are of the
 * reader alone. */
struct tls_hello {
    uint8_t type; /* 0 before the first byte, and if the message is no hello */
    bool tls13;   /* a ServerHello or HelloRetryRequest chose TLS 1.3 (RFC 8446, 4.2.1) */
    uint8_t stage;
    bool other_random;        /* than that of a HelloRetryRequest */
    char first;               /* of the server name: it is put in place last */
    uint16_t position;        /* up to the end of the random */
    uint16_t left;            /* bytes of this stage that are still to come */
    uint16_t value;           /* of those that came, as a number */
    uint16_t extension, size; /* type and length of the extension; then length of the name */
};

/* Begin with a new message. */
void tls_hello_start(struct tls_hello *hello);

/* Whether the reader wants more bytes. Once it does not, it never does again. */
bool tls_hello_is_open(const struct tls_hello *hello);

/* Read no further: what follows was cut or lost. */
void tls_hello_close(struct tls_hello *hello);

/* The next bytes of the message. `name` gets the server name (RFC 6066, 3) of a ClientHello, if it
 * is printable ASCII and shorter than `size`; it stays empty until the name is complete. */
void tls_hello_feed(struct tls_hello *hello, const uint8_t *bytes, uint32_t count, char *name, size_t size);

/* Whether it is known now what tls_hello_is_retry asks, or never will be. */
bool tls_hello_is_settled(const struct tls_hello *hello);

/* Whether a ServerHello is a HelloRetryRequest: the special random (RFC 8446, 4.1.3). */
bool tls_hello_is_retry(const struct tls_hello *hello);

#endif
