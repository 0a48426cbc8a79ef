/* Connections that never come about.
 *
 * A client repeats its SYN (after 1, 3, 7 s on Linux, 3 and 9 s on Windows; RFC 6298) and nothing
 * comes back: neither SYN-ACK nor RST nor an ICMP error. Somebody drops it silently: a security
 * group or firewall, a host that is down, a wrong route, or the answer is lost on its way back.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6, and a migration whose port was blocked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* So many attempts of one client to one server and port are reported, one finding each; and so many servers of one
 * client, and clients of one server and port: more of them say nothing new. */
enum { ATTEMPTS_REPORTED = 10, PEERS_REPORTED = 10 };

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
            .causes = "A firewall, security group or access list on the way drops the SYN silently.\n"
                      "The server is down, or its address is not in use where the packets are routed to.\n"
                      "The SYN-ACK is lost on the way back: asymmetric routing through a stateful firewall, "
                      "rp_filter, or a missing route on the server.\n"
                      "The SYN-ACK is only missing here: a mirror or capture point that shows one direction.\n"
                      "[The address came from the DNS answer for {name} ({chain}): is it the right one?]",
            .checks = "On the server. If the SYN arrives, the fault is there or on the way back; if not, on the way "
                      "there: `tcpdump -ni any 'tcp port {server.port} and host {client.address}'`\n"
                      "From another network. If that works, something drops the packets of this client or network: "
                      "`nc -vz -w 5 {server.address} {server.port}`\n"
                      "Console: inbound rules of the security group and network ACL for this port and client; is the "
                      "address black-holed or being scrubbed by DDoS protection?\n"
                      "On the server, does the port listen, does its accept queue overflow, does rp_filter drop: `ss "
                      "-ltn 'sport = :{server.port}'; nstat -az TcpExtListenOverflows TcpExtListenDrops "
                      "TcpExtIPReversePathFilter`",
            .disproof = "A SYN-ACK or RST for this attempt: later in this capture (then the path is slow, not dead), "
                        "in a capture made closer to the server, or on another interface of this host.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6; RFC 9293, 3.8.3; RFC 6298",
        .silent_on = "SYN answered later\nICMP answer (other case)\nblind direction\nend of capture",
    },
};
/* clang-format on */

/* Attempts of one client to one server and port that were reported. */
struct attempts {
    unsigned reported;
};

/* The other sides to which attempts of one client, or at one server, were reported. */
struct peers {
    unsigned reported;
};

enum { KEY_PAIR, KEY_CLIENT, KEY_SERVER };

static bool
was_reported_enough(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct attempts *attempts = keyed_state(context, KEY_PAIR, &key, sizeof key, sizeof *attempts);
    if (attempts->reported == 0) {
        struct peers *client = keyed_state(context, KEY_CLIENT, &key.client, sizeof key.client, sizeof *client);
        struct peers *server = keyed_state(context, KEY_SERVER, &key.server, sizeof key.server, sizeof *server);
        if (client->reported >= PEERS_REPORTED || server->reported >= PEERS_REPORTED)
            return true;
        client->reported++;
        server->reported++;
    }
    return attempts->reported++ >= ATTEMPTS_REPORTED;
}

/* Another case tells it better: dns.cname_dead, if the address came from a CNAME and never answered. */
static bool
belongs_to_dead_cname(struct context *context, const struct flow *flow)
{
    const struct learned_name *name = name_of(context, &flow->server.address);
    return name != NULL && name->by_cname && address_is_public(&flow->server.address) &&
           !address_was_seen(context, flow, &flow->server.address);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;

    if (handshake->third_syn_frame != packet->frame || flow->by_server.packets > 0 || flow->icmp_error_frame != 0 ||
        !address_is_unicast(&flow->server.address) || !answers_visible(context, flow, true) ||
        belongs_to_dead_cname(context, flow) || was_reported_enough(context, flow))
        return;
    /* Never confirmed: an answer may come after the third SYN (a radio link that wakes up slowly), which a
     * finding can't wait for, because clients such as Windows send no fourth. And a mirror session that
     * never showed both directions may lack the one of the answer. */
    bool one_way_so_far = session_is_one_way_so_far(session_of(context, packet->session));
    struct finding *finding =
        report(context, &cases[UNANSWERED], one_way_so_far ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, handshake->syn_count);
    report_duration(finding, FACT_delay, packet->time - handshake->syn_time);
    const struct learned_name *name = name_of(context, &flow->server.address);
    if (name != NULL) {
        report_text(finding, FACT_name, name->name);
        report_text(finding, FACT_chain, name->chain);
        report_evidence(finding, name->frame);
    }
    report_evidence(finding, handshake->syn_frame);
    report_evidence(finding, handshake->second_syn_frame);
}

const struct detector connect_unanswered_detector = {
    .family = "connect",
    .summary = "Connections that are never established",
    .sees = SEES_SYN,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
};
