/* SYNs that are answered by something that does not fit them.
 *
 * A server that still has a connection of the same ports (in TIME_WAIT or half closed, because a NAT gateway or the client uses the
 * port again too early) answers a SYN with an ACK for that one (RFC 9293, 3.10.7.4; RFC 5961, 4.2). The client answers with RST,
 * which cures it if it gets there, and repeats its SYN after a second. If a device drops one of these, it never ends.
 *
 * A SYN-ACK must acknowledge the SYN's sequence number + 1. A firewall that replaces sequence numbers in one direction only breaks
 * that for each connection.
 *
 * Source: F5 bug ID515915; AWS, network load balancers with cross-zone targets; RFC 9293, 3.10.7.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A single challenge is normal after a crash of the client. One or two wrong SYN-ACKs may answer a former attempt of the same port, or
 * be a test of DDoS protection. */
enum { CHALLENGES = 3, BAD_SYN_ACKS = 3 };

enum { CHALLENGE_ACK, BAD_SYN_ACK };

/* clang-format off */
static const struct case_info cases[] = {
    [CHALLENGE_ACK] = {
        .id = "connect.challenge_ack",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "SYN answered by an ACK of another connection",
            .summary = "{server} answered {attempts} SYNs of {client} (threshold {limit}) within {delay} by an ACK that does not fit "
                       "them: it still has a connection of the same ports[; it accepted a later SYN{?answered}].",
            .causes = "The port {client.port} is used again too early, by {client.address} or by a NAT gateway, load balancer or proxy "
                      "in front of it: the server still has the former connection (TIME_WAIT, half closed, or alive).\n"
                      "Two hosts share {client.address} and use one port at the same time (several NAT gateways or load balancers with "
                      "client IP preservation before one server).\n"
                      "A firewall on the way drops the client's RST, which would end the former connection.",
            .checks = "On the server, the connection that it still has: `ss -tanoe 'sport = :{server.port} and dst "
                      "{client.address} and dport = :{client.port}'`\n"
                      "On the server, does the RST arrive after its ACK: `tcpdump -ni any 'tcp port {client.port} and host "
                      "{client.address}'`\n"
                      "On the NAT gateway or the client, from which range ports are taken, and how soon again: `sysctl "
                      "net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse`",
            .disproof = "No connection of these ports exists at the server, neither in TIME_WAIT nor in another state.",
        },
        .source = "RFC 5961, 4.2; F5 bug ID515915; Cilium issue 13340",
        .silent_on = "simultaneous open\nTCP Fast Open\nrecovery after a crash (the RST cures it)",
    },
    [BAD_SYN_ACK] = {
        .id = "connect.bad_syn_ack",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "SYN-ACK that does not acknowledge the SYN",
            .summary = "{server} answered the SYN of {client} {attempts} times (threshold {limit}) within {delay} by a SYN-ACK with a "
                       "wrong acknowledgment number, which no client accepts.",
            .causes = "A firewall replaces sequence numbers (randomisation) in one direction only: the two directions take different "
                      "devices (asymmetric routing, a cluster without common state).\n"
                      "A SYN proxy or load balancer answers from a state that belongs to another connection.\n"
                      "DDoS protection tests the client by a SYN-ACK that is wrong on purpose, and does not get the RST that it waits "
                      "for.",
            .checks = "At the client and at the server at the same time, compare the sequence number of the SYN. If it differs, a device "
                      "in between replaces it; if it is the same, the server or the way back is wrong: `tcpdump -Snni any 'tcp port "
                      "{server.port} and host {client.address}'`\n"
                      "On the firewalls on the way: is sequence number randomisation on, and do both directions pass the same one?",
            .disproof = "A SYN of port {client.port} with the number that is acknowledged, before the capture began: then the server "
                        "answers a former attempt.",
        },
        .source = "RFC 9293, 3.10.7.3; RFC 6528",
        .silent_on = "port reuse\nchallenge ACK",
    },
};
/* clang-format on */

struct syn_ack_flow {
    unsigned count; /* SYN-ACKs that do not fit, one for each SYN */
    unsigned syn_count;
    uint32_t first_frame;
    int64_t first_time;
};

static void
report_answers(struct context *context, const struct flow *flow, const struct packet *packet,
               const struct case_info *info, const struct syn_ack_flow *answers, unsigned limit)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct finding *finding = report_about(context, info, CONFIDENCE_CONFIRMED, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, answers->count);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_delay, packet->time - answers->first_time);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, answers->first_frame);
}

/* After the challenge: the client resets what it does not know, or repeats its SYN. */
static void
take_client(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    if (handshake->challenge_acks < CHALLENGES || handshake->syn_ack_frame != 0)
        return;
    struct syn_ack_flow challenges = {.count = handshake->challenge_acks,
                                      .first_frame = handshake->challenge_frame,
                                      .first_time = handshake->challenge_time};
    report_answers(context, flow, packet, &cases[CHALLENGE_ACK], &challenges, CHALLENGES);
}

/* A SYN-ACK for a former attempt of the same ports may come late, or be sent again. */
static void
take_syn_ack(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (flow->reused || packet->acknowledgment == flow->client_first_sequence || !(packet->flags & TCP_ACK))
        return;
    struct syn_ack_flow *state = flow_state(context);
    if (state->syn_count == flow->handshake.syn_count)
        return;
    state->syn_count = flow->handshake.syn_count;
    if (state->count++ == 0) {
        state->first_frame = packet->frame;
        state->first_time = packet->time;
    }
    if (state->count >= BAD_SYN_ACKS)
        report_answers(context, flow, packet, &cases[BAD_SYN_ACK], state, BAD_SYN_ACKS);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    if (handshake->syn_frame == 0 || handshake->completed_frame != 0 || flow->by_client.new_bytes > 0)
        return;
    if (packet->from_client)
        take_client(context, flow, packet);
    else if (packet->flags & TCP_SYN)
        take_syn_ack(context, flow, packet);
}

/* It is accepted after all: then it was only slow. */
static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->attempt.outcome < OUTCOME_COMPLETED)
        return;
    struct finding *finding = reported(context, &cases[CHALLENGE_ACK]);
    if (finding != NULL) {
        report_milder(context, finding, SEVERITY_NOTE);
        report_flag(finding, FACT_answered);
    }
    finding = reported(context, &cases[BAD_SYN_ACK]);
    if (finding != NULL)
        report_withdraw(context, finding);
}

const struct detector connect_syn_ack_detector = {
    .family = "connect",
    .summary = "SYNs that are answered by what does not fit them",
    .sees = SEES_SYN | SEES_END | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct syn_ack_flow),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
