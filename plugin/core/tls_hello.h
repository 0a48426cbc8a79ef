/* Reads the two handshake messages that say what a TLS connection is: ClientHello and ServerHello.
 * Used by tls_stream.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_TLS_HELLO_H
#define NETCASE_CORE_TLS_HELLO_H

#include <stddef.h>

#include "api/tls.h"

/* Handshake bytes of one record, as far as they were captured. */
struct tls_handshake {
    const uint8_t *bytes;
    uint32_t captured;
};

/* Bytes of a hello after which tls_hello_begins has nothing left to look at. */
enum { TLS_HELLO_PROOF = 6 };

/* Whether the bytes, of which there is at least one, begin a hello of this type as far as they were
 * captured: message type, a length of at most 65,535 bytes, and a legacy version of SSL 3.0 to TLS
 * 1.2 (later versions write TLS 1.2 there). */
bool tls_hello_begins(struct tls_handshake hello, uint8_t type);

/* The server name (RFC 6066, 3) of a ClientHello; "" if there is none in the captured part, or one
 * that is not printable ASCII. */
void tls_client_hello_name(struct tls_handshake hello, char *name, size_t size);

/* Whether a ServerHello is a HelloRetryRequest: the special random (RFC 8446, 4.1.3). */
bool tls_hello_is_retry(struct tls_handshake hello);

/* Whether a ServerHello or HelloRetryRequest chose TLS 1.3 (RFC 8446, 4.2.1). */
bool tls_hello_chose_tls13(struct tls_handshake hello);

#endif
