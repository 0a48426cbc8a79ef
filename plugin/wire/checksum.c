/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/checksum.h"

#include "wire/bytes.h"

enum { TCP_HEADER_SIZE = 20, TCP_CHECKSUM_AT = 16 };

/* 16-bit words, the last one filled up with zero. Not folded: 65,535 bytes can't overflow it. */
static uint32_t
sum_words(const uint8_t *bytes, uint32_t size)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < size; i += 2)
        sum += read_u16(bytes + i);
    return size % 2 == 1 ? sum + (uint32_t)(bytes[size - 1] << 8) : sum;
}

static uint16_t
fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

enum checksum
wire_tcp_checksum(const struct payload *segment, const struct packet *packet)
{
    if (segment->length < TCP_HEADER_SIZE || segment->captured < segment->length)
        return CHECKSUM_UNKNOWN;
    const struct ip_address *source = &packet->source.address, *destination = &packet->destination.address;
    uint32_t pseudo = sum_words(source->bytes, sizeof source->bytes) +
                      sum_words(destination->bytes, sizeof destination->bytes) + PROTOCOL_TCP +
                      (segment->length & 0xffff) + (segment->length >> 16);
    if (fold(pseudo + fold(sum_words(segment->bytes, segment->length))) == 0xffff)
        return CHECKSUM_RIGHT;
    return read_u16(segment->bytes + TCP_CHECKSUM_AT) == fold(pseudo) ? CHECKSUM_OFFLOADED : CHECKSUM_WRONG;
}
