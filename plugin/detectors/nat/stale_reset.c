/* A RST for a late segment that connection tracking took for a stranger's, while the connection itself was well.
 *
 * A segment that comes again late, below the window that connection tracking expects, is INVALID to it and passes without being
 * translated. The host that gets it finds no socket for these addresses and answers by RST, as it must, while its socket of the
 * translated connection goes on. The other end takes the RST and drops the connection: downloads from behind a Kubernetes service
 * break off with "connection reset by peer", now and then, mostly when much is sent.
 *
 * The numbers show it: the RST is that for a segment which its sender had acknowledged before, and the same sender acknowledges on,
 * so no socket of it was closed.
 *
 * Source: Kubernetes issues 74839 and 117924; Kubernetes blog, kube-proxy subtleties; RFC 9293, 3.10.7.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { STALE_RESET };

/* clang-format off */
static const struct case_info cases[] = {
    [STALE_RESET] = {
        .id = "nat.stale_reset",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "RST for a late segment, on a connection that was not closed",
            .summary = "{closer} answered a late segment, which it had acknowledged before, by RST after {delay}, and goes on to "
                       "acknowledge new data: it has not closed the connection, but the RST ends it for the other side. Connection "
                       "{client} to {server}.",
            .causes = "Connection tracking on the way (a Kubernetes node, a NAT gateway, a firewall) took the late segment for INVALID "
                      "and let it pass without translating its address: {closer.address} knows no connection of that address, and "
                      "its kernel answers by RST.\n"
                      "A firewall on the host of {closer.address} itself rejects INVALID segments by RST.",
            .checks = "On the host that translates. If \"invalid\" grows, its connection tracking rejects segments: `conntrack -S`\n"
                      "On the same host. With 1, such segments are translated like all others: `sysctl "
                      "net.netfilter.nf_conntrack_tcp_be_liberal`\n"
                      "On the same host. INVALID segments must be dropped, not passed or rejected (kube-proxy has such a rule in "
                      "KUBE-FORWARD): `iptables-save | grep -i invalid`\n"
                      "On the host of {closer.address}. The RST goes to the address that the late segment came from; if that is not the "
                      "other end of the connection, it was not translated: `tcpdump -ni any 'tcp and host {closer.address}'`",
            .disproof = "The program at {closer.address} logs that it closed or aborted this connection at the time of the RST.",
        },
        .source = "Kubernetes issues 74839, 117924; Kubernetes blog, kube-proxy subtleties; RFC 9293, 3.10.7.1",
        .silent_on = "program that ends with unread data\n"
                     "RST in the name of another host\n"
                     "copies of the capture",
    },
};
/* clang-format on */

/* A server with many downloads has this often; more findings about it say nothing new. */
enum { SERVER_FINDINGS = 1 };

/* What was sent before the RST may come after it: so many acknowledgments of new data must follow, or one of data that was sent after
 * the RST. */
enum { ADVANCES = 2 };

struct stale_flow {
    uint32_t reset_frame, stale_frame; /* 0 = no such RST yet, or it is told */
    int64_t delay;
    uint32_t next;         /* sequence number of the late segment's sender at the RST */
    uint32_t acknowledged; /* by the RST's sender, the highest so far */
    unsigned advances;
    bool of_client;
};

/* The first RST of a side that had not ended, by the host itself. */
static void
take_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *resetter = flow_sender(flow, packet), *stale = flow_receiver(flow, packet);
    struct sender sender;

    if (resetter->rst_frame != packet->frame || resetter->fin_frame != 0 || stale->fin_frame != 0 ||
        stale->rst_frame != 0 || !reset_answers_stale(flow, packet))
        return;
    packet_sender(context, flow, packet, &sender);
    if (sender.place == SENDER_NEARER || sender.place == SENDER_FURTHER)
        return;
    struct stale_flow *state = flow_state(context);
    *state = (struct stale_flow){.reset_frame = packet->frame,
                                 .stale_frame = stale->repeated_frame,
                                 .delay = packet->time - stale->repeated_time,
                                 .next = stale->next_sequence,
                                 .acknowledged = resetter->acknowledgment,
                                 .of_client = packet->from_client};
}

/* Whether its sender acknowledges on: a closed socket does not. */
static bool
goes_on(struct stale_flow *state, const struct flow *flow, const struct packet *packet)
{
    if (packet->from_client != state->of_client || !(packet->flags & TCP_ACK) ||
        sequence_difference(packet->acknowledgment, state->acknowledged) <= 0 ||
        sequence_difference(packet->acknowledgment, flow_receiver(flow, packet)->next_sequence) > 0)
        return false;
    state->acknowledged = packet->acknowledgment;
    return ++state->advances >= ADVANCES || sequence_difference(packet->acknowledgment, state->next) > 0;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->flags & TCP_RST) {
        take_reset(context, flow, packet);
        return;
    }
    struct stale_flow *state = flow_state(context);
    if (state->reset_frame == 0 || !goes_on(state, flow, packet))
        return;
    struct finding *finding = report_about(context, &cases[STALE_RESET], CONFIDENCE_LIKELY, &flow->server.address,
                                           sizeof flow->server.address, SERVER_FINDINGS);
    uint32_t reset_frame = state->reset_frame;
    state->reset_frame = 0;
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_delay, state->delay);
    report_evidence(finding, state->stale_frame);
    report_evidence(finding, reset_frame);
}

const struct detector nat_stale_reset_detector = {
    .family = "nat",
    .summary = "Late segments that connection tracking does not translate",
    .sees = SEES_AFTER_RESET,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct stale_flow),
    .on_packet = on_packet,
};
