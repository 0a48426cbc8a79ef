/* What a TLS record looks like from its first bytes: RFC 8446, 5.1; RFC 5246, 6.2.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/tls_record.h"

#include "wire/bytes.h"
#include "wire/tls_hello.h"

bool
tls_header_is_plausible(const uint8_t *bytes, uint32_t count, uint32_t length_max)
{
    if (count >= 1 && (bytes[0] < TLS_CHANGE_CIPHER_SPEC || bytes[0] > TLS_APPLICATION_DATA)) {
        return false;
    }
    if ((count >= 2 && bytes[1] != 3) || (count >= 3 && bytes[2] > 4)) {
        return false;
    }
    if (count < TLS_HEADER_SIZE) {
        return true;
    }
    uint32_t length = read_u16(bytes + 3);
    return length >= 1 && length <= length_max;
}

bool
tls_record_begins(const uint8_t *bytes, uint32_t captured)
{
    return captured >= 3 && tls_header_is_plausible(bytes, captured, TLS_LENGTH_MAX);
}

bool
tls_hello_record_begins(const struct payload *payload)
{
    uint32_t visible = payload_visible(payload);
    if (visible < TLS_HEADER_SIZE || payload->bytes[0] != TLS_HANDSHAKE) {
        return false;
    }
    return tls_hello_begins(payload->bytes + TLS_HEADER_SIZE, visible - TLS_HEADER_SIZE);
}

bool
tls_chain_begins(const struct payload *payload)
{
    uint32_t visible = payload_visible(payload), at = 0;
    while (at < payload->length) {
        if (visible < at + TLS_HEADER_SIZE ||
            !tls_header_is_plausible(payload->bytes + at, TLS_HEADER_SIZE, TLS_LENGTH_MAX)) {
            return false;
        }
        uint32_t next = at + TLS_HEADER_SIZE + read_u16(payload->bytes + at + 3);
        if (next > payload->length) {
            return at > 0;
        }
        at = next;
    }
    return at > 0;
}
