/* Connections that are accepted late, because SYNs had to be sent again.
 *
 * A SYN that gets no answer is repeated after 1 s, then after 2, 4, 8 s and so on (RFC 6298; new Linux: 1, 2, 3, 4 s, then 6). The
 * connection works, and its user waits. One SYN is lost now and then; several in a row, or those of many connections while their data
 * gets through, are dropped by somebody: a full accept queue, a limit of new connections, a connection table that is full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* For a warning: so many connections, and so many percent of those of the server. */
enum { CONNECTIONS = 3, PERCENT = 10 };
/* In a row: for a note about one connection. */
enum { SYNS = 3 };
/* No timer repeats a SYN sooner; a client that was answered by an ACK that does not fit does (connect.challenge_ack). */
static const int64_t SHORTEST_WAIT = MILLISECONDS(800);
/* An answer this long after the newest SYN may be one to the SYN before, on a long path. */
static const int64_t ANSWER_TIME = MILLISECONDS(300);

enum { SLOW };

/* clang-format off */
static const struct case_info cases[] = {
    [SLOW] = {
        .id = "connect.slow",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Connection accepted late",
            .summary = "{server} accepted a connection of {client} only after {delay} and {attempts} SYNs[; {late} of {completed} "
                       "connections to this port were accepted late (threshold {limit})].",
            .causes = "The server drops SYNs because its accept queue is full.\n"
                      "A firewall, load balancer or NAT gateway drops SYNs: limit of new connections for each second, full connection "
                      "table, SYN flood protection.\n"
                      "The server, or the way to it, was only coming up.",
            .checks = "On the server, do these counters grow: `nstat -az TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDrop`\n"
                      "On the server, Recv-Q (waiting) against Send-Q (room) of the listener: `ss -ltn 'sport = :{server.port}'`\n"
                      "On the server. If the first SYN arrives, the server drops it; if not, a device on the way: `tcpdump -ni any "
                      "'tcp port {server.port} and host {client.address}'`",
            .disproof = "Data of the same connections is lost as often as SYNs: then the path loses packets of any kind.",
        },
        .source = "RFC 6298, 2 and 5.7; Linux, tcp_syn_retries and somaxconn",
        .silent_on = "general loss on the path (path.loss)\ncapture that began late\na server that just starts",
    },
};
/* clang-format on */

/* What connects to one port of a server. */
struct server {
    unsigned accepted, late; /* connections, and those of them that were late */
    unsigned repeated_data;  /* packets of them */
    bool told;               /* as a warning */
    int64_t first_answer_time;
    /* The flows that repeated their SYN last, two different ones. */
    struct {
        uint32_t flow;
        int64_t time;
    } waiting[2];
};

static struct server *
server_of(struct context *context, const struct flow *flow)
{
    struct endpoint key;
    flow_server_key(flow, &key);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct server));
}

/* Whether the SYN that was answered is the repeated one: on a long path the answer to the first comes after the second has left. */
static bool
was_late(const struct flow *flow)
{
    const struct handshake *handshake = &flow->handshake;
    return handshake->challenge_acks == 0 && !handshake->answers_first_syn &&
           handshake->last_syn_time - handshake->syn_time >= SHORTEST_WAIT &&
           handshake->syn_ack_time - handshake->last_syn_time < ANSWER_TIME;
}

/* It had answered nobody before, and kept another one waiting as well. */
static bool
just_started(const struct server *server, const struct flow *flow)
{
    int64_t begin = flow->handshake.syn_time;
    unsigned other = server->waiting[0].flow == flow->number;
    return server->first_answer_time >= begin && server->waiting[other].flow != 0 &&
           server->waiting[other].time >= begin;
}

static void
report_late(struct context *context, const struct flow *flow, struct server *server)
{
    const struct handshake *handshake = &flow->handshake;
    struct endpoint key;
    flow_server_key(flow, &key);
    bool many = server->late >= CONNECTIONS && server->late * 100 >= server->accepted * PERCENT;
    if (!many && !server->told && handshake->syns_before_answer < SYNS)
        return;
    struct finding *note = reported_about(context, &cases[SLOW], &key, sizeof key);
    if (many && !server->told && note != NULL)
        report_withdraw(context, note); /* The server's finding stands in its place. */
    server->told |= many;
    struct finding *finding = report_about(context, &cases[SLOW], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, handshake->syns_before_answer);
    report_duration(finding, FACT_delay, handshake->syn_ack_time - handshake->syn_time);
    if (many) {
        report_count(finding, FACT_late, server->late);
        report_count(finding, FACT_completed, server->accepted);
        report_count(finding, FACT_limit, CONNECTIONS);
    } else {
        report_severity(finding, SEVERITY_NOTE);
    }
    report_capture_point(context, finding, flow);
    report_evidence(finding, handshake->syn_frame);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    const struct handshake *handshake = &flow->handshake;
    if (flow->protocol != PROTOCOL_TCP || flow->attempt.outcome != OUTCOME_ANSWERED || handshake->syn_frame == 0 ||
        flow->by_server.acknowledgment != flow->client_first_sequence)
        return;
    struct server *server = server_of(context, flow);
    if (server->accepted++ == 0)
        server->first_answer_time = handshake->syn_ack_time;
    if (!was_late(flow) || just_started(server, flow))
        return;
    server->late++;
    /* Where data is lost as well, SYNs are nothing special. */
    if (server->repeated_data * 2 < server->late)
        report_late(context, flow, server);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->retransmission && packet->payload.length > 0 && !(packet->flags & TCP_SYN)) {
        server_of(context, flow)->repeated_data++;
        return;
    }
    if ((packet->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN || !packet->from_client || flow->handshake.syn_count < 2)
        return;
    struct server *server = server_of(context, flow);
    if (server->waiting[0].flow != flow->number)
        server->waiting[1] = server->waiting[0];
    server->waiting[0].flow = flow->number;
    server->waiting[0].time = packet->time;
}

const struct detector connect_slow_detector = {
    .family = "connect",
    .summary = "Connections that are accepted late",
    .sees = SEES_SYN | SEES_REPEATED | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
