/* Connections whose first data never arrives.
 *
 * The handshake works, then the client repeats the first thing it has to say into silence. Whoever answered the SYN does not take
 * what follows: a filter that drops the connection for what it has read, a proxy of the handshake with nobody behind it, a server
 * that has no room and answers with SYN cookies. The same of a ClientHello is tls.hello_unanswered, of packets of full size a
 * matter of the path MTU, and after an idle time idle.blackhole.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { TRANSMISSIONS = 4 };
/* A packet of so many bytes, from the IP header on, may be too large for the path. */
enum { FULL_SIZE = 1000 };

enum { FIRST_DATA_LOST };

/* clang-format off */
static const struct case_info cases[] = {
    [FIRST_DATA_LOST] = {
        .id = "connect.first_data_lost",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "First data is never acknowledged",
            .summary = "The TCP handshake of {client} with {server} works, but the client's first data ({bytes}) was sent "
                       "{attempts} times (threshold {limit}) within {delay} without any acknowledgment.",
            .causes = "A filter on the way let the handshake pass and drops the connection for what it has read: host name, "
                      "protocol, a signature of an intrusion prevention system.\n"
                      "A load balancer, SYN proxy or firewall answered the handshake in the name of {server}, and the server behind "
                      "it is down or out of reach.\n"
                      "The server's accept queue is full and it answers with SYN cookies: then it forgets the connection, and does "
                      "not repeat its SYN-ACK.\n"
                      "[The data arrives here, at the server or in its network, and is dropped behind this point: by the server's "
                      "own firewall, a security group, or connection tracking that takes it for invalid{?at_server}.]\n"
                      "The way to the server broke at this very moment.",
            .checks = "From the client, send something else to the same port. If that is acknowledged, the content is filtered: "
                      "`printf 'QUIT\\r\\n' | nc -v -w 5 {server.address} {server.port}`\n"
                      "On the server. If the SYN arrives and the data does not, a device on the way drops it; if no SYN arrives, "
                      "somebody else answered it: `tcpdump -ni any 'tcp port {server.port} and host {client.address}'`\n"
                      "On the server, do these counters grow: `nstat -az TcpExtListenOverflows TcpExtListenDrops "
                      "TcpExtSyncookiesSent TcpExtSyncookiesRecv`\n"
                      "On each firewall on the way, does it drop as invalid: `conntrack -S`\n"
                      "At a cloud load balancer: is the back end of this listener healthy; and do security policies (web "
                      "application firewall, intrusion prevention) show a hit for {client.address}.",
            .disproof = "An acknowledgment of the data in a capture made on the server: then the answers are lost, not the data.",
        },
        .source = "RFC 9293, 3.8.1; documented content filters, SYN proxies and full accept queues",
        .silent_on = "MTU: only packets of full size vanish\n"
                     "blind direction\n"
                     "end of capture\n"
                     "ClientHello (tls.hello_unanswered)\n"
                     "data that is acknowledged after all",
    },
};
/* clang-format on */

/* What was sent again of the first data; some systems send more of it, or less, than at first. */
struct first_data_flow {
    uint32_t smallest; /* packet, from the IP header on; 0 = nothing was repeated */
};

/* Whether the server is silent since. If it repeats its SYN-ACK it has not got the ACK, or has no room: connect.half_open. */
static bool
is_lost(struct context *context, const struct flow *flow)
{
    const struct pending *pending = &flow->by_client.pending;
    const struct first_data_flow *state = flow_state(context);
    return flow->handshake.completed_frame != 0 && !pending->answered && flow->handshake.syn_acks_apart < 2 &&
           flow->by_server.rst_frame == 0 && flow->tls.client_hello_frame != pending->frame &&
           level_passed(context, pending->idle) == 0 && flow->icmp_error_frame == 0 && state->smallest > 0 &&
           state->smallest < FULL_SIZE;
}

/* What the same server has done for the same client at another port, or for another client at this one: of the client at this port the
 * newest failure is known, which is this one. */
static void
report_controls(struct context *context, struct finding *finding, const struct flow *flow)
{
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    struct control_list ports = ports_tried(context, flow), clients = clients_that_tried(context, &who);
    for (unsigned i = 0; i < ports.count; i++)
        if (ports.control[i].kept == CONTROL_SERVED)
            report_ruled_out(finding, "a server or path that is down: the server serves this client at another port",
                             "服务器或路径中断：服务器在另一个端口上正常为该客户端服务", ports.control[i].kept_frame);
    for (unsigned i = 0; i < clients.count; i++)
        if (clients.control[i].kept == CONTROL_SERVED)
            report_ruled_out(finding, "a service that is down: it serves another client at the same port",
                             "服务不可用：它在同一端口上正常为另一个客户端服务", clients.control[i].kept_frame);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->attempt.outcome != OUTCOME_DATA_LOST || !is_lost(context, flow))
        return;
    const struct pending *pending = &flow->by_client.pending;
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    struct finding *finding = report_about(context, &cases[FIRST_DATA_LOST], CONFIDENCE_LIKELY, &who, sizeof who, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_bytes, flow->by_client.new_bytes);
    report_count(finding, FACT_attempts, pending->retransmissions + 1);
    report_count(finding, FACT_limit, TRANSMISSIONS);
    report_duration(finding, FACT_delay, pending->repeated_time - pending->time);
    report_controls(context, finding, flow);
    report_capture_point(context, finding, flow);
    report_evidence(finding, flow->handshake.completed_frame);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->third_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->revives) {
        struct finding *finding = reported(context, &cases[FIRST_DATA_LOST]);
        if (finding != NULL)
            report_withdraw(context, finding);
        return;
    }
    if (packet->payload.length == 0 || flow->attempt.outcome != OUTCOME_COMPLETED || flow->by_server.new_bytes > 0)
        return;
    struct first_data_flow *state = flow_state(context);
    if (state->smallest == 0 || packet->ip_length < state->smallest)
        state->smallest = packet->ip_length;
}

const struct detector connect_first_data_detector = {
    .family = "connect",
    .summary = "Connections whose first data never arrives",
    .sees = SEES_REPEATED | SEES_REVIVED | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct first_data_flow),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
