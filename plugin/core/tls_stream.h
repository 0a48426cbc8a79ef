/* Follows the TLS records of a connection through its TCP segments.
 *
 * Works on headers only: a record's body is skipped by its length, so captures that were cut work
 * as long as each record header falls into the captured part of some segment. A side whose records
 * can't be followed any more (a gap, a cut, the middle of a record) waits for a segment that begins
 * like a record and goes on from there; tls_connection.blind remembers that something was missed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_TLS_STREAM_H
#define NETCASE_CORE_TLS_STREAM_H

#include "api/packet.h"
#include "api/tls.h"

/* Where one side of a connection stands. Zeroed = nothing seen yet. */
struct tls_side {
    bool synchronised;
    uint32_t next_sequence;   /* TCP sequence number of the next record header */
    uint8_t header[5];        /* a header that is split over segments */
    uint8_t header_length;
    uint32_t protected_records; /* application data, or anything after ChangeCipherSpec */
    bool change_cipher_spec;
    uint64_t payload_records;
};

/* Read the records that begin in a segment with new payload. `opening` tells that the payload is
 * the first of its side after a handshake that was captured. The connection and the side are
 * updated, `records` is filled. False (and nothing changed but `blind`) if no record begins here.
 *
 * The handshake counts as finished (connection->finished) when the client has sent a protected
 * record that is not alert-sized (TLS 1.3), or both sides have sent ChangeCipherSpec and the server a
 * protected record after its own (up to TLS 1.2), or both sides have sent application data. */
bool tls_stream_read(struct tls_connection *connection, struct tls_side *side, bool from_client, bool opening,
                     uint32_t sequence, const struct payload *payload, uint32_t frame, int64_t time,
                     struct tls_records *records);

/* Whether the bytes look like the start of a TLS record of a known type and version. */
bool tls_record_begins(const uint8_t *bytes, uint32_t captured);

#endif
