/* Follows the TLS records of a connection through its TCP segments.
 *
 * Works on headers only: a record's body is skipped by its length, so captures that were cut work
 * as long as each record header falls into the captured part of some segment. A side whose records
 * can't be followed any more (a gap, a cut, the middle of a record) waits for a segment that begins
 * like a record and goes on from there; tls_connection.blind remembers that something was missed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_TLS_STREAM_H
#define NETCASE_ENGINE_TLS_STREAM_H

#include "api/packet.h"
#include "api/tls.h"
#include "wire/tls_hello.h"
#include "wire/tls_record.h"

/* Where one side of a connection stands. Zeroed = nothing seen yet. */
struct tls_side {
    bool synchronised;
    uint32_t next_sequence; /* TCP sequence number of the next record header */
    uint8_t header[5];      /* a header that is split over segments */
    uint8_t header_length;
    bool change_cipher_spec;
    bool finished;              /* sent an encrypted handshake message after it: Finished up to TLS 1.2 */
    uint32_t protected_records; /* application data, or anything after ChangeCipherSpec */
    uint64_t payload_records;   /* application data longer than an alert of TLS 1.3 */
    struct tls_hello hello;     /* the handshake message that is being read */
    uint32_t hello_sequence;    /* TCP sequence number of its next byte */
};

/* Read the records that begin in a segment with new payload. `sender` is the side that sent it,
 * `receiver` the other one. `opening` tells that the payload is the first of its side after a
 * handshake that was captured. The connection and the sender are updated, `records` is filled. A
 * record whose header is split over segments begins where its header is complete. False, with no
 * records, if none begins here.
 *
 * Bytes before the expected record header are skipped, so a segment may repeat some that were shown
 * before. Segments after a gap are tried as a new start; if they are none, the bytes missing are
 * still waited for.
 *
 * The handshake counts as finished (connection->finished) when the client has sent a protected
 * record that is not alert-sized (TLS 1.3), or both sides have sent ChangeCipherSpec and the server
 * its Finished after that (up to TLS 1.2), or both sides have sent application data that is not
 * alert-sized. */
bool tls_stream_read(struct tls_connection *connection, struct tls_side *sender, const struct tls_side *receiver,
                     bool from_client, bool opening, uint32_t sequence, const struct payload *payload, uint32_t frame,
                     int64_t time, struct tls_records *records);

#endif
