/* What a TLS record looks like from its first bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_TLS_RECORD_H
#define NETCASE_WIRE_TLS_RECORD_H

#include "api/packet.h"

enum {
    TLS_HEADER_SIZE = 5,
    TLS_LENGTH_MAX = 16640,   /* 2^14 + 256 (RFC 8446, 5.2) */
    TLS12_LENGTH_MAX = 18432, /* 2^14 + 2048 (RFC 5246, 6.2.3); so large only with padding or compression */
};

/* Whether the first bytes of a header, as many as there are, are possible: known type and version,
 * length from 1 to `length_max`. */
bool tls_header_is_plausible(const uint8_t *bytes, uint32_t count, uint32_t length_max);

/* Whether the bytes look like the start of a TLS record. At least type and version must be
 * readable; a length that is cut is not checked. */
bool tls_record_begins(const uint8_t *bytes, uint32_t captured);

/* Whether a record with a ClientHello or ServerHello begins here. */
bool tls_hello_record_begins(const struct payload *payload);

/* Whether records follow one another up to the end of the segment, or over it after at least one
 * that fits. Arbitrary bytes look like one record header once in some millions. */
bool tls_chain_begins(const struct payload *payload);

#endif
