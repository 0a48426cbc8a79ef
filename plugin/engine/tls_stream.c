/* TLS records: RFC 8446, 5.1 and 5.2; RFC 5246, 6.2. Alerts: RFC 8446, 6; RFC 5246, 7.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/tls_stream.h"

#include <glib.h>

#include "api/flow.h"
#include "wire/bytes.h"

/* One call of tls_stream_read: what it reads, and where it stands. */
struct reading {
    struct tls_connection *connection;
    struct tls_side *sender;
    const struct tls_side *receiver;
    bool from_client;
    uint32_t sequence; /* of the first byte of the payload */
    const struct payload *payload;
    uint32_t visible; /* bytes of the payload that can be read */
    uint32_t frame;
    int64_t time;
    struct tls_records *records;
};

/* -- Where to begin ---------------------------------------------------------------------------- */

/* Whether records can be read from the first byte of this segment on, without knowing what came
 * before. Where TLS was seen already, one header is proof enough. */
static bool
begins_here(const struct reading *reading, bool opening)
{
    const struct payload *payload = reading->payload;
    if (reading->visible == 0 || !tls_header_is_plausible(payload->bytes, reading->visible, TLS_LENGTH_MAX)) {
        return false;
    }
    if (opening) {
        bool first = payload->bytes[0] == TLS_HANDSHAKE || payload->bytes[0] == TLS_ALERT;
        return first || reading->connection->seen;
    }
    if (reading->connection->seen && reading->visible >= TLS_HEADER_SIZE) {
        return true;
    }
    return tls_hello_record_begins(payload) || tls_chain_begins(payload);
}

static void
start_at(struct tls_side *side, uint32_t sequence)
{
    side->synchronised = true;
    side->next_sequence = sequence;
    side->header_length = 0;
    tls_hello_close(&side->hello);
}

/* Find where in the segment the next byte of a record header lies; false if nowhere. */
static bool
find_header(struct reading *reading, bool opening, uint32_t *at)
{
    struct tls_side *side = reading->sender;
    if (side->synchronised) {
        int32_t ahead = sequence_difference(side->next_sequence + side->header_length, reading->sequence);
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
    if (!opening && !tls_hello_record_begins(reading->payload)) {
        reading->connection->blind = true;
    }
    start_at(side, reading->sequence);
    *at = 0;
    return true;
}

/* -- Records ----------------------------------------------------------------------------------- */

/* Take over what is known of the hello so far. */
static void
note_hello(struct reading *reading, const struct tls_hello *hello)
{
    struct tls_connection *connection = reading->connection;
    if (!tls_hello_is_settled(hello)) {
        return;
    }
    if (hello->type == TLS_CLIENT_HELLO && reading->from_client && !connection->client_hello) {
        connection->client_hello = true;
        connection->client_hello_frame = reading->frame;
        connection->client_hello_time = reading->time;
    }
    if (hello->type == TLS_SERVER_HELLO && !reading->from_client) {
        connection->tls13 = connection->tls13 || hello->tls13;
        /* A HelloRetryRequest asks for another ClientHello: the ServerHello is still to come. */
        if (!tls_hello_is_retry(hello) && !connection->server_hello) {
            connection->server_hello = true;
            connection->server_hello_frame = reading->frame;
        }
    }
}

/* Read on in a handshake message, as far as its record and this segment go. */
static void
continue_hello(struct reading *reading)
{
    struct tls_side *side = reading->sender;
    const struct payload *payload = reading->payload;
    int32_t from = sequence_difference(side->hello_sequence, reading->sequence);
    if (!tls_hello_is_open(&side->hello) || from < 0 || (uint32_t)from >= payload->length) {
        return;
    }
    char hidden[sizeof reading->connection->server_name];
    char *name = reading->from_client ? reading->connection->server_name : hidden;
    uint32_t at = (uint32_t)from, in_record = side->next_sequence - side->hello_sequence;
    uint32_t count = MIN(in_record, payload->length - at);
    uint32_t readable = at < reading->visible ? MIN(count, reading->visible - at) : 0;
    tls_hello_feed(&side->hello, payload->bytes + at, readable, name, sizeof hidden);
    side->hello_sequence += count;
    if (readable < count || count == in_record) {
        tls_hello_close(&side->hello);
    }
    note_hello(reading, &side->hello);
}

static void
read_handshake(struct reading *reading, struct tls_record *record, const uint8_t *body, uint32_t captured)
{
    struct tls_side *side = reading->sender;
    /* After ChangeCipherSpec handshake records are encrypted; but TLS 1.3 encrypts them as
     * application data and sends that message only for show, even before a second ClientHello
     * (RFC 8446, D.4). */
    if (side->change_cipher_spec && !tls_hello_begins(body, captured) && !reading->connection->tls13) {
        side->protected_records++;
        side->finished = true;
        return;
    }
    if (captured > 0) {
        record->handshake_type = body[0];
    }
    tls_hello_start(&side->hello);
    side->hello_sequence = side->next_sequence - record->length;
    continue_hello(reading);
}

static void
read_alert(struct reading *reading, struct tls_record *record, const uint8_t *body, uint32_t captured)
{
    bool level_known = captured >= 2 && (body[0] == TLS_ALERT_WARNING || body[0] == TLS_ALERT_FATAL);
    if (record->length != 2 || !level_known) {
        reading->sender->protected_records += record->length != 2;
        return;
    }
    record->alert_plain = true;
    record->alert_level = body[0];
    record->alert_description = body[1];
    if (record->alert_level == TLS_ALERT_FATAL) {
        reading->connection->fatal_alert = true;
    }
}

static void
read_body(struct reading *reading, struct tls_record *record, const uint8_t *body, uint32_t captured)
{
    struct tls_side *side = reading->sender;
    switch (record->type) {
    case TLS_CHANGE_CIPHER_SPEC:
        side->change_cipher_spec = true;
        break;
    case TLS_ALERT:
        read_alert(reading, record, body, captured);
        break;
    case TLS_HANDSHAKE:
        read_handshake(reading, record, body, captured);
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
    const uint8_t *body = left > 0 ? reading->payload->bytes + at : NULL;
    side->next_sequence += TLS_HEADER_SIZE + record.length;
    side->header_length = 0;
    reading->connection->seen = true;
    read_body(reading, &record, body, MIN(left, record.length));
    note_finished(reading, &record);
    records->record[records->count < TLS_RECORDS_MAX ? records->count : TLS_RECORDS_MAX - 1] = record;
    records->count += records->count < TLS_RECORDS_MAX;
}

static void
lose(struct reading *reading)
{
    reading->sender->synchronised = false;
    reading->sender->header_length = 0;
    tls_hello_close(&reading->sender->hello);
    reading->connection->blind = reading->connection->blind || reading->connection->seen;
}

/* Collect the bytes of the next header from `*at` on. False if it is not complete in this segment. */
static bool
take_header(struct reading *reading, uint32_t *at)
{
    struct tls_side *side = reading->sender;
    while (side->header_length < TLS_HEADER_SIZE && *at < reading->payload->length) {
        if (*at >= reading->visible) {
            lose(reading);
            return false;
        }
        side->header[side->header_length++] = reading->payload->bytes[(*at)++];
    }
    if (!tls_header_is_plausible(side->header, side->header_length, TLS12_LENGTH_MAX)) {
        lose(reading);
        return false;
    }
    return side->header_length == TLS_HEADER_SIZE;
}

bool
tls_stream_read(struct tls_connection *connection, struct tls_side *sender, const struct tls_side *receiver,
                bool from_client, bool opening, uint32_t sequence, const struct payload *payload, uint32_t frame,
                int64_t time, struct tls_records *records)
{
    struct reading reading = {
        .connection = connection,
        .sender = sender,
        .receiver = receiver,
        .from_client = from_client,
        .sequence = sequence,
        .payload = payload,
        .visible = payload_visible(payload),
        .frame = frame,
        .time = time,
        .records = records,
    };
    uint32_t at;
    records->count = 0;
    records->whole = false;
    if (payload->length == 0) {
        return false;
    }
    continue_hello(&reading);
    if (!find_header(&reading, opening, &at)) {
        return false;
    }
    while (at < payload->length && take_header(&reading, &at)) {
        take_record(&reading, at);
        at += records->record[records->count - 1].length;
    }
    records->whole = at == payload->length && sender->synchronised && sender->header_length == 0;
    return records->count > 0;
}
