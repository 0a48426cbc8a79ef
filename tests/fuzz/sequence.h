/* Packets with their times as the bytes of a fuzzer, so that a fuzzer changes packets, order and times and not only bytes.
 *
 * Any bytes are a sequence: a byte of options, then for each packet 12 bytes and what was captured of it from the IP header
 * on. All numbers are little-endian:
 *
 *   8  time in nanoseconds since 1970, any
 *   2  bytes captured; the last packet has what is left
 *   2  bytes cut off behind them
 *
 * sequences.py makes sequences of captures.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SEQUENCE_H
#define NETCASE_TESTS_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

enum { SEQUENCE_PACKETS_MAX = 512, SEQUENCE_HEADER = 12 };

struct sequence_packet {
    int64_t time;
    const uint8_t *bytes; /* the sequence's input's, never copied */
    uint16_t captured, cut;
};

struct sequence {
    uint8_t options;
    unsigned count;
    struct sequence_packet packet[SEQUENCE_PACKETS_MAX];
};

/* Packets behind SEQUENCE_PACKETS_MAX are ignored. */
void sequence_read(struct sequence *sequence, const uint8_t *data, size_t size);

/* Returns the size; packets that do not fit into `capacity` are left out. `data` must not hold bytes of the sequence. */
size_t sequence_write(const struct sequence *sequence, uint8_t *data, size_t capacity);

/* -- Mutation --------------------------------------------------------------------------------- */

/* Numbers that are the same in every run with the same seed. */
struct dice {
    uint64_t state;
};

uint32_t dice_throw(struct dice *dice);

/* Below `sides`; 0 if there are none. */
uint32_t dice_below(struct dice *dice, uint32_t sides);

/* Changes the order, the times, the headers and the bytes of a sequence that lies in `data`, some of it at a time. Returns the
 * new size, at most `capacity`. */
size_t sequence_mutate(uint8_t *data, size_t size, size_t capacity, struct dice *dice);

/* Writes a sequence of packets of both into `out`: one behind the other, one between the other, or with the times of the
 * other. Returns its size, at most `capacity`. */
size_t sequence_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                      size_t capacity, struct dice *dice);

#endif
