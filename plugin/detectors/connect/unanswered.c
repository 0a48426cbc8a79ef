/* Connections that never come about.
 *
 * A client repeats its SYN (after 1, 3, 7 s on Linux, 3 and 9 s on Windows; RFC 6298) and nothing comes back: neither SYN-ACK nor
 * RST nor an ICMP error. Somebody drops it silently: a security group or firewall, a host that is down, a wrong route, the
 * server itself, or the answer is lost on its way back. What else the capture has of the two hosts strikes some of it out.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6, and a migration whose port was blocked; RFC 7323, 5 and appendix B.2
 * (time stamps of clients behind a NAT); a load balancer that keeps the client's address and picks the client's own node.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

/* So many attempts of a client at one server, so many servers of a client at one port, and so many clients of a server are told: more
 * of them say nothing new and are counted. */
enum { TOLD_MAX = 3 };

enum { UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [UNANSWERED] = {
        .id = "connect.unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Connection attempt without any answer",
            .summary = "{client} sent {attempts} SYNs (threshold 3) to {server} within {delay} and nothing came "
                       "back: no SYN-ACK, no RST, no ICMP error.",
            .causes = "[The server drops the SYN because its time stamp is older than that of a connection from the same address "
                      "which it accepted before: tcp_tw_recycle or PAWS, with several clients behind one NAT address{?time_stamps}.]\n"
                      "[The SYNs are in a tunnel through which nothing at all comes back from {tunnel_destination}: the outer packets are "
                      "lost on the way (UDP port of VXLAN or GENEVE blocked, NAT between the nodes), or this is a mirror of one "
                      "direction{?in_tunnel}.]\n"
                      "[Peers of a peer-to-peer network that are gone: other connections of {client.address} work{?peers}.]\n"
                      "[A firewall, security group or access list on the way drops the SYN silently{!in_tunnel}{!time_stamps}"
                      "{!worked_before}{!peers}.]\n"
                      "[The server itself drops the SYN: its accept or listen queue is full, rp_filter, a local firewall, a full "
                      "connection tracking table, or a time stamp older than before (PAWS, clients behind one NAT address)"
                      "{!in_tunnel}{!time_stamps}{!peers}.]\n"
                      "[A NAT gateway on the way has no port left for this connection, or gives it one that is still in use"
                      "{?worked_before}{!time_stamps}.]\n"
                      "[The server is down, or its address is not in use where the packets are routed to{!server_up}{!worked_before}"
                      "{!other_client}{!in_tunnel}{!peers}.]\n"
                      "[One of several servers behind {server.address} is dead{?worked_before}{!time_stamps}.]\n"
                      "[The SYN-ACK is lost on the way back: asymmetric routing through a stateful firewall, rp_filter, or a missing "
                      "route on the server{!worked_before}{!peers}.]\n"
                      "[The SYN-ACK is only missing here: a mirror or capture point that shows one direction{!server_up}"
                      "{!worked_before}{!other_client}{!in_tunnel}{!peers}.]\n"
                      "[The address came from the DNS answer for {name} ({chain}): is it the right one?]",
            .checks = "[On the server, does one of these grow with each SYN: `nstat -az TcpExtPAWSPassive TcpExtPAWSPassiveRejected "
                      "TcpExtTSEcrRejected; sysctl net.ipv4.tcp_tw_recycle`{?time_stamps}]\n"
                      "[On both ends of the tunnel, do the outer packets leave and arrive: `tcpdump -ni any 'host "
                      "{tunnel_source} and host {tunnel_destination}'`{?in_tunnel}]\n"
                      "[On the server. If the SYN arrives, the fault is there or on the way back; if not, on the way "
                      "there: `tcpdump -ni any 'tcp port {server.port} and host {client.address}'`{!at_server}{!peers}]\n"
                      "[From another network. If that works, something drops the packets of this client or network: "
                      "`nc -vz -w 5 {server.address} {server.port}`{!peers}]\n"
                      "[Console: inbound rules of the security group and network ACL for this port and client; is the "
                      "address black-holed or being scrubbed by DDoS protection?{!peers}]\n"
                      "[On the server, does the port listen, does its accept queue overflow, does rp_filter drop: `ss "
                      "-ltn 'sport = :{server.port}'; nstat -az TcpExtListenOverflows TcpExtListenDrops "
                      "TcpExtIPReversePathFilter`{!peers}]",
            .disproof = "A SYN-ACK or RST for this attempt: later in this capture (then the path is slow, not dead), "
                        "in a capture made closer to the server, or on another interface of this host.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6; RFC 9293, 3.8.3; RFC 6298",
        .silent_on = "SYN answered later\nICMP answer (other case)\nblind direction\nend of capture",
    },
};
/* clang-format on */

/* Attempts of a client at a server and port that it gave up after two SYNs, since the last one that was answered. */
struct short_attempts {
    uint32_t frame; /* first SYN of the first one */
    int64_t time;
    uint32_t syns;
};

struct capture {
    bool unanswered; /* an attempt was */
};

/* What is told and counted together; what does not matter stays empty. */
struct culprit {
    struct ip_address client, server;
    uint16_t port;
    uint8_t peers;
};

enum { KEY_SHORT, KEY_TOLD };

static struct short_attempts *
short_attempts_of(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, KEY_SHORT, &key, sizeof key, sizeof(struct short_attempts));
}

/* -- What is known besides -------------------------------------------------------------------- */

/* From a host to itself, and yet a router has handled it. */
static bool
came_back(const struct flow *flow)
{
    return address_equal(&flow->client.address, &flow->server.address) && flow->by_client.ttl != 64 &&
           flow->by_client.ttl != 128 && flow->by_client.ttl != 255;
}

/* A tunnel that brings nothing back; a mirror session carries copies, and overlays are known by their answers. */
static void
report_tunnel(struct context *context, struct finding *finding, const struct flow *flow)
{
    const struct session *session = session_of(context, flow->by_client.session);
    if (!session_is_one_way_so_far(session) || session->role != SESSION_UNKNOWN)
        return;
    report_flag(finding, FACT_in_tunnel);
    report_address(finding, FACT_tunnel_source, &session->source);
    report_address(finding, FACT_tunnel_destination, &session->target);
}

/* Somebody else gets through to the same port. */
static void
report_other_client(struct context *context, struct finding *finding, const struct flow *flow)
{
    struct client_control control;
    char address[ADDRESS_TEXT_SIZE], english[128], chinese[128];
    if (!other_client_connected(context, flow, &control))
        return;
    address_format(&control.client, address);
    snprintf(english, sizeof english, "a dead server or a closed port: %s connects to it", address);
    snprintf(chinese, sizeof chinese, "服务器宕机或端口关闭：%s 能连上该端口", address);
    report_flag(finding, FACT_other_client);
    report_ruled_out(finding, english, chinese, control.frame);
}

/* What the client met at the ports of this server. */
static void
report_controls(struct context *context, struct finding *finding, const struct flow *flow, uint16_t failing_port)
{
    struct control_list ports = ports_tried(context, flow);
    for (unsigned i = 0; i < ports.count; i++) {
        const struct control *control = &ports.control[i];
        char english[96], chinese[96];
        if (control->good_frame == 0)
            continue;
        report_flag(finding, control->port == failing_port ? FACT_worked_before : FACT_server_up);
        if (control->port == failing_port) {
            report_ruled_out(finding, "a closed way to this port: the client is accepted there at other moments",
                             "到该端口的路径不通：该客户端在其他时刻能连上", control->good_frame);
            continue;
        }
        snprintf(english, sizeof english, "a dead server: its port %u accepts this client", (unsigned)control->port);
        snprintf(chinese, sizeof chinese, "服务器宕机：其 %u 端口接受该客户端的连接", (unsigned)control->port);
        report_ruled_out(finding, english, chinese, control->good_frame);
    }
}

/* -- Reports ---------------------------------------------------------------------------------- */

static struct culprit
culprit_of(const struct ip_address *client, const struct ip_address *server, uint16_t port, bool peers)
{
    struct culprit culprit;
    memset(&culprit, 0, sizeof culprit);
    if (client != NULL)
        culprit.client = *client;
    if (server != NULL)
        culprit.server = *server;
    culprit.port = port;
    culprit.peers = peers;
    return culprit;
}

static unsigned *
told_of(struct context *context, const struct culprit *culprit)
{
    return keyed_state(context, KEY_TOLD, culprit, sizeof *culprit, sizeof(unsigned));
}

static struct finding *
report_culprit(struct context *context, const struct flow *flow)
{
    /* A mirror session that never showed both directions may lack the one of the answer. */
    bool one_way_so_far = session_is_one_way_so_far(session_of(context, flow->by_client.session));
    enum confidence confidence = one_way_so_far ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
    const struct case_info *info = &cases[UNANSWERED];
    const struct ip_address *client = &flow->client.address, *server = &flow->server.address;
    struct culprit pair = culprit_of(client, server, flow->server.port, false);
    struct culprit peers = culprit_of(client, NULL, 0, true);

    if (server_may_be_peer(context, flow)) {
        struct finding *finding = report_about(context, info, confidence, &peers, sizeof peers, 1);
        struct finding *of_all = reported_about(context, info, &peers, sizeof peers);
        if (++*told_of(context, &peers) == TOLD_MAX && of_all != NULL) {
            report_milder(context, of_all, SEVERITY_NOTE);
            report_flag(of_all, FACT_peers);
        }
        return finding;
    }
    if (reported_about(context, info, &pair, sizeof pair) == NULL) {
        struct culprit servers = culprit_of(client, NULL, flow->server.port, false);
        struct culprit clients = culprit_of(NULL, server, flow->server.port, false);
        if (*told_of(context, &clients) >= TOLD_MAX)
            return report_about(context, info, confidence, &clients, sizeof clients, 1);
        if (*told_of(context, &servers) >= TOLD_MAX)
            return report_about(context, info, confidence, &servers, sizeof servers, 1);
        ++*told_of(context, &clients);
        ++*told_of(context, &servers);
    }
    return report_about(context, info, confidence, &pair, sizeof pair, TOLD_MAX);
}

static void
report_unanswered(struct context *context, const struct flow *flow, const struct short_attempts *before)
{
    const struct handshake *handshake = &flow->handshake;
    int64_t begin = before->syns > 0 ? before->time : handshake->syn_time;
    uint32_t newer = 0;
    struct finding *finding = report_culprit(context, flow);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, handshake->syn_count + before->syns);
    report_duration(finding, FACT_delay, handshake->last_syn_time - begin);
    const struct learned_name *name = name_of(context, &flow->server.address);
    if (name != NULL) {
        report_text(finding, FACT_name, name->name);
        report_text(finding, FACT_chain, name->chain);
        report_evidence(finding, name->frame);
    }
    if (timestamp_went_back(context, flow, &newer)) {
        report_flag(finding, FACT_time_stamps);
        report_evidence(finding, newer);
    }
    report_capture_point(context, finding, flow);
    report_tunnel(context, finding, flow);
    report_controls(context, finding, flow, flow->server.port);
    report_other_client(context, finding, flow);
    report_evidence(finding, before->frame);
    report_evidence(finding, handshake->syn_frame);
    report_evidence(finding, handshake->second_syn_frame);
    report_evidence(finding, handshake->third_syn_frame);
}

/* Clients with little patience open the next connection instead of a third SYN: two such attempts are as much. */
static bool
is_enough(struct context *context, const struct flow *flow, struct short_attempts *before)
{
    ((struct capture *)capture_state(context))->unanswered = true;
    if (flow->handshake.syn_count != 2)
        return flow->handshake.syn_count >= 3;
    if (before->syns > 0)
        return true;
    before->frame = flow->handshake.syn_frame;
    before->time = flow->handshake.syn_time;
    before->syns = flow->handshake.syn_count;
    return false;
}

static void
on_unanswered(struct context *context, const struct flow *flow)
{
    struct short_attempts *before = short_attempts_of(context, flow);
    if (came_back(flow) || !is_enough(context, flow, before))
        return;
    struct short_attempts sum = *before;
    *before = (struct short_attempts){0};
    report_unanswered(context, flow, &sum);
}

/* Answered after all: this attempt, or one that comes after others. */
static void
on_answered(struct context *context, const struct flow *flow)
{
    const struct case_info *info = &cases[UNANSWERED];
    struct finding *refuted = flow->attempt.before == OUTCOME_UNANSWERED ? reported(context, info) : NULL;
    if (refuted != NULL)
        report_withdraw(context, refuted);
    if (!((const struct capture *)capture_state(context))->unanswered)
        return;
    *short_attempts_of(context, flow) = (struct short_attempts){0};
    struct control_list ports = ports_tried(context, flow);
    for (unsigned i = 0; i < ports.count && flow->attempt.outcome == OUTCOME_ANSWERED; i++) {
        uint16_t port = ports.control[i].port;
        struct culprit pair = culprit_of(&flow->client.address, &flow->server.address, port, false);
        struct finding *finding = ports.control[i].bad_outcome == OUTCOME_UNANSWERED && port != flow->server.port
                                      ? reported_about(context, info, &pair, sizeof pair)
                                      : NULL;
        if (finding != NULL)
            report_controls(context, finding, flow, port);
    }
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->protocol != PROTOCOL_TCP || flow->attempt.outcome > OUTCOME_ANSWERED)
        return;
    if (flow->attempt.outcome == OUTCOME_UNANSWERED)
        on_unanswered(context, flow);
    else
        on_answered(context, flow);
}

const struct detector connect_unanswered_detector = {
    .family = "connect",
    .summary = "Connections that are never established",
    .sees = SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .capture_state_size = sizeof(struct capture),
    .on_outcome = on_outcome,
};
