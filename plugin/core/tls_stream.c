/* TLS records: RFC 8446, 5.1 and 5.2; RFC 5246, 6.2. Alerts: RFC 8446, 6; RFC 5246, 7.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tls_stream.h"

#include <string.h>

#include "api/flow.h"
#include "core/bytes.h"
#include "core/tls_hello.h"

enum {
    HEADER_SIZE = 5,
    LENGTH_MAX = 16640,       /* 2^14 + 256 (RFC 8446, 5.2) */
    LENGTH_MAX_TLS12 = 18432, /* 2^14 + 2048 (RFC 5246, 6.2.3); so large only with padding or compression */
};

/* One call of tls_stream_read: what it reads, and where it stands. */
struct reading {
    struct tls_connection *connection;
    struct tls_side *sender;
    const struct tls_side *receiver;
    bool from_client;
    const struct payload *payload;
    uint32_t visible; /* bytes of the payload that can be read */
    uint32_t frame;
    int64_t time;
    struct tls_records *records;
};

/* Whether the first bytes of a header, as many as there are, are possible. */
static bool
header_plausible(const uint8_t *bytes, uint32_t count, uint32_t length_max)
{
    if (count >= 1 && (bytes[0] < TLS_CHANGE_CIPHER_SPEC || bytes[0] > TLS_APPLICATION_DATA)) {
        return false;
    }
    if ((count >= 2 && bytes[1] != 3) || (count >= 3 && bytes[2] > 4)) {
        return false;
    }
    if (count < HEADER_SIZE) {
        return true;
    }
    uint32_t length = read_u16(bytes + 3);
    return length >= 1 && length <= length_max;
}

bool
tls_record_begins(const uint8_t *bytes, uint32_t captured)
{
    return captured >= 3 && header_plausible(bytes, captured, LENGTH_MAX);
}

/* -- Where to begin ---------------------------------------------------------------------------- */

static bool
is_hello(struct tls_handshake body)
{
    return tls_hello_begins(body, TLS_CLIENT_HELLO) || tls_hello_begins(body, TLS_SERVER_HELLO);
}

static bool
hello_begins(const struct payload *payload)
{
    uint32_t visible = payload_visible(payload);
    if (visible < HEADER_SIZE + TLS_HELLO_PROOF || payload->bytes[0] != TLS_HANDSHAKE) {
        return false;
    }
    return is_hello((struct tls_handshake){payload->bytes + HEADER_SIZE, visible - HEADER_SIZE});
}

/* Whether records follow one another up to the end of the segment, or over it after at least one
 * that fits. Arbitrary bytes look like one record header once in some millions. */
static bool
chain_begins(const struct payload *payload)
{
    uint32_t visible = payload_visible(payload), at = 0;
    while (at < payload->length) {
        if (visible < at + HEADER_SIZE || !header_plausible(payload->bytes + at, HEADER_SIZE, LENGTH_MAX)) {
            return false;
        }
        uint32_t next = at + HEADER_SIZE + read_u16(payload->bytes + at + 3);
        if (next > payload->length) {
            return at > 0;
        }
        at = next;
    }
    return at > 0;
}

/* Whether records can be read from the first byte of this segment on, without knowing what came
 * before. Where TLS was seen already, one header is proof enough. */
static bool
begins_here(const struct reading *reading, bool opening)
{
    const struct payload *payload = reading->payload;
    if (reading->visible == 0 || !header_plausible(payload->bytes, reading->visible, LENGTH_MAX)) {
        return false;
    }
    if (opening) {
        bool first = payload->bytes[0] == TLS_HANDSHAKE || payload->bytes[0] == TLS_ALERT;
        return first || reading->connection->seen;
    }
    if (reading->connection->seen && reading->visible >= HEADER_SIZE) {
        return true;
    }
    return hello_begins(payload) || chain_begins(payload);
}

static void
start_at(struct tls_side *side, uint32_t sequence)
{
    side->synchronised = true;
    side->next_sequence = sequence;
    side->header_length = 0;
}

/* Find where in the segment the next byte of a record header lies; false if nowhere. */
static bool
find_header(struct reading *reading, bool opening, uint32_t sequence, uint32_t *at)
{
    struct tls_side *side = reading->sender;
    if (side->synchronised) {
        int32_t ahead = sequence_difference(side->next_sequence + side->header_length, sequence);
        if (ahead >= 0) {
            *at = (uint32_t)ahead;
            return *at < reading->payload->length;
        }
    }
    if (!begins_here(reading, opening)) {
        /* The place that was waited for is kept: the missing bytes may come late. */
        reading->connection->blind = reading->connection->blind || reading->connection->seen;
        return false;
    }
    if (!opening && !hello_begins(reading->payload)) {
        reading->connection->blind = true;
    }
    start_at(side, sequence);
    *at = 0;
    return true;
}

/* -- Records ----------------------------------------------------------------------------------- */

static void
read_hello(struct reading *reading, uint8_t type, struct tls_handshake body)
{
    struct tls_connection *connection = reading->connection;
    if (type == TLS_CLIENT_HELLO && reading->from_client && !connection->client_hello) {
        connection->client_hello = true;
        connection->client_hello_frame = reading->frame;
        connection->client_hello_time = reading->time;
        tls_client_hello_name(body, connection->server_name, sizeof connection->server_name);
    }
    if (type == TLS_SERVER_HELLO && !reading->from_client) {
        connection->tls13 = connection->tls13 || tls_hello_chose_tls13(body);
        /* A HelloRetryRequest asks for another ClientHello: the ServerHello is still to come. */
        if (!tls_hello_is_retry(body) && !connection->server_hello) {
            connection->server_hello = true;
            connection->server_hello_frame = reading->frame;
        }
    }
}

static void
read_handshake(struct reading *reading, struct tls_record *record, struct tls_handshake body)
{
    struct tls_side *side = reading->sender;
    /* After ChangeCipherSpec handshake records are encrypted; but TLS 1.3 encrypts them as
     * application data and sends that message only for show, even before a second ClientHello
     * (RFC 8446, D.4). */
    bool proved_hello = body.captured >= TLS_HELLO_PROOF && is_hello(body);
    if (side->change_cipher_spec && !proved_hello && !reading->connection->tls13) {
        side->protected_records++;
        side->finished = true;
        return;
    }
    if (body.captured > 0) {
        record->handshake_type = body.bytes[0];
    }
    if (is_hello(body)) {
        read_hello(reading, record->handshake_type, body);
    }
}

static void
read_alert(struct reading *reading, struct tls_record *record, struct tls_handshake body)
{
    bool level_known = body.captured >= 2 && (body.bytes[0] == TLS_ALERT_WARNING || body.bytes[0] == TLS_ALERT_FATAL);
    if (record->length != 2 || !level_known) {
        reading->sender->protected_records += record->length != 2;
        return;
    }
    record->alert_plain = true;
    record->alert_level = body.bytes[0];
    record->alert_description = body.bytes[1];
    if (record->alert_level == TLS_ALERT_FATAL) {
        reading->connection->fatal_alert = true;
    }
}

static void
read_body(struct reading *reading, struct tls_record *record, struct tls_handshake body)
{
    struct tls_side *side = reading->sender;
    switch (record->type) {
    case TLS_CHANGE_CIPHER_SPEC:
        side->change_cipher_spec = true;
        break;
    case TLS_ALERT:
        read_alert(reading, record, body);
        break;
    case TLS_HANDSHAKE:
        read_handshake(reading, record, body);
        break;
    default:
        side->protected_records++;
        side->payload_records += record->length > TLS13_ALERT_LENGTH;
        break;
    }
}

static void
note_finished(struct reading *reading, const struct tls_record *record)
{
    struct tls_connection *connection = reading->connection;
    const struct tls_side *sender = reading->sender, *receiver = reading->receiver;
    const struct tls_side *server = reading->from_client ? receiver : sender;
    bool long_data = record->type == TLS_APPLICATION_DATA && record->length > TLS13_ALERT_LENGTH;
    bool tls13 = connection->tls13 && connection->server_hello && reading->from_client && long_data;
    bool tls12 = sender->change_cipher_spec && receiver->change_cipher_spec && server->finished;
    bool both_talk = sender->payload_records > 0 && receiver->payload_records > 0;
    connection->finished = connection->finished || tls13 || tls12 || both_talk;
}

/* Take the record whose header is complete in side->header; its body begins at `at`. */
static void
take_record(struct reading *reading, uint32_t at)
{
    struct tls_side *side = reading->sender;
    struct tls_records *records = reading->records;
    struct tls_record record = {
        .type = side->header[0],
        .version = read_u16(side->header + 1),
        .length = read_u16(side->header + 3),
    };
    uint32_t left = at < reading->visible ? reading->visible - at : 0;
    struct tls_handshake body = {left > 0 ? reading->payload->bytes + at : NULL,
                                 left < record.length ? left : record.length};
    reading->connection->seen = true;
    read_body(reading, &record, body);
    note_finished(reading, &record);
    records->record[records->count < TLS_RECORDS_MAX ? records->count : TLS_RECORDS_MAX - 1] = record;
    records->count += records->count < TLS_RECORDS_MAX;
    side->next_sequence += HEADER_SIZE + record.length;
    side->header_length = 0;
}

static void
lose(struct reading *reading)
{
    reading->sender->synchronised = false;
    reading->sender->header_length = 0;
    reading->connection->blind = reading->connection->blind || reading->connection->seen;
}

/* Collect the bytes of the next header from `*at` on. False if it is not complete in this segment. */
static bool
take_header(struct reading *reading, uint32_t *at)
{
    struct tls_side *side = reading->sender;
    while (side->header_length < HEADER_SIZE && *at < reading->payload->length) {
        if (*at >= reading->visible) {
            lose(reading);
            return false;
        }
        side->header[side->header_length++] = reading->payload->bytes[(*at)++];
    }
    if (!header_plausible(side->header, side->header_length, LENGTH_MAX_TLS12)) {
        lose(reading);
        return false;
    }
    return side->header_length == HEADER_SIZE;
}

bool
tls_stream_read(struct tls_connection *connection, struct tls_side *sender, const struct tls_side *receiver,
                bool from_client, bool opening, uint32_t sequence, const struct payload *payload, uint32_t frame,
                int64_t time, struct tls_records *records)
{
    struct reading reading = {connection, sender, receiver, from_client, payload, payload_visible(payload),
                              frame,      time,   records};
    uint32_t at;
    records->count = 0;
    records->whole = false;
    if (payload->length == 0 || !find_header(&reading, opening, sequence, &at)) {
        return false;
    }
    while (at < payload->length && take_header(&reading, &at)) {
        take_record(&reading, at);
        at += records->record[records->count - 1].length;
    }
    records->whole = at == payload->length && sender->synchronised && sender->header_length == 0;
    return records->count > 0;
}
