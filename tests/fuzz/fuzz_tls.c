/* A TLS connection in segments. An input is a sequence of segments, each with 4 bytes in front:
 * flags (1 = from the client, 2 = opening), bytes captured, bytes cut off, and a step of the
 * sequence number (signed, so that there are gaps and repetitions).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "engine/tls_stream.h"
#include "fuzz.h"

enum { STEP_SIZE = 4, FROM_CLIENT = 1, OPENING = 2 };

static void
check_records(bool read, const struct tls_records *records, const struct tls_connection *connection)
{
    fuzz_check(read == (records->count > 0));
    fuzz_check(records->count <= TLS_RECORDS_MAX);
    fuzz_check(connection->seen || !read);
    fuzz_check(memchr(connection->server_name, '\0', sizeof connection->server_name) != NULL);
    for (unsigned i = 0; i < records->count; i++) {
        const struct tls_record *record = &records->record[i];
        fuzz_check(record->type >= TLS_CHANGE_CIPHER_SPEC && record->type <= TLS_APPLICATION_DATA);
        fuzz_check(record->length > 0);
        fuzz_check(record->alert_plain == (record->alert_level != 0));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tls_connection connection = {0};
    struct tls_side sides[2] = {{0}, {0}};
    uint32_t sequences[2] = {UINT32_MAX - 100, 0};
    while (size >= STEP_SIZE) {
        uint32_t left = (uint32_t)size - STEP_SIZE;
        uint32_t captured = data[1] < left ? data[1] : left;
        bool from_client = (data[0] & FROM_CLIENT) != 0;
        struct payload payload = {data + STEP_SIZE, captured, captured + data[2]};
        struct tls_records records;
        sequences[from_client] += (uint32_t)(int32_t)(int8_t)data[3];
        bool read = tls_stream_read(&connection, &sides[from_client], &sides[!from_client], from_client,
                                    (data[0] & OPENING) != 0, sequences[from_client], &payload, 1, 1, &records);
        check_records(read, &records, &connection);
        fuzz_check(sides[from_client].header_length < sizeof sides->header);
        sequences[from_client] += payload.length;
        data += STEP_SIZE + captured;
        size -= STEP_SIZE + captured;
    }
    return 0;
}
