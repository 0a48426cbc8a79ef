/* Numbers in network byte order out of packet bytes, and steps within a payload. Nothing here
 * checks bounds: the parsers do, before they call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WIRE_BYTES_H
#define NETCASE_WIRE_BYTES_H

#include "api/packet.h"

static inline uint16_t
read_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t
read_u24(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
}

static inline uint32_t
read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | read_u24(bytes + 1);
}

/* Bytes that are both captured and part of the packet: a frame can hold padding after it. */
static inline uint32_t
payload_visible(const struct payload *payload)
{
    return payload->captured < payload->length ? payload->captured : payload->length;
}

/* What follows the first `skip` bytes; `skip` may be larger than what was captured, but not than
 * the length. */
static inline struct payload
payload_after(const struct payload *payload, uint32_t skip)
{
    uint32_t visible = payload_visible(payload);
    uint32_t step = skip < visible ? skip : visible;
    return (struct payload){
        .bytes = step > 0 ? payload->bytes + step : payload->bytes,
        .captured = visible - step,
        .length = payload->length - skip,
    };
}

#endif
