/* Connections that come back to their own sender.
 *
 * A load balancer that keeps the address of its clients sends a SYN on to one of its back ends. If that is the host that the SYN came from,
 * the host gets a packet from its own address out of the network, and drops it as forged. It hits the share of the connections for which
 * the balancer picks the client's own host: one of three fails, and none of other clients.
 *
 * Source: Kubernetes issue 66796, cloud-provider-aws issue 1160; Alibaba Cloud, timeouts of SLB addresses (a back end that calls its
 * own balancer).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { HAIRPIN };

/* clang-format off */
static const struct case_info cases[] = {
    [HAIRPIN] = {
        .id = "nat.hairpin",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Connection comes back to its own sender",
            .summary = "{client} connects to {server}, and its own SYN comes back to it, sent to {came_back_to}: same port, same numbers. It "
                       "stayed unanswered (SYNs: {attempts}).",
            .causes = "Hairpin: the load balancer or service {server.address} picked the client's own host as back end and keeps the client's "
                      "address (client IP preservation, externalTrafficPolicy Local, LVS-DR or NAT without SNAT). A host drops packets "
                      "from its own address that come out of the network.\n"
                      "A router translates the destination to an address of the client's own network, without translating the source "
                      "(port forwarding used from inside).",
            .checks = "Switch off client IP preservation at the load balancer, or translate the source (SNAT, masquerade) for clients that are "
                      "back ends, too.\n"
                      "Or let back ends call the service without the balancer: by its cluster address or an internal name.\n"
                      "On the client, is it back end of {server.address}, and does this grow with each attempt: `nstat -az "
                      "TcpExtIPReversePathFilter; sysctl net.ipv4.conf.all.accept_local net.ipv4.conf.all.log_martians`",
            .disproof = "A SYN-ACK for this attempt, later in this capture or on the loopback interface of {client.address}.",
        },
        .source = "Kubernetes issue 66796; cloud-provider-aws issue 1160; Alibaba Cloud, timeouts of SLB addresses",
        .silent_on = "loopback\na local proxy that answers",
    },
};
/* clang-format on */

/* Of a client endpoint: a SYN that came back to it was answered there. */
struct answered {
    bool seen;
};

static struct answered *
answered_of(struct context *context, const struct endpoint *client)
{
    struct client_at_server key = client_at_server(&client->address, &client->address, client->port);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct answered));
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!packet->from_client && flow->asked.address.family != 0 &&
        address_equal(&flow->client.address, &flow->server.address))
        answered_of(context, &flow->client)->seen = true;
}

/* What the same client met at the same port at other moments. */
static void
report_controls(struct context *context, struct finding *finding, const struct flow *flow)
{
    struct control_list ports = ports_tried(context, flow);
    for (unsigned i = 0; i < ports.count; i++)
        if (ports.control[i].port == flow->server.port && ports.control[i].good_frame != 0)
            report_ruled_out(finding, "a dead server or a closed port: the client is accepted there at other moments",
                             "服务器宕机或端口关闭：该客户端在其他时刻能连上", ports.control[i].good_frame);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    const struct attempt *attempt = &flow->attempt;
    if (flow->protocol != PROTOCOL_TCP || !attempt_came_back(attempt, &flow->client))
        return;
    struct finding *told = attempt_was_accepted(attempt) ? reported(context, &cases[HAIRPIN]) : NULL;
    if (told != NULL)
        report_withdraw(context, told);
    if (attempt->outcome != OUTCOME_ELSEWHERE || answered_of(context, &flow->client)->seen)
        return;
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct finding *finding = report_about(context, &cases[HAIRPIN], CONFIDENCE_CONFIRMED, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_came_back_to, &attempt->elsewhere);
    report_count(finding, FACT_attempts, flow->handshake.syn_count);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, attempt->elsewhere_frame);
    report_controls(context, finding, flow);
}

const struct detector nat_hairpin_detector = {
    .family = "nat",
    .summary = "Connections that come back to their own sender",
    .sees = SEES_SYN | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
