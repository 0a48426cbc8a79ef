/* TCP (RFC 9293, 3.1), its timestamps (RFC 7323, 3.2) and SACK (RFC 2018, 3) options, UDP (RFC 768), and the
 * packet that an ICMP error quotes (RFC 792; RFC 4443, 3).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/bytes.h"
#include "wire/headers.h"

enum { TCP_HEADER_SIZE = 20, UDP_HEADER_SIZE = 8, ICMP_HEADER_SIZE = 8 };
enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_SACK = 5, OPTION_TIMESTAMPS = 8, TIMESTAMPS_SIZE = 10 };
enum { MSS_SIZE = 4 };
enum { SACK_HEADER = 2, SACK_BLOCK = 8 };
/* How nearly all segments have it: two bytes of nothing, then the timestamps (RFC 7323, appendix A). */
enum { TIMESTAMPS_ALONE = 0x0101080a, TIMESTAMPS_ALONE_SIZE = 12 };

static void
take_timestamps(const uint8_t *values, struct packet *packet)
{
    packet->has_timestamp = true;
    packet->timestamp = read_u32(values);
    packet->timestamp_echo = read_u32(values + 4);
}

/* RFC 2883, 4: the first block of a SACK option tells of a duplicate if it is acknowledged already, or lies
 * within the second block. */
static bool
reports_duplicate(const uint8_t *option, uint32_t acknowledgment)
{
    if (option[1] < SACK_HEADER + SACK_BLOCK)
        return false;
    uint32_t left = read_u32(option + 2), right = read_u32(option + 6);
    if ((int32_t)(right - acknowledgment) <= 0)
        return true;
    if (option[1] < SACK_HEADER + 2 * SACK_BLOCK)
        return false;
    return (int32_t)(left - read_u32(option + 10)) >= 0 && (int32_t)(right - read_u32(option + 14)) <= 0;
}

static void
read_tcp_options(const uint8_t *options, uint32_t size, struct packet *packet)
{
    uint32_t at = 0;
    if (size == TIMESTAMPS_ALONE_SIZE && read_u32(options) == TIMESTAMPS_ALONE) {
        take_timestamps(options + 4, packet);
        return;
    }
    while (at < size && options[at] != OPTION_END) {
        if (options[at] == OPTION_NOTHING) {
            at++;
            continue;
        }
        if (at + 2 > size || options[at + 1] < 2 || options[at + 1] > size - at) {
            return;
        }
        if (options[at] == OPTION_TIMESTAMPS && options[at + 1] == TIMESTAMPS_SIZE) {
            take_timestamps(options + at + 2, packet);
        } else if (options[at] == OPTION_SACK) {
            packet->reports_duplicate = reports_duplicate(options + at, packet->acknowledgment);
        }
        at += options[at + 1];
    }
}

bool
wire_read_tcp(const struct payload *header, struct packet *packet)
{
    uint32_t visible = payload_visible(header);
    if (visible < TCP_HEADER_SIZE) {
        return false;
    }
    const uint8_t *bytes = header->bytes;
    uint32_t size = (bytes[12] >> 4) * 4u;
    if (size < TCP_HEADER_SIZE || size > header->length) {
        return false;
    }
    packet->source.port = read_u16(bytes);
    packet->destination.port = read_u16(bytes + 2);
    packet->sequence = read_u32(bytes + 4);
    packet->acknowledgment = read_u32(bytes + 8);
    packet->flags = bytes[13];
    packet->window = read_u16(bytes + 14);
    packet->has_timestamp = packet->reports_duplicate = false;
    packet->bare = size <= TCP_HEADER_SIZE + MSS_SIZE;
    packet->timestamp = packet->timestamp_echo = 0;
    uint32_t options_end = size < visible ? size : visible;
    read_tcp_options(bytes + TCP_HEADER_SIZE, options_end - TCP_HEADER_SIZE, packet);
    packet->payload = payload_after(header, size);
    return true;
}

bool
wire_read_udp(const struct payload *header, struct packet *packet)
{
    if (payload_visible(header) < UDP_HEADER_SIZE) {
        return false;
    }
    /* 0 is the length of a datagram above 65,535 bytes (RFC 2675, 4), or of one that the sending
     * host has left for its network card to split: all that IP carries is its payload then. */
    uint32_t length = read_u16(header->bytes + 4);
    if (length != 0 && length < UDP_HEADER_SIZE) {
        return false;
    }
    packet->source.port = read_u16(header->bytes);
    packet->destination.port = read_u16(header->bytes + 2);
    struct payload datagram = *header;
    if (length != 0 && length < datagram.length) {
        datagram.length = length;
    }
    packet->payload = payload_after(&datagram, UDP_HEADER_SIZE);
    return true;
}

/* Redirect quotes a packet as well, but that packet was forwarded: it is not an error. */
static bool
is_icmp_error(uint8_t type, bool ipv6)
{
    if (ipv6) {
        return type >= 1 && type <= 4; /* unreachable, too big, time exceeded, parameter problem */
    }
    return type == 3 || type == 4 || type == 11 || type == 12; /* 4 is source quench */
}

/* The next hop's MTU in "fragmentation needed" (RFC 1191, 4) and "packet too big" (RFC 4443, 3.2). */
static uint32_t
icmp_mtu(const uint8_t *message, const struct icmp_error *error)
{
    if (error->ipv6)
        return error->type == 2 ? read_u32(message + 4) : 0;
    return error->type == 3 && error->code == 4 ? read_u16(message + 6) : 0;
}

bool
wire_read_icmp_quote(const struct payload *icmp, struct icmp_error *error, struct packet *quoted)
{
    if (payload_visible(icmp) < ICMP_HEADER_SIZE || !is_icmp_error(icmp->bytes[0], error->ipv6)) {
        return false;
    }
    struct payload ip = payload_after(icmp, ICMP_HEADER_SIZE);
    struct payload transport;
    struct packet found = {0};
    if (!wire_read_ip(&ip, &found, &transport)) {
        return false;
    }
    if (found.protocol == PROTOCOL_TCP || found.protocol == PROTOCOL_UDP) {
        if (payload_visible(&transport) < 8) {
            return false;
        }
        found.source.port = read_u16(transport.bytes);
        found.destination.port = read_u16(transport.bytes + 2);
    }
    if (found.protocol == PROTOCOL_TCP) {
        found.sequence = read_u32(transport.bytes + 4);
    }
    *quoted = found;
    error->type = icmp->bytes[0];
    error->code = icmp->bytes[1];
    error->mtu = icmp_mtu(icmp->bytes, error);
    error->sequence = found.sequence;
    return true;
}
