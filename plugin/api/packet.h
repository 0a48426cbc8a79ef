/* One packet as the detectors see it: what stands in it, and what the engine found out about it.
 *
 * A frame of the capture may hold several of these (a tunnel and what travels in it); each is
 * shown on its own, outer before inner. All numbers are in host byte order. A packet lives only
 * during the call that shows it: copy what must outlive it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_PACKET_H
#define NETCASE_API_PACKET_H

#include "address.h"
#include "dns.h"
#include "http.h"
#include "icmp.h"
#include "tls.h"

#define NANOSECONDS_PER_SECOND INT64_C(1000000000)
#define SECONDS(n)             ((int64_t)(n)*NANOSECONDS_PER_SECOND)
#define MILLISECONDS(n)        ((int64_t)(n)*INT64_C(1000000))

/* Nanoseconds between two events of which the next is awaited, such as two SYNs: 0 to a day, as no timer waits for longer, so that times
 * and a few gaps can be added up. */
static inline int64_t
time_gap(int64_t then, int64_t now)
{
    const int64_t day = SECONDS(86400);
    return now <= then ? 0 : now - then < day ? now - then : day;
}

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };

/* Control bits of the TCP header (RFC 9293, 3.1). */
enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
};

/* BEFORE: it fills a hole, so the first copy was lost between its sender and the place of the capture. BEHIND: the first copy came by here,
 * and was not acknowledged: it is lost behind here if this one is acknowledged. NOT_LOST: the receiver has it already, or says
 * so of most of what this side sends again, its window is closed, it is a probe, or a box on the way changes the numbers. */
enum loss { NOT_LOST, LOST_BEFORE, LOST_BEHIND };

/* Bytes of a packet. `captured` of them are readable at `bytes`; `length` is what travelled on the
 * wire, from the IP header, and is larger than `captured` where a mirror or a snapshot length cut
 * the packet. */
struct payload {
    const uint8_t *bytes;
    uint32_t captured;
    uint32_t length;
};

struct packet {
    /* What stands in the packet. */
    uint32_t frame;   /* the engine's number of the frame, from 1, never used twice */
    int64_t time;     /* nanoseconds, 1970 to 2106 (wire/packet_time.h), as captured; may go backwards */
    uint8_t protocol; /* of IP: PROTOCOL_TCP, PROTOCOL_UDP, ... */
    struct endpoint source, destination;
    uint8_t ttl;    /* or hop limit */
    bool has_ip_id; /* IPv4 only */
    uint16_t ip_id;
    bool in_ip_tunnel; /* inside IPIP, 6in4 or keyless GRE, which do not separate flows */
    struct ip_address tunnel_source, tunnel_destination; /* outer addresses of that tunnel; family 0 outside */
    uint32_t session;       /* number of the encapsulation session (one direction), 0 outside of any */
    uint32_t ip_length;     /* of the IP packet on the wire */
    uint32_t missing;       /* bytes of it that an encapsulation cut off */
    uint32_t frame_length;  /* what a session carries of it, from the inner link header on; 0 outside of any */
    struct payload payload; /* of TCP or UDP */

    /* TCP only. */
    uint8_t flags;
    uint32_t sequence, acknowledgment;
    uint32_t window;    /* as in the header, not scaled */
    bool has_timestamp; /* RFC 7323 */
    uint32_t timestamp, timestamp_echo;
    bool bare;              /* no option but the MSS at most; the SYN of an operating system has more */
    bool reports_duplicate; /* says that a segment of the other side came twice (D-SACK, RFC 2883) */

    /* What the engine found out about the packet in its flow (TCP only unless said otherwise). */
    bool from_client;      /* UDP too */
    bool duplicate;        /* the same packet seen again, not a retransmission; UDP too */
    int64_t copy_age;      /* of a duplicate: nanoseconds since the packet that it is a copy of; UDP too */
    uint32_t copy_of;      /* frame in which a session brought the same packet before, 0 = none; UDP too */
    uint32_t copy_session; /* that session's number */
    bool retransmission;   /* payload, SYN or FIN that is no news: sent before, or it fills a hole */
    bool fills_hole;       /* bytes that later ones of the sender came before, never captured until now */
    bool overtaken;        /* fills a hole, but left before what made the hole: reordered, no retransmission */
    int64_t hole_age;      /* nanoseconds, since when the hole was there */
    uint8_t loss;          /* enum loss: what a retransmission tells */
    bool revives;          /* acknowledges what the other side had to send four times or more */
    bool keepalive_probe;  /* RFC 9293, 3.8.4: one step before the next sequence number */
    uint32_t new_bytes;    /* payload bytes never seen before */
    int64_t idle;          /* nanoseconds since the last payload byte of either side, before this packet */
    int64_t quiet;         /* nanoseconds since the last packet of either side; UDP too */
    int64_t released; /* nanoseconds for which what its sender had sent before waited for its ACK; see SEES_RELEASED */
    bool sampled;     /* one of 13 packets: see SEES_SAMPLED; UDP too */

    const struct tls_records *tls; /* records that begin in this packet; NULL if none was read */
    const struct icmp_error
        *icmp; /* the error, if this is an ICMP message: from_client tells who sent what it quotes */
    const struct dns_message
        *dns; /* the message of a UDP packet of port 53, or of a flow that began with a DNS query on
                                    * another port; NULL if not one */
    const struct http_message
        *http; /* the message that begins with this segment's payload, all of it new; NULL if not one */
};

#endif
