/* WireGuard peers that do not answer.
 *
 * A WireGuard peer that wants to send begins with a handshake initiation and repeats it every 5 s, with a
 * little jitter, for 90 s. Its peer answers with a response, or with a cookie when it is under load; without
 * that nothing passes. From above it looks as if the whole mesh flaps: nodes become "not ready" and come
 * back. The tunnel is seldom the culprit: the way between the peers is full, filtered, or the key is wrong.
 *
 * Source: an operator's report on a mesh of cluster nodes over WireGuard that flapped while a compromised
 * host filled the uplink; WireGuard white paper, 5.4 and 6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* Messages (white paper, 5.4.2, 5.4.3, 5.4.7): type and length are fixed, the three bytes after it are zero. */
enum { INITIATION = 1, INITIATION_LENGTH = 148, RESPONSE = 2, RESPONSE_LENGTH = 92, COOKIE = 3, COOKIE_LENGTH = 64 };
enum { HEADER_LENGTH = 12 }; /* type, sender index, receiver index */

/* REKEY_TIMEOUT is 5 s. Two initiations that are closer belong to different reasons. */
static const int64_t RETRY_TIME = MILLISECONDS(4500);

enum { INITIATIONS };

static const struct threshold thresholds[] = {
    [INITIATIONS] = {"initiations",
                     {"Tunnel: WireGuard initiations without response",
                      "So many handshake initiations, 5 s apart, must stay without any packet of the peer"},
                     3,
                     2,
                     18},
};

enum { WIREGUARD_UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [WIREGUARD_UNANSWERED] = {
        .id = "tunnel.wireguard_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "WireGuard handshake without any answer",
            .summary = "{client} sent {attempts} WireGuard handshake initiations (threshold {limit}) to {server} within "
                       "{delay} and [nothing came back{!icmp_error}][all that came back is an ICMP error{?icmp_error}]["
                       "; the peer was last heard {quiet} ago].",
            .causes = "[The ICMP error says why: nothing listens at the port of the peer (the tunnel is not up there), or a "
                      "device on the way rejects the packet{?icmp_error}.]\n"
                      "The way between the peers loses UDP: an uplink that is full (a compromised or busy host behind it), or "
                      "a DDoS filter that drops UDP.\n"
                      "The answer leaves {server.address} through another uplink or from another of its addresses (several WANs, policy "
                      "routing), and is dropped or not taken for the answer.\n"
                      "A firewall, security group or NAT does not pass UDP port {server.port} to the peer, or the NAT's "
                      "mapping has expired (no PersistentKeepalive).\n"
                      "The peer is down, or its address or port has changed (Endpoint is out of date).\n"
                      "The peer ignores the initiation: it does not know this public key, the preshared keys differ, or the "
                      "clock of {client.address} went back (the initiation carries a timestamp that must grow).",
            .checks = "On both peers, is \"latest handshake\" recent, and is the endpoint right: `wg show`\n"
                      "On the peer. If the initiations arrive, it ignores them (keys); if not, the way drops them: "
                      "`tcpdump -ni any 'udp port {server.port} and host {client.address}'`\n"
                      "On the uplink, is the bandwidth used up, and by whom: `iftop -nP; sar -n DEV 1 5; tc -s "
                      "qdisc`\n"
                      "If one host fills the uplink, limit it first (IF is its interface): `tc qdisc add dev IF root "
                      "tbf rate 20mbit burst 32k latency 50ms`\n"
                      "Behind NAT, keep the mapping alive (IF and KEY are those of the tunnel): `wg set IF peer KEY "
                      "persistent-keepalive 25`",
            .disproof = "A handshake response (UDP, 92 bytes, beginning with 02 00 00 00) from {server.address} in a capture on "
                        "another interface of {client.address}.",
        },
        .source = "an operator's report on a WireGuard mesh that flapped; WireGuard white paper, 5.4 and 6.4",
        .silent_on = "first lost then answered\nrekey\nblind direction",
    },
};
/* clang-format on */

/* A run of initiations of one side that the other side has not answered: by any packet but an initiation of
 * its own, which shows nothing where both are lost behind the place of the capture. */
struct run {
    unsigned initiations;
    uint32_t first_frame, previous_frame;
    int64_t first_time, previous_time;
    uint32_t other_packets; /* of the other side when it began, initiations excepted */
    uint32_t index;         /* of the first initiation's sender */
    uint32_t finding;       /* number, 0 = not reported */
};

/* What one side sent: all its initiations, and the current run of them. */
struct initiator {
    uint32_t initiations;
    struct run run;
};

struct wireguard_flow {
    uint32_t error_frame; /* the newest ICMP error about it, 0 = none */
    struct initiator client, server;
};

/* That a response to the sender index was seen, on whatever flow: a peer with two addresses may answer from the other. */
struct answer {
    bool seen;
};

static uint32_t
read_index(const uint8_t *bytes)
{
    uint32_t index;
    memcpy(&index, bytes, sizeof index);
    return index;
}

/* The type of a WireGuard handshake message, 0 if it is none. */
static unsigned
message_type(const struct payload *payload)
{
    static const uint32_t lengths[] = {0, INITIATION_LENGTH, RESPONSE_LENGTH, COOKIE_LENGTH};
    if (payload->length > INITIATION_LENGTH || payload->captured < HEADER_LENGTH)
        return 0;
    const uint8_t *bytes = payload->bytes;
    unsigned type = bytes[0];
    if (type < INITIATION || type > COOKIE || payload->length != lengths[type] || (bytes[1] | bytes[2] | bytes[3]) != 0)
        return 0;
    return type;
}

static struct answer *
answer_to(struct context *context, uint32_t index)
{
    return keyed_state_of_all(context, 0, &index, sizeof index, sizeof(struct answer));
}

static void
report_run(struct context *context, const struct flow *flow, const struct packet *packet, struct run *run)
{
    const struct side *other = flow_receiver(flow, packet);
    bool one_way_so_far = session_is_one_way_so_far(session_of(context, packet->session));
    struct finding *finding =
        report(context, &cases[WIREGUARD_UNANSWERED], one_way_so_far ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);

    if (finding == NULL)
        return;
    run->finding = finding_number(finding);
    report_series(finding, run->initiations, run->first_frame, run->first_time);
    report_endpoint(finding, FACT_client, &packet->source);
    report_endpoint(finding, FACT_server, &packet->destination);
    report_count(finding, FACT_attempts, run->initiations);
    report_count(finding, FACT_limit, threshold_value(context, INITIATIONS));
    report_duration(finding, FACT_delay, packet->time - run->first_time);
    if (other->packets > 0)
        report_duration(finding, FACT_quiet, packet->time - other->last_time);
    const struct wireguard_flow *state = flow_state(context);
    if (state->error_frame != 0)
        report_flag(finding, FACT_icmp_error);
    report_evidence(finding, state->error_frame);
    report_evidence(finding, run->first_frame);
    report_evidence(finding, run->previous_frame);
    report_evidence(finding, other->last_frame);
}

/* One more initiation: the next one of the run, or the first of another. */
static void
note_initiation(struct context *context, const struct flow *flow, const struct packet *packet,
                struct wireguard_flow *state)
{
    const struct initiator *other = packet->from_client ? &state->server : &state->client;
    struct initiator *mine = packet->from_client ? &state->client : &state->server;
    struct run *run = &mine->run;
    uint32_t others = flow_receiver(flow, packet)->packets - other->initiations;
    uint32_t index = read_index(packet->payload.bytes + 4);

    if (run->initiations > 0 && run->other_packets == others && !answer_to(context, run->index)->seen) {
        if (packet->time - run->previous_time < RETRY_TIME)
            return;
    } else {
        *run = (struct run){
            .first_frame = packet->frame, .first_time = packet->time, .other_packets = others, .finding = run->finding};
    }
    run->initiations++;
    run->index = index;
    if (run->initiations >= threshold_value(context, INITIATIONS) &&
        answers_visible(context, flow, packet->from_client)) {
        if (run->finding != 0)
            report_again(context, run->finding);
        else
            report_run(context, flow, packet, run);
    }
    run->previous_frame = packet->frame;
    run->previous_time = packet->time;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL) {
        struct wireguard_flow *state = flow_state(context);
        state->error_frame = packet->frame;
        return;
    }
    unsigned type = message_type(&packet->payload);
    if (type == INITIATION) {
        struct wireguard_flow *state = flow_state(context);
        note_initiation(context, flow, packet, state);
        (packet->from_client ? &state->client : &state->server)->initiations++;
    } else if (type != 0) {
        /* The receiver index of a response is behind its own, that of a cookie is the only one. */
        answer_to(context, read_index(packet->payload.bytes + (type == RESPONSE ? 8 : 4)))->seen = true;
    }
}

const struct detector tunnel_wireguard_detector = {
    .family = "tunnel",
    .summary = "Tunnels that do not pass what enters them",
    .sees = SEES_UDP | SEES_ICMP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct wireguard_flow),
    .on_packet = on_packet,
};
