/* Headers between a frame and its payload, most of them captured.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "wire/checksum.h"
#include "wire/headers.h"

/* Ethernet to TCP out of a VXLAN tunnel: 10.40.0.10:49440 to 10.40.0.20:443, "vxlan-ipv4-tcp". */
#define IPV4_TCP                                                                                                       \
    "45000036 00010000 40066654 0a28000a 0a280014"                                                                     \
    " c12001bb 00000001 00000001 50182000 f6e20000 7678 6c616e2d697076342d746370"
#define ETHERNET "020000004102 020000004101 0800 "
#define VXLAN    "08000000 00006400 "
/* Options class 0x0102, type 3, 4 bytes. */
#define GENEVE "02006558 00006400 01020301 deadbeef "
/* A SYN of Linux: MSS, SACK permitted, timestamps, NOP, window scale. */
#define TCP_SYN_OPTIONS "c12001bb 0000ffff 00000000 a002faf0 00000000 020405b4 0402 080a 11223344 00000000 01 030307"

static struct packet
zeroed(void)
{
    struct packet packet;
    memset(&packet, 0, sizeof packet);
    return packet;
}

/* -- TCP and UDP ------------------------------------------------------------------------------- */

static void
tcp_fields(void **state)
{
    (void)state;
    struct payload header = payload_of(TCP_SYN_OPTIONS "aabb");
    struct packet packet = zeroed();
    assert_true(wire_read_tcp(&header, &packet));
    assert_int_equal(packet.source.port, 49440);
    assert_int_equal(packet.destination.port, 443);
    assert_int_equal(packet.sequence, 0xffff);
    assert_int_equal(packet.acknowledgment, 0);
    assert_int_equal(packet.flags, TCP_SYN);
    assert_int_equal(packet.window, 64240);
    assert_true(packet.has_timestamp);
    assert_int_equal(packet.timestamp, 0x11223344);
    assert_int_equal(packet.timestamp_echo, 0);
    assert_int_equal(packet.payload.length, 2);
    assert_int_equal(packet.payload.captured, 2);
    assert_int_equal(packet.payload.bytes[0], 0xaa);
    payload_free(header);
}

static void
tcp_cut(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(TCP_SYN_OPTIONS "aabb");
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload header = cut_payload(bytes, captured);
        struct packet packet = zeroed();
        assert_true(wire_read_tcp(&header, &packet) == (captured >= 20));
        if (captured >= 20) {
            assert_true(packet.has_timestamp == (captured >= 36));
            assert_int_equal(packet.payload.length, 2);
            assert_int_equal(packet.payload.captured, captured > 40 ? captured - 40 : 0);
        }
        payload_free(header);
    }
    g_byte_array_unref(bytes);
}

static void
tcp_malformed(void **state)
{
    (void)state;
#define TCP_PORTS "c12001bb 00000001 00000001 "
    static const struct {
        const char *what, *hex;
        bool read, timestamp;
    } rows[] = {
        {"data offset below 20 bytes", TCP_PORTS "40182000 00000000", false, false},
        {"data offset behind the end", TCP_PORTS "60182000 00000000 0101", false, false},
        {"option of no length", TCP_PORTS "80182000 00000000 08 00 0000 00000000 00000000", true, false},
        {"option of length 1", TCP_PORTS "80182000 00000000 08 01 080a 00000001 00000002", true, false},
        {"option over the end", TCP_PORTS "80182000 00000000 02 20 0000 080a 00000001 0000", true, false},
        {"timestamps of a wrong length", TCP_PORTS "80182000 00000000 080b 00000001 00000002 00 00", true, false},
        {"kind only at the end", TCP_PORTS "60182000 00000000 01010108", true, false},
        {"timestamps behind the end of options", TCP_PORTS "90182000 00000000 00 01 0101 080a 00000001 00000002 0000",
         true, false},
        {"timestamps behind others", TCP_PORTS "90182000 00000000 fd 04 0101 080a 00000001 00000002 0000", true, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload header = payload_of(rows[i].hex);
        struct packet packet = zeroed();
        packet.has_timestamp = true; /* must not stay from before */
        bool read = wire_read_tcp(&header, &packet);
        if (read != rows[i].read || (read && packet.has_timestamp != rows[i].timestamp)) {
            fail_msg("%s: read %d, timestamps %d", rows[i].what, read, packet.has_timestamp);
        }
        payload_free(header);
    }
}

/* RFC 2883, 4.1: the acknowledgment is 1. */
static void
tcp_reports_of_duplicates(void **state)
{
    (void)state;
    static const struct {
        const char *what, *options;
        bool duplicate;
    } rows[] = {
        {"a hole", "80102000 00000000 0101 050a 00000065 000000c9", false},
        {"what is acknowledged", "80102000 00000000 0101 050a ffffff9d 00000001", true},
        {"a part of the next block", "a0102000 00000000 0101 0512 00000065 000000c9 00000065 0000012d", true},
        {"another hole than the next block", "a0102000 00000000 0101 0512 00000065 000000c9 000001f5 00000259", false},
        {"more than the next block", "a0102000 00000000 0101 0512 00000065 000000c9 00000066 000000c9", false},
        {"an option without a block", "70102000 00000000 01010101 01010502", false},
        {"no option", "50102000 00000000", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *hex = g_strconcat(TCP_PORTS, rows[i].options, NULL);
        struct payload header = payload_of(hex);
        struct packet packet = zeroed();
        packet.reports_duplicate = true; /* must not stay from before */
        bool read = wire_read_tcp(&header, &packet);
        if (packet.reports_duplicate != rows[i].duplicate)
            fail_msg("%s: read %d, duplicate %d", rows[i].what, read, packet.reports_duplicate);
        payload_free(header);
        g_free(hex);
    }
}

/* A frame holds padding behind a short packet: it is no payload. */
static void
padding_is_no_payload(void **state)
{
    (void)state;
    struct payload ip = payload_of("45000028 00010000 40060000 0a28000a 0a280014"
                                   "c12001bb 00000001 00000001 50102000 00000000 000000000000");
    struct packet packet = zeroed();
    struct payload transport;
    assert_true(wire_read_ip(&ip, &packet, &transport));
    assert_int_equal(transport.length, 20);
    assert_int_equal(transport.captured, 20);
    assert_true(wire_read_tcp(&transport, &packet));
    assert_int_equal(packet.payload.length, 0);
    assert_int_equal(packet.payload.captured, 0);
    payload_free(ip);
}

static void
udp_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool read;
        uint32_t length;
    } rows[] = {
        {"cf8212b5 000c 0000 01020304", true, 4}, {"cf8212b5 000a 0000 01020304", true, 2}, /* padding behind it */
        {"cf8212b5 0040 0000 01020304", true, 4}, /* first fragment of a longer one */
        {"cf8212b5 0000 0000 01020304", true, 4}, /* left to the network card */
        {"cf8212b5 0008 0000", true, 0},          {"cf8212b5 0007 0000 01", false, 0},
        {"cf8212b5 0008 00", false, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload header = payload_of(rows[i].hex);
        struct packet packet = zeroed();
        assert_true(wire_read_udp(&header, &packet) == rows[i].read);
        if (rows[i].read) {
            assert_int_equal(packet.source.port, 0xcf82);
            assert_int_equal(packet.destination.port, 0x12b5);
            assert_int_equal(packet.payload.length, rows[i].length);
            assert_true(packet.payload.captured <= rows[i].length);
        }
        payload_free(header);
    }
}

/* -- IP ---------------------------------------------------------------------------------------- */

static void
ipv4_fields(void **state)
{
    (void)state;
    struct payload ip = payload_of(IPV4_TCP);
    struct packet packet = zeroed();
    struct payload transport;
    struct ip_address source = ipv4(10, 40, 0, 10), destination = ipv4(10, 40, 0, 20);
    assert_true(wire_read_ip(&ip, &packet, &transport));
    assert_true(address_equal(&packet.source.address, &source));
    assert_true(address_equal(&packet.destination.address, &destination));
    assert_int_equal(packet.ttl, 64);
    assert_true(packet.has_ip_id);
    assert_int_equal(packet.ip_id, 1);
    assert_int_equal(packet.protocol, PROTOCOL_TCP);
    assert_int_equal(transport.length, 34);
    assert_true(wire_read_tcp(&transport, &packet));
    assert_int_equal(packet.payload.length, 14);
    assert_memory_equal(packet.payload.bytes, "vxlan-ipv4-tcp", 14);
    payload_free(ip);
}

/* A mirror cuts inside the tunnel: the length is that of the header, not of what is left. */
static void
ipv4_cut(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(IPV4_TCP);
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload ip = cut_payload(bytes, captured), transport;
        struct packet packet = zeroed();
        ip.length = captured;
        assert_true(wire_read_ip(&ip, &packet, &transport) == (captured >= 20));
        if (captured >= 20) {
            assert_int_equal(transport.length, 34);
            assert_int_equal(transport.captured, captured - 20);
        }
        payload_free(ip);
    }
    g_byte_array_unref(bytes);
}

static void
ipv4_odd(void **state)
{
    (void)state;
#define ADDRESSES "0a28000a 0a280014 "
    static const struct {
        const char *what, *hex;
        bool read;
        uint32_t length;
    } rows[] = {
        {"options", "46000020 00010000 40110000 " ADDRESSES "01010100 0001000200080000", true, 8},
        {"options that are cut", "46000020 00010000 40110000 " ADDRESSES "0101", false, 0},
        {"header of 16 bytes", "44000020 00010000 40110000 " ADDRESSES, false, 0},
        {"total below the header", "45000013 00010000 40110000 " ADDRESSES "0001000200080000", false, 0},
        {"nothing but the header", "45000014 00010000 40110000 " ADDRESSES "0001000200080000", true, 0},
        {"no total length", "45000000 00010000 40110000 " ADDRESSES "0001000200080000", true, 8},
        {"first fragment", "4500001c 00012000 40110000 " ADDRESSES "0001000200080000", true, 8},
        {"do not fragment", "4500001c 00014000 40110000 " ADDRESSES "0001000200080000", true, 8},
        {"later fragment", "4500001c 00012001 40110000 " ADDRESSES "0001000200080000", false, 0},
        {"last fragment", "4500001c 00011fff 40110000 " ADDRESSES "0001000200080000", false, 0},
        {"version 5", "5500001c 00010000 40110000 " ADDRESSES "0001000200080000", false, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload ip = payload_of(rows[i].hex), transport = {0};
        struct packet packet = zeroed();
        bool read = wire_read_ip(&ip, &packet, &transport);
        if (read != rows[i].read || (read && transport.length != rows[i].length)) {
            fail_msg("%s: read %d, length %u", rows[i].what, read, transport.length);
        }
        payload_free(ip);
    }
}

#define IPV6_FROM_TO "20010db8007000000000000000000012 20010db8007000000000000000000233 "

static void
ipv6_extensions(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
        bool read;
        uint8_t protocol;
        uint32_t length;
    } rows[] = {
        {"none", "60000000 0008 11 40" IPV6_FROM_TO "0001000200080000", true, PROTOCOL_UDP, 8},
        {"no length", "60000000 0000 11 40" IPV6_FROM_TO "0001000200080000", true, PROTOCOL_UDP, 8},
        /* Captured: hop by hop, then an authentication header of 24 bytes. */
        {"hop by hop and authentication",
         "60000000 002c 00 40" IPV6_FROM_TO
         "33 00 010400000000 11 04 0000 11111111 00000001 a0a1a2a3 a4a5a6a7 a8a9aaab d1c401bb000c578941483730",
         true, PROTOCOL_UDP, 12},
        {"first fragment", "60000000 0010 2c 40" IPV6_FROM_TO "11 00 0001 00000001 0001000200080000", true,
         PROTOCOL_UDP, 8},
        {"later fragment", "60000000 0010 2c 40" IPV6_FROM_TO "11 00 0008 00000001 0001000200080000", false, 0, 0},
        {"routing of 24 bytes",
         "60000000 0020 2b 40" IPV6_FROM_TO "06 02 0000 00000000 00000000 00000000 00000000"
         "00000000 0001000200080000",
         true, PROTOCOL_TCP, 8},
        {"destination options cut", "60000000 0020 3c 40" IPV6_FROM_TO "06 02 0000 00000000 00000000", false, 0, 0},
        {"length of the extension lies", "60000000 0010 00 40" IPV6_FROM_TO "11 ff 010400000000 0001000200080000",
         false, 0, 0},
        {"endless chain", "60000000 0018 00 40" IPV6_FROM_TO "00 00 010400000000 00 00 010400000000 00 00 010400000000",
         false, 0, 0},
        {"encrypted", "60000000 0008 32 40" IPV6_FROM_TO "0001000200080000", true, 50, 8},
        {"no next header", "60000000 0000 3b 40" IPV6_FROM_TO, true, 59, 0},
        {"payload of 3 bytes", "60000000 0003 11 40" IPV6_FROM_TO "000100", true, PROTOCOL_UDP, 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload ip = payload_of(rows[i].hex), transport = {0};
        struct packet packet = zeroed();
        bool read = wire_read_ip(&ip, &packet, &transport);
        if (read != rows[i].read ||
            (read && (packet.protocol != rows[i].protocol || transport.length != rows[i].length))) {
            fail_msg("%s: read %d, protocol %u, length %u", rows[i].what, read, packet.protocol, transport.length);
        }
        if (read) {
            assert_int_equal(packet.source.address.family, 6);
            assert_int_equal(packet.source.address.bytes[15], 0x12);
            assert_int_equal(packet.destination.address.bytes[15], 0x33);
            assert_int_equal(packet.ttl, 64);
            assert_false(packet.has_ip_id);
        }
        payload_free(ip);
    }
}

static void
ipv6_cut(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of("60000000 002c 00 40" IPV6_FROM_TO
                                 "33 00 010400000000 11 04 0000 11111111 00000001 a0a1a2a3 a4a5a6a7 a8a9aaab"
                                 "d1c401bb000c578941483730");
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload ip = cut_payload(bytes, captured), transport;
        struct packet packet = zeroed();
        assert_true(wire_read_ip(&ip, &packet, &transport) == (captured >= 40 + 8 + 24));
        payload_free(ip);
    }
    g_byte_array_unref(bytes);
}

/* -- Neighbours ------------------------------------------------------------------------------- */

#define ARP "0001 0800 06 04 "

static void
arp_messages(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool read;
        enum neighbour_kind kind;
        uint8_t claimed, wanted, told; /* last bytes, 0 = none */
        bool has_link;
    } rows[] = {
        {ARP "0001 02000000000a 0a000002 000000000000 0a000058", true, NEIGHBOUR_QUESTION, 2, 88, 0, true},
        {ARP "0002 02000000000b 0a000058 02000000000a 0a000002", true, NEIGHBOUR_ANSWER, 88, 0, 2, true},
        {ARP "0001 02000000000a 00000000 000000000000 0a000058", true, NEIGHBOUR_QUESTION, 0, 88, 0, false}, /* probe */
        {ARP "0001 02000000000b 0a000058 000000000000 0a000058", true, NEIGHBOUR_ANNOUNCEMENT, 88, 0, 0, true},
        {ARP "0002 02000000000b 0a000058 ffffffffffff 00000000", true, NEIGHBOUR_ANNOUNCEMENT, 88, 0, 0, true},
        {ARP "0002 03bf0a000058 0a000058 02000000000a 0a000002", true, NEIGHBOUR_ANSWER, 88, 0, 2,
         false}, /* of a group */
        {ARP "0002 000000000000 0a000058 02000000000a 0a000002", true, NEIGHBOUR_ANSWER, 88, 0, 2, false},
        {ARP "0003 02000000000a 0a000002 000000000000 0a000058", false, 0, 0, 0, 0, false}, /* RARP */
        {ARP "0001 02000000000a 00000000 000000000000 e0000001", false, 0, 0, 0, 0, false},
        {"0001 86dd 06 04 0001 02000000000a 0a000002 000000000000 0a000058", false, 0, 0, 0, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload arp = payload_of(rows[i].hex);
        struct neighbour message;
        assert_true(wire_read_arp(&arp, &message) == rows[i].read);
        if (rows[i].read) {
            assert_int_equal(message.kind, rows[i].kind);
            assert_int_equal(message.claimed.bytes[3], rows[i].claimed);
            assert_int_equal(message.wanted.bytes[3], rows[i].wanted);
            assert_int_equal(message.told.bytes[3], rows[i].told);
            assert_true(message.has_link == rows[i].has_link);
            arp.captured--;
            assert_false(wire_read_arp(&arp, &message));
        }
        payload_free(arp);
    }
}

#define ND_TARGET "20010db8 00000000 00000000 00000058"

static void
neighbour_discovery(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint8_t hop_limit;
        bool from_nobody, to_all, read;
        enum neighbour_kind kind;
        uint8_t claimed, told;
        bool has_link;
    } rows[] = {
        {"87 00 0000 00000000" ND_TARGET "0101 02000000000a", 255, false, true, true, NEIGHBOUR_QUESTION, 2, 0, true},
        {"87 00 0000 00000000" ND_TARGET, 255, true, true, true, NEIGHBOUR_QUESTION, 0, 0, false}, /* is it free? */
        {"88 00 0000 60000000" ND_TARGET "0201 02000000000b", 255, false, false, true, NEIGHBOUR_ANSWER, 88, 9, true},
        {"88 00 0000 60000000" ND_TARGET "0e01 010203040506 0201 02000000000b", 255, false, false, true,
         NEIGHBOUR_ANSWER, 88, 9, true},
        {"88 00 0000 40000000" ND_TARGET "0201 02000000000b", 255, false, false, true, NEIGHBOUR_ANSWER, 88, 9,
         false}, /* proxy */
        {"88 00 0000 60000000" ND_TARGET "0e00 010203040506 0201 02000000000b", 255, false, false, true,
         NEIGHBOUR_ANSWER, 88, 9, false},
        {"88 00 0000 20000000" ND_TARGET "0201 02000000000b", 255, false, true, true, NEIGHBOUR_ANNOUNCEMENT, 88, 0,
         true},
        {"88 00 0000 60000000" ND_TARGET "0201 02000000000b", 254, false, false, false, 0, 0, 0, false},
        {"86 00 0000 60000000" ND_TARGET, 255, false, true, false, 0, 0, 0, false}, /* a router's */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload icmpv6 = payload_of(rows[i].hex);
        struct packet packet = {.ttl = rows[i].hop_limit,
                                .source.address = {6, {[15] = rows[i].from_nobody ? 0 : 2}},
                                .destination.address = {6, {[15] = 9}}};
        struct neighbour message;
        packet.source.address.bytes[0] = rows[i].from_nobody ? 0 : 0x20;
        packet.destination.address.bytes[0] = rows[i].to_all ? 0xff : 0x20;
        assert_true(wire_read_neighbour(&icmpv6, &packet, &message) == rows[i].read);
        if (rows[i].read) {
            assert_int_equal(message.kind, rows[i].kind);
            assert_int_equal(message.claimed.bytes[15], rows[i].claimed);
            assert_int_equal(message.told.bytes[15], rows[i].told);
            assert_true(message.has_link == rows[i].has_link);
        }
        payload_free(icmpv6);
    }
}

static void
link_addresses(void **state)
{
    (void)state;
    const struct link_address first = {{0x00, 0x1b, 0x21, 0xaa, 0x00, 0xff}},
                              next = {{0x00, 0x1b, 0x21, 0xaa, 0x01, 0x00}},
                              far = {{0x00, 0x1b, 0x21, 0xaa, 0x01, 0x0f}},
                              other = {{0x00, 0x1b, 0x22, 0xaa, 0x01, 0x00}}, local = {{0x02, 0, 0, 0, 0, 1}},
                              local_next = {{0x02, 0, 0, 0, 0, 2}};
    const struct link_address vrrp = {{0x00, 0x00, 0x5e, 0x00, 0x01, 0x07}},
                              hsrp = {{0x00, 0x00, 0x0c, 0x07, 0xac, 0x01}};
    char text[LINK_ADDRESS_TEXT_SIZE];
    assert_true(link_address_is_next_to(&first, &next) && link_address_is_next_to(&next, &first));
    assert_false(link_address_is_next_to(&first, &far) || link_address_is_next_to(&next, &other));
    assert_false(link_address_is_next_to(&local, &local_next));
    assert_true(link_address_is_shared(&vrrp) && link_address_is_shared(&hsrp));
    assert_false(link_address_is_shared(&first));
    link_address_format(&first, text);
    assert_string_equal(text, "00:1b:21:aa:00:ff");
}

/* -- Ethernet and tunnels ---------------------------------------------------------------------- */

static void
ethernet_tags(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool read;
        uint32_t left;
    } rows[] = {
        {ETHERNET "45", true, 1},
        {"020000004102 020000004101 86dd 60", true, 1},
        {"020000003002 020000003001 88a8 014b 8100 014a 0800 45", true, 1}, /* captured: two tags */
        {"020000003002 020000003001 9100 014b 0800", true, 0},
        {"020000003002 020000003001 8100 014a 0806 00", true, 1}, /* ARP */
        {"020000003002 020000003001 8100 014a 88cc 02", false, 0},
        {"020000003002 020000003001 8100 014a 08", false, 0},
        {"020000003002 020000003001 8100 014a 8100", false, 0},
        {"020000003002 020000003001 88cc", false, 0},
        {"020000003002 020000003001 08", false, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload frame = payload_of(rows[i].hex), ip;
        assert_true(wire_read_ethernet(&frame, &ip) == rows[i].read);
        if (rows[i].read) {
            assert_int_equal(ip.length, rows[i].left);
        }
        payload_free(frame);
    }
}

/* From the tunnel to the TCP payload, at every length that a mirror can cut to. */
static void
vxlan_to_tcp(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(VXLAN ETHERNET IPV4_TCP);
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload udp = cut_payload(bytes, captured), frame, ip, transport;
        struct packet packet = zeroed();
        uint32_t vni = 0;
        udp.length = captured;
        assert_true(wire_read_vxlan(&udp, &vni, &frame) == (captured >= 8));
        if (captured >= 8) {
            assert_int_equal(vni, 100);
            assert_true(wire_read_ethernet(&frame, &ip) == (captured >= 22));
        }
        if (captured >= 62) {
            assert_true(wire_read_ip(&ip, &packet, &transport));
            assert_true(wire_read_tcp(&transport, &packet));
            assert_int_equal(packet.payload.length, 14);
            assert_int_equal(packet.payload.captured, captured - 62);
        }
        payload_free(udp);
    }
    g_byte_array_unref(bytes);
}

static void
vxlan_refused(void **state)
{
    (void)state;
    /* No VNI; and other UDP, of which one byte happens to fit. */
    static const char *const rows[] = {
        "00000000 00006400",
        "f7000000 00006400 " ETHERNET IPV4_TCP,
        "08010001 00006400",
        "1aef8180 00010001 00000000 0377 7777 07 6578616d706c65 03636f6d 00 00010001",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload udp = payload_of(rows[i]), inner;
        uint32_t vni;
        assert_false(wire_read_vxlan(&udp, &vni, &inner));
        payload_free(udp);
    }
}

/* RFC 7348, 5: reserved bits are ignored on receipt. The second is VXLAN-GBP (policy group 7), the last two carry ARP and are cut. */
static void
vxlan_reserved_bits(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "0c000000 00006400 " ETHERNET IPV4_TCP,
        "88000007 00006400 " ETHERNET IPV4_TCP,
        "88480007 000064ff 020000004102 020000004101 8100 0007 0800" IPV4_TCP,
        "08000001 00006400 020000004102 020000004101 86dd",
        "08000000 00006401 ffffffffffff 020000004101 0806 0001",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload udp = payload_of(rows[i]), inner;
        uint32_t vni;
        assert_true(wire_read_vxlan(&udp, &vni, &inner));
        assert_int_equal(vni, 100);
        payload_free(udp);
    }
    struct payload cut = payload_of("88000007 00006400 020000004102"), inner;
    uint32_t vni;
    cut.length = 100;
    assert_true(wire_read_vxlan(&cut, &vni, &inner));
    payload_free(cut);
}

static void
geneve_options(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(GENEVE ETHERNET IPV4_TCP);
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload udp = cut_payload(bytes, captured), inner;
        uint32_t vni = 0;
        uint16_t protocol = 0;
        assert_true(wire_read_geneve(&udp, &vni, &protocol, &inner) == (captured >= 16));
        if (captured >= 16) {
            assert_int_equal(vni, 100);
            assert_int_equal(protocol, 0x6558);
            assert_int_equal(inner.length, bytes->len - 16);
            assert_int_equal(inner.captured, captured - 16);
        }
        payload_free(udp);
    }
    bytes->data[0] = 0x42; /* version 1 */
    struct payload udp = cut_payload(bytes, bytes->len), inner;
    uint32_t vni;
    uint16_t protocol;
    assert_false(wire_read_geneve(&udp, &vni, &protocol, &inner));
    payload_free(udp);
    g_byte_array_unref(bytes);
}

static void
gre_headers(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
        bool read;
        struct gre_header header;
        uint32_t left;
    } rows[] = {
        {"plain", "0000 0800 45", true, {.protocol = 0x0800}, 1},
        {"Ethernet inside", "0000 6558 02", true, {.protocol = 0x6558}, 1},
        {"checksum, key, sequence",
         "b000 0800 36510000 11111111 01020304 45",
         true,
         {.protocol = 0x0800, .has_key = true, .key = 0x11111111},
         1},
        {"key of 0", "2000 0800 00000000 45", true, {.protocol = 0x0800, .has_key = true}, 1},
        {"version 1, PPTP", "3001 880b 0004 0042 01020304 50505450", false, {0}, 0},
        {"routing", "4000 0800 00000000 45", false, {0}, 0},
        {"key cut", "2000 0800 1111", false, {0}, 0},
        {"type I", "0000 88be 00115c3dde00 00259e81b354", true, {.protocol = 0x88be, .erspan = true}, 12},
        {"type II",
         "1000 88be 000000ab 1156c29a 00007ff8 01005e00000d",
         true,
         {.protocol = 0x88be, .erspan = true, .erspan_session = 0x29a},
         6},
        {"type II, truncated by the switch",
         "1000 88be 000000ab 1156e69a 00007ff8 0100",
         true,
         {.protocol = 0x88be, .erspan = true, .erspan_session = 0x29a},
         2},
        {"type II cut", "1000 88be 000000ab 1156c29a 00007f", false, {0}, 0},
        {"type II with a version of 0", "1000 88be 000000ab 0156c29a 00007ff8", false, {0}, 0},
        {"type III without sequence",
         "0000 22eb 20140000 a3595bff 0000 0006 005056ac18a0",
         true,
         {.protocol = 0x22eb, .erspan = true},
         6},
        {"type III with platform data",
         "1000 22eb 00000001 20140065 a3595bff 0000 0001 0102030405060708 00",
         true,
         {.protocol = 0x22eb, .erspan = true, .erspan_session = 0x65},
         1},
        {"type III, platform data cut", "1000 22eb 00000001 20140065 a3595bff 0000 0001 01020304", false, {0}, 0},
        {"type III, no Ethernet frame inside",
         "1000 22eb 0000bade 20011865 34760b01 0000 1e00 0000abc5",
         false,
         {0},
         0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload header = payload_of(rows[i].hex), inner = {0};
        struct gre_header gre = {0};
        bool read = wire_read_gre(&header, &gre, &inner);
        const struct gre_header *expected = &rows[i].header;
        bool same = gre.protocol == expected->protocol && gre.has_key == expected->has_key &&
                    gre.key == expected->key && gre.erspan == expected->erspan &&
                    gre.erspan_session == expected->erspan_session && inner.length == rows[i].left;
        if (read != rows[i].read || (read && !same)) {
            fail_msg("%s: read %d, protocol %04x, key %08x, session %u, left %u", rows[i].what, read, gre.protocol,
                     gre.key, gre.erspan_session, inner.length);
        }
        payload_free(header);
    }
}

/* -- ICMP -------------------------------------------------------------------------------------- */

/* Port unreachable, captured: 198.51.100.10:53000 to 203.0.113.53:33434. */
#define QUOTE_UDP "45000020 90100000 2011a458 c633640a cb007135 cf08829a 000c0000"
#define QUOTE_TCP "45000034 90100000 2006a458 c633640a cb007135 cf0801bb 0a0b0c0d"

static void
icmp_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
        bool ipv6, read;
        uint8_t protocol;
        uint32_t mtu;
    } rows[] = {
        {"port unreachable", "0303ab4d 00000000" QUOTE_UDP, false, true, PROTOCOL_UDP, 0},
        {"fragmentation needed", "0304a5d4 00000578" QUOTE_TCP, false, true, PROTOCOL_TCP, 1400},
        {"time exceeded", "0b000000 00000000" QUOTE_TCP, false, true, PROTOCOL_TCP, 0},
        {"parameter problem", "0c000000 05000000" QUOTE_TCP, false, true, PROTOCOL_TCP, 0},
        {"packet too big, IPv6", "02000000 00000500 60000000 0014 06 40" IPV6_FROM_TO "cf0801bb 0a0b0c0d", true, true,
         PROTOCOL_TCP, 1280},
        {"redirect", "0501e650 c00002fe" QUOTE_UDP, false, false, 0, 0},
        {"echo request", "08000000 00010001" QUOTE_UDP, false, false, 0, 0},
        {"no route, IPv6", "01000000 00000000 60000000 0014 06 40" IPV6_FROM_TO "cf0801bb 0a0b0c0d", true, true,
         PROTOCOL_TCP, 0},
        {"echo request, IPv6", "80000000 00000000 60000000 0014 06 40" IPV6_FROM_TO "cf0801bb 0a0b0c0d", true, false, 0,
         0},
        {"neighbour solicitation", "87000000 00000000 60000000 0014 06 40" IPV6_FROM_TO "cf0801bb 0a0b0c0d", true,
         false, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload icmp = payload_of(rows[i].hex);
        struct packet quoted = zeroed();
        struct icmp_error error = {.ipv6 = rows[i].ipv6, .type = 0xee, .code = 0xee, .mtu = 1};
        bool read = wire_read_icmp_quote(&icmp, &error, &quoted);
        if (read != rows[i].read || (read && quoted.protocol != rows[i].protocol)) {
            fail_msg("%s: read %d, protocol %u", rows[i].what, read, quoted.protocol);
        }
        if (read) {
            assert_int_equal(error.type, icmp.bytes[0]);
            assert_int_equal(error.code, icmp.bytes[1]);
            assert_int_equal(error.mtu, rows[i].mtu);
            assert_int_equal(error.sequence, quoted.sequence);
            assert_int_equal(quoted.source.port, 53000);
            assert_int_equal(quoted.sequence, quoted.protocol == PROTOCOL_TCP ? 0x0a0b0c0d : 0);
        }
        payload_free(icmp);
    }
}

static void
icmp_cut(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of("0303ab4d 00000000" QUOTE_UDP);
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct payload icmp = cut_payload(bytes, captured);
        struct packet quoted = zeroed();
        struct icmp_error error = {.ipv6 = false};
        assert_true(wire_read_icmp_quote(&icmp, &error, &quoted) == (captured == bytes->len));
        payload_free(icmp);
    }
    g_byte_array_unref(bytes);
}

/* "abc" behind a header from 10.0.0.1 to 10.0.0.2: the right checksum is 0x0c15, that of the pseudo header alone 0x1420. */
static void
tcp_checksums(void **state)
{
    (void)state;
    static const struct {
        uint16_t checksum;
        uint32_t captured;
        enum checksum expected;
    } rows[] = {
        {0x0c15, 23, CHECKSUM_RIGHT}, {0x0c15, 22, CHECKSUM_UNKNOWN}, {0x1420, 23, CHECKSUM_OFFLOADED},
        {0x0d15, 23, CHECKSUM_WRONG}, {0, 23, CHECKSUM_WRONG},
    };
    struct packet packet = {.source.address = {4, {10, 0, 0, 1}}, .destination.address = {4, {10, 0, 0, 2}}};
    uint8_t bytes[] = {0xcb, 0x00, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x14, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bytes[16] = (uint8_t)(rows[i].checksum >> 8);
        bytes[17] = (uint8_t)rows[i].checksum;
        struct payload segment = {bytes, rows[i].captured, sizeof bytes};
        assert_int_equal(wire_tcp_checksum(&segment, &packet), rows[i].expected);
    }
    struct payload header_cut = {bytes, 12, 12};
    assert_int_equal(wire_tcp_checksum(&header_cut, &packet), CHECKSUM_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_fields),
        cmocka_unit_test(tcp_cut),
        cmocka_unit_test(tcp_malformed),
        cmocka_unit_test(tcp_reports_of_duplicates),
        cmocka_unit_test(padding_is_no_payload),
        cmocka_unit_test(udp_lengths),
        cmocka_unit_test(ipv4_fields),
        cmocka_unit_test(ipv4_cut),
        cmocka_unit_test(ipv4_odd),
        cmocka_unit_test(ipv6_extensions),
        cmocka_unit_test(ipv6_cut),
        cmocka_unit_test(arp_messages),
        cmocka_unit_test(neighbour_discovery),
        cmocka_unit_test(link_addresses),
        cmocka_unit_test(ethernet_tags),
        cmocka_unit_test(vxlan_to_tcp),
        cmocka_unit_test(vxlan_refused),
        cmocka_unit_test(vxlan_reserved_bits),
        cmocka_unit_test(geneve_options),
        cmocka_unit_test(gre_headers),
        cmocka_unit_test(icmp_quotes),
        cmocka_unit_test(icmp_cut),
        cmocka_unit_test(tcp_checksums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
