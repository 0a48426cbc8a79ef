/* Mutations of sequences: what a stranger can do to a capture. A sequence is read, its list of packets changed, and written;
 * then bytes of its headers and payloads are changed where they lie.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"
#include "wire/headers.h"

uint32_t
dice_throw(struct dice *dice)
{
    /* SplitMix64. */
    uint64_t mixed = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(mixed >> 32);
}

uint32_t
dice_below(struct dice *dice, uint32_t sides)
{
    return sides == 0 ? 0 : dice_throw(dice) % sides;
}

/* -- Order ------------------------------------------------------------------------------------ */

/* Makes room for `count` packets at `place`, as far as there is any; returns how many it is. */
static unsigned
make_room(struct sequence *sequence, unsigned place, unsigned count)
{
    unsigned room = SEQUENCE_PACKETS_MAX - sequence->count;
    count = count < room ? count : room;
    memmove(&sequence->packet[place + count], &sequence->packet[place],
            (sequence->count - place) * sizeof *sequence->packet);
    sequence->count += count;
    return count;
}

static void
swap_packets(struct sequence *sequence, struct dice *dice)
{
    struct sequence_packet *one = &sequence->packet[dice_below(dice, sequence->count)];
    struct sequence_packet *other = &sequence->packet[dice_below(dice, sequence->count)];
    struct sequence_packet kept = *one;
    *one = *other;
    *other = kept;
}

static void
drop_packets(struct sequence *sequence, struct dice *dice)
{
    unsigned first = dice_below(dice, sequence->count);
    unsigned count = 1 + dice_below(dice, dice_below(dice, 4) == 0 ? sequence->count - first : 1);
    memmove(&sequence->packet[first], &sequence->packet[first + count],
            (sequence->count - first - count) * sizeof *sequence->packet);
    sequence->count -= count;
}

/* One packet again, somewhere behind. */
static void
duplicate_packet(struct sequence *sequence, struct dice *dice)
{
    unsigned place = dice_below(dice, sequence->count);
    struct sequence_packet copy = sequence->packet[place];
    place += 1 + dice_below(dice, sequence->count - place);
    if (make_room(sequence, place, 1) == 1)
        sequence->packet[place] = copy;
}

/* Some packets over and over: what makes tables grow. */
static void
repeat_packets(struct sequence *sequence, struct dice *dice)
{
    unsigned first = dice_below(dice, sequence->count);
    unsigned length = 1 + dice_below(dice, sequence->count - first < 6 ? sequence->count - first : 6);
    int64_t step = (int64_t)dice_throw(dice);
    unsigned added = make_room(sequence, first + length, length * (1 + dice_below(dice, 40)));
    for (unsigned i = first + length; i < first + length + added; i++) {
        sequence->packet[i] = sequence->packet[i - length];
        sequence->packet[i].time = (int64_t)((uint64_t)sequence->packet[i].time + (uint64_t)step);
    }
}

static void
reverse_packets(struct sequence *sequence, struct dice *dice)
{
    unsigned first = dice_below(dice, sequence->count), last = first + dice_below(dice, sequence->count - first);
    for (; first < last; first++, last--) {
        struct sequence_packet kept = sequence->packet[first];
        sequence->packet[first] = sequence->packet[last];
        sequence->packet[last] = kept;
    }
}

/* -- Time ------------------------------------------------------------------------------------- */

static int64_t
strange_time(struct dice *dice)
{
    static const int64_t times[] = {INT64_MAX,
                                    INT64_MIN,
                                    0,
                                    -1,
                                    1,
                                    SECONDS(1),
                                    SECONDS(-1),
                                    INT64_MAX / 2,
                                    (INT64_C(1) << 62) - 1,
                                    INT64_C(1) << 62,
                                    SECONDS(INT64_C(4294967296)),
                                    SECONDS(INT64_C(1532866814))};
    return times[dice_below(dice, sizeof times / sizeof *times)];
}

/* From a nanosecond to some years, back or forth; mostly what timers are made of. */
static int64_t
strange_step(struct dice *dice)
{
    static const int64_t steps[] = {1,
                                    1000,
                                    MILLISECONDS(1),
                                    MILLISECONDS(40),
                                    MILLISECONDS(200),
                                    SECONDS(1),
                                    SECONDS(3),
                                    SECONDS(15),
                                    SECONDS(60),
                                    SECONDS(120),
                                    SECONDS(900),
                                    SECONDS(3600),
                                    SECONDS(86400),
                                    SECONDS(400000000),
                                    INT64_MAX};
    int64_t step = steps[dice_below(dice, sizeof steps / sizeof *steps)];
    if (dice_below(dice, 3) == 0) {
        uint64_t any = (uint64_t)dice_throw(dice) << 31;
        any ^= dice_throw(dice);
        step = (int64_t)(any >> dice_below(dice, 62));
    }
    return dice_below(dice, 4) == 0 ? -step : step;
}

/* Sums may overflow: the result is any time again. */
static int64_t
add_time(int64_t time, int64_t step)
{
    return (int64_t)((uint64_t)time + (uint64_t)step);
}

static void
change_one_time(struct sequence *sequence, struct dice *dice)
{
    int64_t *time = &sequence->packet[dice_below(dice, sequence->count)].time;
    switch (dice_below(dice, 3)) {
    case 0:
        *time = strange_time(dice);
        break;
    case 1:
        *time = sequence->packet[dice_below(dice, sequence->count)].time;
        break;
    default:
        *time = add_time(*time, strange_step(dice));
    }
}

/* A silence before one packet, or a clock that is set back. */
static void
change_later_times(struct sequence *sequence, struct dice *dice)
{
    int64_t step = strange_step(dice);
    for (unsigned i = dice_below(dice, sequence->count); i < sequence->count; i++)
        sequence->packet[i].time = add_time(sequence->packet[i].time, step);
}

/* The whole capture at the end or the beginning of time: its first or last packet has that time. */
static void
move_to_a_strange_time(struct sequence *sequence, struct dice *dice)
{
    unsigned anchor = dice_below(dice, 2) == 0 ? 0 : sequence->count - 1;
    int64_t step = add_time(strange_time(dice), (int64_t) - (uint64_t)sequence->packet[anchor].time);
    step = add_time(step, dice_below(dice, 2) == 0 ? 0 : strange_step(dice));
    for (unsigned i = 0; i < sequence->count; i++)
        sequence->packet[i].time = add_time(sequence->packet[i].time, step);
}

static void
stretch_times(struct sequence *sequence, struct dice *dice)
{
    uint64_t first = (uint64_t)sequence->packet[0].time, factor = 1 + dice_below(dice, 1000);
    bool shrink = dice_below(dice, 2) == 0;
    for (unsigned i = 1; i < sequence->count; i++) {
        uint64_t since = (uint64_t)sequence->packet[i].time - first;
        sequence->packet[i].time = (int64_t)(first + (shrink ? since / factor : since * factor));
    }
}

/* -- Length ----------------------------------------------------------------------------------- */

static void
cut_packet(struct sequence *sequence, struct dice *dice)
{
    struct sequence_packet *packet = &sequence->packet[dice_below(dice, sequence->count)];
    uint16_t left = (uint16_t)dice_below(dice, packet->captured + 1u);
    packet->cut = (uint16_t)(packet->cut + (dice_below(dice, 4) == 0 ? 0 : packet->captured - left));
    packet->captured = left;
}

/* A snapshot length. */
static void
cut_all(struct sequence *sequence, struct dice *dice)
{
    uint16_t most = (uint16_t)(20 + dice_below(dice, 200));
    for (unsigned i = 0; i < sequence->count; i++) {
        struct sequence_packet *packet = &sequence->packet[i];
        if (packet->captured > most) {
            packet->cut = (uint16_t)(packet->cut + packet->captured - most);
            packet->captured = most;
        }
    }
}

static void
claim_length(struct sequence *sequence, struct dice *dice)
{
    sequence->packet[dice_below(dice, sequence->count)].cut = (uint16_t)(dice_throw(dice) >> dice_below(dice, 32));
}

static void
change_options(struct sequence *sequence, struct dice *dice)
{
    sequence->options ^= (uint8_t)(1u << dice_below(dice, 8));
}

typedef void (*list_mutation)(struct sequence *sequence, struct dice *dice);
static const list_mutation list_mutations[] = {
    swap_packets,    drop_packets,       duplicate_packet,       repeat_packets, reverse_packets,
    change_one_time, change_later_times, move_to_a_strange_time, stretch_times,  cut_packet,
    cut_all,         claim_length,       change_options,
};

/* -- Headers ---------------------------------------------------------------------------------- */

/* Bytes of a packet that may be changed. */
struct part {
    uint8_t *bytes;
    uint32_t size;
};

static struct part
part_of(const struct payload *payload)
{
    return (struct part){(uint8_t *)payload->bytes, payload->captured};
}

/* From an IP header into a tunnel in it, if there is one. */
static bool
enter_tunnel(struct payload *ip)
{
    struct packet packet = {0};
    struct payload transport, inner;
    struct gre_header gre;
    uint32_t vni;
    uint16_t protocol;

    if (!wire_read_ip(ip, &packet, &transport))
        return false;
    if (packet.protocol == 4 || packet.protocol == 41) {
        *ip = transport;
        return true;
    }
    if (packet.protocol == 47 && wire_read_gre(&transport, &gre, &inner)) {
        *ip = inner;
        return !gre.erspan || wire_read_ethernet(&inner, ip);
    }
    return packet.protocol == PROTOCOL_UDP && wire_read_udp(&transport, &packet) &&
           (wire_read_vxlan(&packet.payload, &vni, &inner) ||
            wire_read_geneve(&packet.payload, &vni, &protocol, &inner)) &&
           wire_read_ethernet(&inner, ip);
}

/* The bytes of a packet from one of its IP headers on. */
static struct part
some_layer(const struct sequence_packet *packet, struct dice *dice)
{
    struct payload ip = {packet->bytes, packet->captured, packet->captured + packet->cut};
    while (dice_below(dice, 4) != 0) {
        struct payload inner = ip;
        if (!enter_tunnel(&inner))
            break;
        ip = inner;
    }
    return part_of(&ip);
}

struct header_layout {
    unsigned source, addresses, address_size, length, protocol, ttl, end;
};

static struct header_layout
layout_of(const struct part *ip)
{
    if (ip->size > 0 && ip->bytes[0] >> 4 == 6)
        return (struct header_layout){8, 8, 16, 4, 6, 7, 40};
    return (struct header_layout){12, 12, 4, 2, 9, 8, ip->size > 0 ? (ip->bytes[0] & 15u) * 4 : 20};
}

static void
put(const struct part *part, unsigned offset, uint8_t byte)
{
    if (offset < part->size)
        part->bytes[offset] = byte;
}

static uint8_t
strange_byte(struct dice *dice)
{
    static const uint8_t bytes[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x10, 0x20};
    return dice_below(dice, 2) == 0 ? bytes[dice_below(dice, sizeof bytes)] : (uint8_t)dice_throw(dice);
}

static void
change_flags(const struct part *ip, unsigned transport, struct dice *dice)
{
    static const uint8_t flags[] = {
        TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_PSH | TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST, TCP_RST | TCP_ACK, 0, 0xff};
    put(ip, transport + 13, flags[dice_below(dice, sizeof flags)]);
}

/* Both ends change places: an answer. */
static void
turn_around(const struct part *ip, const struct header_layout *layout)
{
    unsigned transport = layout->end;
    if (transport + 4 > ip->size)
        return;
    for (unsigned i = 0; i < layout->address_size; i++) {
        uint8_t *source = &ip->bytes[layout->addresses + i], *destination = source + layout->address_size,
                kept = *source;
        *source = *destination;
        *destination = kept;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint8_t kept = ip->bytes[transport + i];
        ip->bytes[transport + i] = ip->bytes[transport + 2 + i];
        ip->bytes[transport + 2 + i] = kept;
    }
}

static void
change_header(const struct part *ip, struct dice *dice)
{
    static const uint8_t protocols[] = {1, 4, 6, 17, 41, 47, 58, 0, 44, 60};
    static const uint16_t ports[] = {53, 80, 443, 4789, 6081, 8472, 51820, 22, 25, 0, 65535};
    struct header_layout layout = layout_of(ip);
    unsigned transport = layout.end;
    uint16_t port = ports[dice_below(dice, sizeof ports / sizeof *ports)];
    unsigned port_at = transport + 2 * dice_below(dice, 2);

    switch (dice_below(dice, 12)) {
    case 0:
        change_flags(ip, transport, dice);
        break;
    case 1:
        turn_around(ip, &layout);
        break;
    case 2: /* another host nearby */
        put(ip, layout.addresses + layout.address_size * (1 + dice_below(dice, 2)) - 1, (uint8_t)dice_throw(dice));
        break;
    case 3:
        put(ip, layout.addresses + dice_below(dice, 2 * layout.address_size), strange_byte(dice));
        break;
    case 4:
        put(ip, port_at, (uint8_t)(port >> 8));
        put(ip, port_at + 1, (uint8_t)port);
        break;
    case 5:
        put(ip, port_at + 1, (uint8_t)dice_throw(dice));
        break;
    case 6:
        put(ip, layout.length + dice_below(dice, 2), strange_byte(dice));
        break;
    case 7:
        put(ip, layout.protocol, protocols[dice_below(dice, sizeof protocols)]);
        break;
    case 8:
        put(ip, layout.ttl, strange_byte(dice));
        break;
    case 9: /* sequence number, acknowledgment; length and checksum of UDP */
        put(ip, transport + 4 + dice_below(dice, 8), strange_byte(dice));
        break;
    case 10: /* data offset, flags, window; the UDP payload's first bytes */
        put(ip, transport + 12 + dice_below(dice, 4), strange_byte(dice));
        break;
    default: /* options, or the first bytes of the payload */
        put(ip, transport + 8 + dice_below(dice, 60), strange_byte(dice));
    }
}

/* -- Payload ---------------------------------------------------------------------------------- */

/* What parsers look for, and what is dangerous where it ends up. */
static const char *const words[] = {
    "GET / HTTP/1.1\r\nHost: ",
    "HTTP/1.1 502 \r\nServer: ",
    "\r\n\r\n",
    "$(id)",
    "`id`",
    "';id;'",
    "\"\\",
    "<script>",
    "](javascript:",
    "\x1b[2J",
    "\xff\xfe",
    "\xe2\x80\xae",
    "\xc3",
    "\n\n# ",
    "| |",
    "\x16\x03\x01",
    "\x15\x03\x03\x02\x02",
    "%s%n",
    "{server}",
    "[[",
};

static void
write_word(const struct part *part, struct dice *dice)
{
    const char *word = words[dice_below(dice, sizeof words / sizeof *words)];
    uint32_t at = dice_below(dice, part->size);
    for (; *word != '\0' && at < part->size; at++, word++)
        part->bytes[at] = (uint8_t)*word;
}

static void
change_bytes(const struct part *part, struct dice *dice)
{
    for (unsigned i = 1 + dice_below(dice, 4); i > 0; i--)
        put(part, dice_below(dice, part->size), strange_byte(dice));
}

static void
change_packet(const struct sequence_packet *packet, struct dice *dice)
{
    struct part part = some_layer(packet, dice);
    switch (dice_below(dice, 6)) {
    case 0:
        write_word(&part, dice);
        break;
    case 1:
        change_bytes(&part, dice);
        break;
    default:
        change_header(&part, dice);
    }
}

/* -- All of it -------------------------------------------------------------------------------- */

static size_t
mutate_list(uint8_t *data, size_t size, size_t capacity, struct dice *dice)
{
    struct sequence sequence;
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    sequence_read(&sequence, copy, size);
    if (sequence.count > 0) {
        list_mutations[dice_below(dice, sizeof list_mutations / sizeof *list_mutations)](&sequence, dice);
        size = sequence_write(&sequence, data, capacity);
    }
    free(copy);
    return size;
}

static void
mutate_packets(uint8_t *data, size_t size, struct dice *dice)
{
    struct sequence sequence;
    sequence_read(&sequence, data, size);
    for (unsigned i = 1 + dice_below(dice, 3); i > 0 && sequence.count > 0; i--)
        change_packet(&sequence.packet[dice_below(dice, sequence.count)], dice);
}

size_t
sequence_mutate(uint8_t *data, size_t size, size_t capacity, struct dice *dice)
{
    for (unsigned i = 1 + dice_below(dice, 3); i > 0; i--) {
        if (dice_below(dice, 2) == 0)
            size = mutate_list(data, size, capacity, dice);
        else
            mutate_packets(data, size, dice);
    }
    return size;
}

/* Packets of both by turns, or the one behind the other. */
static void
mix(const struct sequence *one, const struct sequence *other, struct sequence *out, bool by_turns, struct dice *dice)
{
    unsigned a = 0, b = 0;
    out->options = one->options;
    out->count = 0;
    while ((a < one->count || b < other->count) && out->count < SEQUENCE_PACKETS_MAX) {
        bool first = b >= other->count || (a < one->count && (!by_turns || dice_below(dice, 2) == 0));
        out->packet[out->count++] = first ? one->packet[a++] : other->packet[b++];
    }
}

size_t
sequence_cross(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
               size_t capacity, struct dice *dice)
{
    struct sequence first, second, mixed;
    sequence_read(&first, one, one_size);
    sequence_read(&second, other, other_size);
    if (first.count == 0 || second.count == 0)
        return sequence_write(first.count > 0 ? &first : &second, out, capacity);
    /* Mostly at the same time, as if it were one network. */
    int64_t step = dice_below(dice, 4) == 0 ? 0
                                            : add_time(first.packet[dice_below(dice, first.count)].time,
                                                       (int64_t) - (uint64_t)second.packet[0].time);
    for (unsigned i = 0; i < second.count; i++)
        second.packet[i].time = add_time(second.packet[i].time, step);
    unsigned from = dice_below(dice, 2) == 0 ? 0 : dice_below(dice, second.count);
    memmove(second.packet, second.packet + from, (second.count - from) * sizeof *second.packet);
    second.count -= from;
    mix(&first, &second, &mixed, dice_below(dice, 3) != 0, dice);
    return sequence_write(&mixed, out, capacity);
}
