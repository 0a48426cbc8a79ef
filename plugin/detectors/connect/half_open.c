/* Handshakes that are not completed.
 *
 * The server repeats its SYN-ACK (after 1, 3, 7 s; RFC 6298) because no ACK comes. Mostly the SYN-ACK is lost on
 * its way back: it takes another way than the SYN did, through a firewall that never saw the SYN or from a host
 * without a route to the client; then the client repeats its SYN as well. If the client is silent, its ACK is lost,
 * or nobody is there: a forged source, a scanner. One lost SYN-ACK is no failure, and shows up to three of them
 * within a second, because Linux answers a repeated SYN besides its own timer: only those half a second apart count.
 *
 * Where the client's ACK and data are captured at the server, nothing is lost: Linux ignores them while the accept queue is full, as the
 * program does not take its connections. Data that must be repeated tell it from a server that waits for them (TCP_DEFER_ACCEPT).
 *
 * Source: an LVS in tunnel mode whose connections all stayed in SYN_RECV; OSv issue 283; a Kubernetes practice guide on overflow and drop.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { SYN_ACKS };

static const struct threshold thresholds[] = {
    [SYN_ACKS] = {"half_open_syn_acks",
                  {"Connect: SYN-ACKs without ACK",
                   "So many SYN-ACKs of one handshake, 0.5 s apart, must stay without the client's ACK"},
                  3,
                  2,
                  7},
};

/* A client that leaves so many different servers or ports half-open without a word is a scanner. */
enum { SCANNED_MIN = 3 };

enum { HALF_OPEN, ACCEPT_QUEUE };

/* clang-format off */
static const struct case_info cases[] = {
    [HALF_OPEN] = {
        .id = "connect.half_open",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Handshake not completed",
            .summary = "{server} sent its SYN-ACK to {client} {attempts} times (threshold {limit}) within {delay}[ and received "
                       "no ACK{!repeated}][; the client repeated its SYN {retransmissions} times, so the SYN-ACK does not reach it]"
                       "[; the client's ACK and data are in this capture but the server does not take them{?repeated}]"
                       "[; the handshake was completed after all{?answered}].",
            .causes = "[The SYN-ACK arrives here, at the client or in its network: the client's own firewall, its rp_filter or a "
                      "security group drops it{?retransmissions}{?at_client}.]\n"
                      "[The accept queue of {server} is full, so that it ignores the ACK{?repeated}.]\n"
                      "[The SYN-ACK is lost on its way back, for the client repeated its SYN {retransmissions} times: asymmetric "
                      "routing through a stateful firewall, no route to the client, rp_filter, a security group or an "
                      "anti-spoofing filter.]\n"
                      "[The SYN-ACK is lost on its way back, and the client has given up: asymmetric routing through a stateful "
                      "firewall, no route to the client, rp_filter, a security group or an anti-spoofing filter"
                      "{!retransmissions}{!repeated}.]\n"
                      "[If this was captured on the client itself, its own firewall or rp_filter drops the SYN-ACK, which arrives "
                      "here{?retransmissions}{!at_server}{!at_client}.]\n"
                      "[The client's ACK is lost on its way to the server, though its SYN passed: a stateful firewall that sees "
                      "one direction only drops what follows the SYN{!retransmissions}.]\n"
                      "[Nobody answers at {client.address}: a forged source, or a scanner that does not send RST"
                      "{!retransmissions}{!repeated}{!late_reset}.]",
            .checks = "On the server, the half-open connections and their clients: `ss -tn state syn-recv 'sport = "
                      ":{server.port}'`\n"
                      "On the server, the way back to the client: `ip route get {client.address} from "
                      "{server.address}`\n"
                      "On the client. If no SYN-ACK arrives, the way back loses it; if it arrives, a firewall or "
                      "rp_filter of the client drops it: `tcpdump -ni any 'tcp port {server.port} and host "
                      "{server.address}'`\n"
                      "On server and client, is one of the counters growing: `nstat -az TcpExtIPReversePathFilter "
                      "TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop`\n"
                      "On each firewall on the way, does it see SYN, SYN-ACK and ACK, and drop as invalid: "
                      "`conntrack -S`",
            .disproof = "The ACK of this handshake: later in this capture (then the path is only slow), or in a capture made at "
                        "the server at the same time.",
        },
        .source = "an LVS in tunnel mode whose connections stayed in SYN_RECV; RFC 9293, 3.5; RFC 6298",
        .silent_on = "half-open port scans\nTCP_DEFER_ACCEPT\nblind direction\na lost SYN-ACK that is repaired",
    },
    [ACCEPT_QUEUE] = {
        .id = "connect.accept_queue",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Server ignores the ACK of a handshake: accept queue full",
            .summary = "{server} sent its SYN-ACK to {client} {attempts} times (threshold {limit}) within {delay}, although the "
                       "client's ACK and data (repeated {retransmissions} times) arrive here, at the server or in its network[; it "
                       "took the connection after all{?answered}].",
            .causes = "The accept queue of {server} is full, so that the kernel ignores the ACK: the program that listens hangs, waits "
                      "for a disk or a back end, or has no worker or file descriptor left.\n"
                      "More connections come at once than the accept queue holds: it is as long as the backlog of the program, at most "
                      "net.core.somaxconn.\n"
                      "A firewall on the server itself passes the SYN and drops what follows it.",
            .checks = "On the server (in a container: inside it), which program listens, how many connections wait for it (Recv-Q), and "
                      "how many may (Send-Q): `ss -ltnp 'sport = :{server.port}'`\n"
                      "On the server, do these grow: `nstat -az TcpExtListenOverflows TcpExtListenDrops`\n"
                      "If Recv-Q stays above Send-Q, look at what the program waits for (PID is its number): `cat /proc/PID/wchan; ls "
                      "/proc/PID/fd | wc -l; grep files /proc/PID/limits`\n"
                      "If it does only in bursts, raise both the backlog of the program and the limit: `sysctl net.core.somaxconn`\n"
                      "On the server, do rules of its firewall count packets that they drop: `iptables -nvL INPUT`",
            .disproof = "TcpExtListenOverflows does not grow while a connection hangs like this.",
        },
        .source = "OSv issue 283; a Kubernetes practice guide on overflow and drop; listen(2)",
        .silent_on = "lossy path behind the vantage\nTCP_DEFER_ACCEPT",
    },
};
/* clang-format on */

struct half_open_flow {
    unsigned syn_acks;          /* half a second or more apart */
    uint32_t frame, last_frame; /* of the last but one and the last */
    bool counted;               /* it is one of a finding */
};

/* How the client behaves. Each is a failure of its own at one server, though SILENT says less than REPEATS_SYN. */
enum behaviour { REPEATS_SYN, LOSES_DATA, SILENT, HEALTHY };

/* What a finding is about. */
struct failure {
    struct endpoint server;
    uint8_t behaviour;
};

/* Different servers and ports that a client left half-open without a word. */
struct scanner {
    unsigned count;
    struct endpoint target[SCANNED_MIN];
};

/* A silent client is one whose ACK is lost only if a whole TCP opened the connection: the tools that scan or flood
 * send a bare SYN. A SYN-ACK carries timestamps where the SYN did (RFC 7323, 3.2). */
static bool
may_be_scanner(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct scanner *scanner =
        keyed_state(context, 0, &flow->client.address, sizeof flow->client.address, sizeof *scanner);
    unsigned known = 0;
    while (known < scanner->count && !endpoint_equal(&scanner->target[known], &flow->server))
        known++;
    if (known == scanner->count && known < SCANNED_MIN)
        scanner->target[scanner->count++] = flow->server;
    return scanner->count >= SCANNED_MIN || !packet->has_timestamp;
}

/* What the client has done since its SYN, when the server repeats its SYN-ACK. Without the SYN its direction may be
 * blind, and a client that has asked somebody else is nat.untranslated. What it sent after the handshake tells nothing (the server may wait for data: TCP_DEFER_ACCEPT) unless it is
 * data that has to be repeated. */
static enum behaviour
behaviour_of(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    const struct side *client = &flow->by_client;

    if (handshake->syn_frame == 0 || flow->by_server.packets != handshake->syn_ack_count || client->rst_frame != 0 ||
        client->fin_frame != 0 || flow->icmp_error_frame != 0 || flow->asked.address.family != 0)
        return HEALTHY;
    if (client->packets > handshake->syn_count)
        return client->pending.frame != 0 && client->pending.retransmissions > 0 ? LOSES_DATA : HEALTHY;
    /* A SYN that was lost before the server had one says nothing about the way back. */
    if (handshake->syn_count > handshake->syns_before_answer)
        return REPEATS_SYN;
    return may_be_scanner(context, flow, packet) ? HEALTHY : SILENT;
}

static struct failure
failure_of(const struct flow *flow, enum behaviour behaviour)
{
    struct failure failure;
    memset(&failure, 0, sizeof failure);
    flow_server_key(flow, &failure.server);
    failure.behaviour = (uint8_t)behaviour;
    return failure;
}

/* Nothing between here and the server lowers a TTL, so it gets what is seen here. */
static bool
is_captured_at_server(struct context *context, const struct flow *flow)
{
    return flow->by_server.ttl != 0 && sender_hops(flow->by_server.ttl) == 0 &&
           capture_point(context, flow) != CAPTURED_AT_CLIENT;
}

static void
report_accept_queue(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    struct endpoint server;
    flow_server_key(flow, &server);
    struct finding *finding = report_about(context, &cases[ACCEPT_QUEUE], CONFIDENCE_LIKELY, &server, sizeof server, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, handshake->syn_ack_count);
    report_count(finding, FACT_limit, threshold_value(context, SYN_ACKS));
    report_duration(finding, FACT_delay, packet->time - handshake->syn_ack_time);
    report_count(finding, FACT_retransmissions, flow->by_client.pending.retransmissions);
    report_evidence(finding, handshake->syn_ack_frame);
    report_evidence(finding, flow->by_client.pending.frame);
    report_evidence(finding, flow->by_client.pending.last_frame);
}

static void
report_half_open(struct context *context, const struct flow *flow, const struct packet *packet,
                 enum behaviour behaviour)
{
    const struct case_info *info = &cases[HALF_OPEN];
    const struct half_open_flow *state = flow_state(context);
    const struct handshake *handshake = &flow->handshake;
    struct failure own = failure_of(flow, behaviour), repeats = failure_of(flow, REPEATS_SYN);

    /* Of one cause some clients give up before they repeat their SYN. */
    bool of_others = behaviour == SILENT && reported_about(context, info, &own, sizeof own) == NULL &&
                     reported_about(context, info, &repeats, sizeof repeats) != NULL;
    enum confidence confidence = behaviour == REPEATS_SYN ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
    struct finding *finding = report_about(context, info, confidence, of_others ? &repeats : &own, sizeof own, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, handshake->syn_ack_count);
    report_count(finding, FACT_limit, threshold_value(context, SYN_ACKS));
    report_duration(finding, FACT_delay, packet->time - handshake->syn_ack_time);
    if (behaviour == REPEATS_SYN)
        report_count(finding, FACT_retransmissions, handshake->syn_count - handshake->syns_before_answer);
    if (behaviour == LOSES_DATA) {
        report_flag(finding, FACT_repeated);
        report_evidence(finding, flow->by_client.pending.frame);
    }
    struct client_control other;
    if (other_client_connected(context, flow, &other))
        report_ruled_out(finding, "a server whose answers reach nobody: another client completes its handshake with it",
                         "服务端的应答谁也收不到：另一个客户端与它完成了握手", other.frame);
    report_capture_point(context, finding, flow);
    report_evidence(finding, handshake->syn_frame);
    report_evidence(finding, handshake->second_syn_frame);
    report_evidence(finding, handshake->syn_ack_frame);
    report_evidence(finding, state->frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    if (packet->from_client || handshake->syn_acks_apart < 2)
        return;
    struct half_open_flow *state = flow_state(context);
    if (state->syn_acks == handshake->syn_acks_apart)
        return;
    state->frame = state->last_frame;
    state->last_frame = packet->frame;
    state->syn_acks = handshake->syn_acks_apart;
    enum behaviour behaviour = behaviour_of(context, flow, packet);
    if (behaviour == HEALTHY || state->counted || state->syn_acks < threshold_value(context, SYN_ACKS))
        return;
    state->counted = true;
    if (behaviour == LOSES_DATA && is_captured_at_server(context, flow))
        report_accept_queue(context, flow, packet);
    else
        report_half_open(context, flow, packet, behaviour);
}

/* Completed after all: the path is only bad. A RST of the client shows that a late SYN-ACK has reached it, and that those before
 * it have not. And where the server has sent data, its program has taken the connection. */
static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->handshake.syn_acks_apart < 2)
        return;
    struct finding *finding = reported(context, &cases[HALF_OPEN]), *queue = reported(context, &cases[ACCEPT_QUEUE]);
    enum outcome outcome = (enum outcome)flow->attempt.outcome;
    if (queue != NULL && outcome == OUTCOME_WORKS)
        report_flag(queue, FACT_answered);
    if (finding == NULL)
        return;
    if (outcome == OUTCOME_COMPLETED) {
        report_milder(context, finding, SEVERITY_WARNING);
        report_flag(finding, FACT_answered);
    } else if (outcome == OUTCOME_ABANDONED) {
        report_stronger(context, finding, CONFIDENCE_LIKELY);
        report_flag(finding, FACT_late_reset);
    }
}

const struct detector connect_half_open_detector = {
    .family = "connect",
    .summary = "Handshakes that the client never completes",
    .sees = SEES_SYN | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct half_open_flow),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
