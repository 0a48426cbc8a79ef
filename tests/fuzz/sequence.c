/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sequence.h"

#include <string.h>

static uint64_t
read_number(const uint8_t *bytes, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = size; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

static void
write_number(uint8_t *bytes, unsigned size, uint64_t number)
{
    for (unsigned i = 0; i < size; i++, number >>= 8)
        bytes[i] = (uint8_t)number;
}

void
sequence_read(struct sequence *sequence, const uint8_t *data, size_t size)
{
    sequence->options = size > 0 ? data[0] : 0;
    sequence->count = 0;
    for (size_t at = 1; at + SEQUENCE_HEADER <= size && sequence->count < SEQUENCE_PACKETS_MAX;) {
        struct sequence_packet *packet = &sequence->packet[sequence->count++];
        size_t left = size - at - SEQUENCE_HEADER, wanted = read_number(data + at + 8, 2);
        packet->time = (int64_t)read_number(data + at, 8);
        packet->captured = (uint16_t)(wanted < left ? wanted : left);
        packet->cut = (uint16_t)read_number(data + at + 10, 2);
        packet->bytes = data + at + SEQUENCE_HEADER;
        at += SEQUENCE_HEADER + packet->captured;
    }
}

size_t
sequence_write(const struct sequence *sequence, uint8_t *data, size_t capacity)
{
    if (capacity == 0)
        return 0;
    size_t at = 1;
    data[0] = sequence->options;
    for (unsigned i = 0; i < sequence->count; i++) {
        const struct sequence_packet *packet = &sequence->packet[i];
        if (at + SEQUENCE_HEADER + packet->captured > capacity)
            continue;
        write_number(data + at, 8, (uint64_t)packet->time);
        write_number(data + at + 8, 2, packet->captured);
        write_number(data + at + 10, 2, packet->cut);
        if (packet->captured > 0)
            memcpy(data + at + SEQUENCE_HEADER, packet->bytes, packet->captured);
        at += SEQUENCE_HEADER + packet->captured;
    }
    return at;
}
