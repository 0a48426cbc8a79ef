/* A conversation, VNI-aware, and what the engine knows of it. Read-only to detectors.
 *
 * The key is (encapsulation path, protocol, both endpoints); see plugin/engine/flow_table.h. A flow
 * lives until the capture is closed. The facts describe the state after the packet that is being
 * shown; `packet` has those from before it (idle, quiet).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_FLOW_H
#define NETCASE_API_FLOW_H

#include "attempt.h"
#include "ending.h"
#include "packet.h"

/* Something a side sent that the other side must acknowledge and has not: data, or a keepalive
 * probe. Forgotten when the other side acknowledges all of it, but for `time`, which is when that was, and `retransmissions`. */
struct pending {
    uint32_t frame;           /* of the first transmission; 0 = nothing is pending */
    uint32_t last_frame;      /* of the newest transmission */
    int64_t time, last_time;  /* nanoseconds since 1970 */
    uint32_t acknowledgment;  /* of the first transmission: how far its sender had received */
    int64_t idle, quiet;      /* of the connection before the first transmission */
    uint32_t sequence;        /* first byte of it */
    uint32_t largest;         /* payload of its largest packet */
    unsigned retransmissions; /* of that first byte, duplicates not counted */
    int64_t repeated_time;    /* of the newest of these */
    uint32_t third_frame;     /* of the third retransmission, 0 before it */
    int64_t due;              /* when the next one after it would have been answered at the latest, 0 before it */
    bool probe;               /* a keepalive probe */
    bool answered;            /* the other side sent anything since, RST excepted */
    bool unseen;              /* the first transmission of that byte was lost before it was captured */
    bool closed;              /* the other side's receive window is 0, or was meanwhile */
};

/* Whether it was sent four times, and what would still bring an answer (one more retransmission) is due no more. */
static inline bool
pending_is_lost(const struct pending *pending, int64_t now)
{
    return pending->frame != 0 && pending->due != 0 && now >= pending->due && !pending->answered;
}

/* What one side of a flow sent. */
struct side {
    uint32_t packets; /* duplicates excluded */
    uint32_t last_frame;
    uint64_t bytes; /* payload on the wire, retransmissions included */
    int64_t last_time;
    uint32_t session; /* of its first packet: number of the encapsulation session */
    uint8_t
        ttl; /* of its first packet that the other side took; before that, of its first one. RST excepted, 0 = none */
    uint8_t data_ttl; /* TCP: of its last packet with payload, RST excepted; 0 = none yet */

    /* TCP. */
    bool closed_window; /* the newest receive window that it announced is 0 (RFC 9293, 3.8.6) */
    bool sequence_known;
    uint32_t next_sequence; /* one past the highest byte, SYN or FIN sent */
    bool acknowledgment_known;
    bool sends_at_once; /* it sent a small segment while a small one was not acknowledged: without Nagle's algorithm */
    uint32_t acknowledgment;     /* the highest that this side sent */
    uint32_t repeated_end;       /* of its newest retransmission, see repeated_frame */
    uint64_t new_bytes;          /* payload bytes without retransmissions */
    uint32_t largest_passed;     /* payload of its largest packet that was acknowledged, at least */
    uint32_t last_payload_frame; /* 0 = none yet */
    int64_t last_payload_time;
    uint32_t fin_frame, rst_frame; /* first FIN and first RST; 0 = none */
    struct ending ending;
    int64_t fin_time, rst_time;
    uint32_t fin_sequence;       /* sequence number of the FIN itself */
    uint32_t fin_acknowledgment; /* how far its sender had received then */
    int64_t fin_idle;            /* idle before the first FIN */
    uint32_t repeated_frame;     /* its newest retransmission with payload that filled no hole; 0 = none */
    uint32_t repeated_acknowledgment;
    int64_t repeated_time;
    uint32_t received_twice; /* segments of the other side that it says came twice (D-SACK, RFC 2883) */
    uint32_t spurious;       /* retransmissions of this side that were not needed, as the time of their answers shows */
    uint32_t lost_before,
        lost_behind; /* packets of this side that were lost before the place of the capture and behind it; what turns
                                          out to have arrived is taken back */
    int64_t shortest_round_trip; /* from here to the other side and back, of what was sent once; 0 = unknown */
    int64_t round_trip;          /* from here to the other side and back, the newest of bulk data; 0 = unknown */
    int64_t round_trip_time;     /* when that was measured */
    struct pending pending;
};

/* The three-way handshake, checked on numbers (RFC 9293, 3.5). Frames are 0 where not seen. */
struct handshake {
    unsigned syn_count; /* SYNs of this attempt, duplicates not counted */
    uint32_t syn_frame, second_syn_frame, third_syn_frame;
    int64_t syn_time, last_syn_time;
    int64_t syn_gap; /* between the last two, see time_gap() */
    uint32_t syn_ack_frame;
    unsigned syn_ack_count;
    unsigned syns_before_answer; /* SYNs up to the first SYN-ACK */
    bool bare;                   /* the first SYN has no option but the MSS: a program made it, a scanner */
    bool answers_first_syn;      /* the first SYN-ACK has the time stamp of the first SYN: that one has arrived */
    unsigned syn_acks_apart;     /* of the SYN-ACKs, those half a second or more after the one before */
    int64_t syn_ack_time;
    unsigned challenge_acks;  /* SYNs that were answered, before any SYN-ACK, by a bare ACK that does not fit them */
    uint32_t challenge_frame; /* of the first one */
    int64_t challenge_time;
    uint32_t completed_frame; /* the client's ACK of SYN-ACK.seq + 1 */
    int64_t completed_time;
};

struct flow {
    uint32_t number; /* from 1, in the order of first packets: `netcase.flow` */
    uint8_t protocol;
    uint32_t path; /* number of the encapsulation path, 0 = none */
    struct endpoint client, server;
    struct side by_client, by_server;
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    bool in_ip_tunnel; /* some packet travelled in IPIP, 6in4 or keyless GRE */

    /* TCP. */
    struct handshake handshake;
    struct attempt attempt; /* OUTCOME_UNREACHABLE of UDP too */
    struct endpoint asked;  /* the server of another flow whose connection this one's first packet belongs to, by its
                                     * numbers: a translation was done, or was not undone; family 0 = none */
    uint32_t client_first_sequence; /* of the client's first byte, if its SYN was seen */
    bool reused;                    /* another connection of these endpoints was captured before */
    bool began_before;              /* no SYN seen: the capture began in the middle of it */
    int64_t round_trip;             /* nanoseconds, from a handshake of packets sent once (Karn); 0 = unknown */
    int64_t usual_round_trip;       /* the shortest of earlier handshakes at these two addresses; 0 = unknown */
    int64_t survived;          /* the longest idle time after which it went on normally, in nanoseconds; 0 = none */
    uint32_t gap_frame;        /* acknowledges bytes that were never captured, and never came later; 0 = none */
    uint32_t icmp_error_frame; /* an ICMP error quoted a packet of this flow; 0 = none */
    struct tls_connection tls;
};

/* A key for what is known of one client at one server and port. */
struct client_at_server {
    struct ip_address client;
    struct endpoint server;
};

/* Padding becomes zero, so that equal keys are equal byte for byte. */
static inline struct client_at_server
client_at_server(const struct ip_address *client, const struct ip_address *server, uint16_t port)
{
    struct client_at_server key;
    memset(&key, 0, sizeof key);
    key.client = *client;
    key.server.address = *server;
    key.server.port = port;
    return key;
}

/* The same for what is known of a server and port. */
static inline void
flow_server_key(const struct flow *flow, struct endpoint *key)
{
    memset(key, 0, sizeof *key);
    key->address = flow->server.address;
    key->port = flow->server.port;
}

static inline void
flow_client_at_server(const struct flow *flow, struct client_at_server *key)
{
    *key = client_at_server(&flow->client.address, &flow->server.address, flow->server.port);
}

static inline const struct side *
flow_sender(const struct flow *flow, const struct packet *packet)
{
    return packet->from_client ? &flow->by_client : &flow->by_server;
}

static inline const struct side *
flow_receiver(const struct flow *flow, const struct packet *packet)
{
    return packet->from_client ? &flow->by_server : &flow->by_client;
}

/* The round trip from here to the side that receives what the client (or the server) sends, as a handshake of packets sent once had it;
 * 0 = unknown. */
static inline int64_t
flow_handshake_round_trip(const struct flow *flow, bool from_client)
{
    const struct handshake *handshake = &flow->handshake;
    if (flow->round_trip == 0 || handshake->syn_ack_count > 1)
        return 0;
    return from_client ? handshake->syn_ack_time - handshake->last_syn_time
                       : handshake->completed_time - handshake->syn_ack_time;
}

/* Hops between the packet's TTL and that of its side's other packets, as a number without sign; 0 if there are none. */
static inline int
flow_ttl_distance(const struct flow *flow, const struct packet *packet)
{
    int own = flow_sender(flow, packet)->ttl;
    int difference = own != 0 ? packet->ttl - own : 0;
    return difference < 0 ? -difference : difference;
}

/* Whether the packet counts although it may look like a copy: who says the same again and again, with IP ID 0, sends what looks
 * like copies of one packet. Real copies come at once, or with another TTL. */
static inline bool
flow_packet_counts(const struct flow *flow, const struct packet *packet)
{
    if (packet->copy_of != 0 && packet->copy_session != packet->session)
        return false;
    return !packet->duplicate || (packet->ttl == flow_sender(flow, packet)->ttl && packet->copy_age >= MILLISECONDS(1));
}

/* Difference of two TCP sequence numbers, a - b, modulo 2^32 (RFC 9293, 3.4). */
static inline int32_t
sequence_difference(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
