/* A connection that was dropped while nothing was said: what comes next is answered by RST.
 *
 * Every box on the way keeps a timer for silent connections: load balancers and proxies close or forget a connection that
 * carried no data for 15, 60 or 120 s, firewalls and NAT gateways drop its state. The ends learn it by the next request.
 * Where a mirror shows one direction only, the RST alone tells: without ACK flag it has its number from a segment that it
 * answers (RFC 9293, 3.10.7), so the unseen side has sent something after the idle time.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6: a request 14.94 s after the response of an SLB with a 15 s
 * keepalive, retransmitted and answered by RST.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A FIN this close behind the data belongs to it: the sender was closing, not asking. */
#define CLOSING_WINDOW MILLISECONDS(100)

/* So long after the RST another connection of the server shows whether it lived on. */
#define AFTERWARDS SECONDS(60)

enum { RESET };

/* clang-format off */
static const struct case_info cases[] = {
    [RESET] = {
        .id = "idle.reset",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Connection reset after an idle period",
            .summary = "Idle for {idle} (level {threshold}), then [the next data was never acknowledged{!keepalive}{!one_way}][a keepalive "
                       "probe was never acknowledged{?keepalive}][{closer} got a segment that is not in the "
                       "capture{?one_way}][ (retransmissions: {retransmissions}){?repeated}]; {closer} sent RST[ {delay} later][ ({reset_sender})]. Connection {client} to {server}.",
            .causes = "[What sent the RST is nearer than {closer.address} and keeps a state for each connection, which it forgets "
                      "when it is idle: IPVS (LVS, kube-proxy; 900 s by default), a NAT gateway, a firewall{?nearer}.]\n"
                      "The idle timer of a load balancer, proxy, firewall or NAT gateway on the way ran out and "
                      "the connection was dropped there; that timer is at most {idle}.\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[A TCP keepalive probe, not a request, found the connection dead: no request was "
                      "lost{?keepalive}.]\n"
                      "[The capture shows one direction. A RST without ACK flag has its number from the segment that it "
                      "answers, and this is the next number of {closer}: the other side sent data or a probe after the "
                      "idle time{?one_way}.]\n"
                      "[The server process or host was restarted during the idle time; then all of its connections "
                      "die at the same moment{!ruled_out}.]",
            .checks = "[Capture or mirror the other direction as well: it must show a segment to {closer} right before the "
                      "RST. If it shows none, the connection was closed by a timer, and nothing was lost{?one_way}.]\n"
                      "Compare {idle} with the idle timeout of the load balancer or proxy (console: listener > idle "
                      "timeout; nginx: keepalive_timeout; HAProxy: timeout client, timeout http-keep-alive).\n"
                      "Let the client's connection pool drop idle connections before {threshold}, or raise the "
                      "shortest timer on the way above the longest pause of the application.\n"
                      "On the client: sockets without \"timer:(keepalive\" have TCP keepalive off. Keepalive below "
                      "{threshold} refreshes the state of firewalls, NAT gateways and layer 4 load balancers, not "
                      "the HTTP timer of a layer 7 proxy: `ss -tnoi dst {server}`\n"
                      "Where IPVS (LVS, kube-proxy) is on the way, its timeout of idle connections: `ipvsadm -l --timeout`\n"
                      "Capture on both sides of the suspected device at once; if the RST is seen on one side only, "
                      "this device sent it: `tcpdump -ni any -w reset.pcap 'host {server.address} and tcp port "
                      "{server.port}'`",
            .disproof = "A connection to {server} that goes on normally after a longer idle time, or a server log "
                        "that shows a restart or crash at the time of the RST.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6",
        .silent_on = "RST without idle before it\n"
                     "RST after FIN or after the peer closed properly\n"
                     "client aborting with nothing pending\n"
                     "idle under the lowest level",
    },
};
/* clang-format on */

struct idle_flow {
    int64_t idle_since, reset_time; /* of the finding, for what comes later */
};

/* What both kinds have: `idle` ended at the RST or at what it answers. */
static struct finding *
report_reset(struct context *context, const struct flow *flow, const struct packet *packet, int64_t idle, int64_t quiet,
             int64_t idle_end)
{
    struct finding *finding = report(context, &cases[RESET], CONFIDENCE_LIKELY);
    struct sender sender;
    if (finding == NULL)
        return NULL;
    packet_sender(context, flow, packet, &sender);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, idle);
    report_duration(finding, FACT_quiet, quiet);
    report_duration(finding, FACT_threshold, level_passed(context, idle));
    report_timers(context, finding, TIMER_RESET, idle);
    report_bracket(context, finding, flow, idle);
    report_sender(finding, &sender, &packet->source.address);
    if (sender.place == SENDER_NEARER)
        report_flag(finding, FACT_nearer);
    struct idle_flow *state = flow_state(context);
    *state = (struct idle_flow){.idle_since = idle_end - idle, .reset_time = packet->time};
    wake_at(context, packet->time + AFTERWARDS);
    return finding;
}

/* A RST for what the other side had sent after an idle period. */
static void
check_answer(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *resetter = flow_sender(flow, packet), *victim = flow_receiver(flow, packet);
    const struct pending *pending = &victim->pending;

    if (pending->frame == 0 || level_passed(context, pending->idle) == 0 || resetter->fin_frame != 0 ||
        victim->rst_frame != 0)
        return;
    if (victim->fin_frame != 0 && victim->fin_time - pending->time < CLOSING_WINDOW)
        return;
    /* Lost before it was reset: idle.blackhole. */
    if (pending_is_lost(pending, packet->time) && answers_visible(context, flow, !packet->from_client))
        return;
    struct finding *finding = report_reset(context, flow, packet, pending->idle, pending->quiet, pending->time);
    if (finding == NULL)
        return;
    report_duration(finding, FACT_delay, packet->time - pending->time);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    if (pending->retransmissions > 0)
        report_flag(finding, FACT_repeated);
    if (pending->probe)
        report_flag(finding, FACT_keepalive);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
}

/* The RST for a segment of a side that was never captured. What that side sent before shows in the acknowledgments, so any packet
 * ends the idle time here. */
static void
check_unseen(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *resetter = flow_sender(flow, packet), *unseen = flow_receiver(flow, packet);

    if (unseen->packets > 0 || (packet->flags & TCP_ACK) || resetter->fin_frame != 0 ||
        resetter->rst_frame != packet->frame || !resetter->sequence_known ||
        packet->sequence != resetter->next_sequence || level_passed(context, packet->quiet) == 0)
        return;
    struct finding *finding = report_reset(context, flow, packet, packet->quiet, packet->quiet, packet->time);
    if (finding == NULL)
        return;
    report_flag(finding, FACT_one_way);
    report_evidence(finding, resetter->last_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!(packet->flags & TCP_RST))
        return;
    check_answer(context, flow, packet);
    check_unseen(context, flow, packet);
}

/* A server that was restarted takes all of its connections with it. */
static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    const struct idle_flow *state = flow_state(context);
    struct finding *finding = reported(context, &cases[RESET]);
    uint32_t frame;

    (void)now;
    if (finding != NULL && server_lived_on(context, flow, state->idle_since, state->reset_time, &frame))
        report_ruled_out(finding, "the server was restarted: another connection that began before lives on",
                         "服务端重启：此前建立的另一条连接仍然正常", frame);
}

const struct detector idle_reset_detector = {
    .family = "idle",
    .summary = "Connections that are reset by the first packet after an idle period",
    .sees = SEES_END,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct idle_flow),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
