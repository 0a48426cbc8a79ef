/* A connection that was forgotten while nothing was said: what comes next vanishes.
 *
 * A firewall, NAT gateway or load balancer that removes an idle session without a word drops what belongs to none. The
 * sender repeats itself for minutes, and nothing comes back. What was lost on a path that works is answered when it is sent
 * again: so nothing is said before the answer to one more retransmission would have been there, and it is taken back if an
 * answer comes after all.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6; documented state timeouts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { BLACKHOLE };

/* clang-format off */
static const struct case_info cases[] = {
    [BLACKHOLE] = {
        .id = "idle.blackhole",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Data vanishes after an idle period",
            .summary = "Idle for {idle} (level {threshold}), then the same data was retransmitted "
                       "{retransmissions} times (threshold 3) within {delay} and nothing at all came back. "
                       "Connection {client} to {server}.",
            .causes = "A stateful device on the way (firewall, NAT gateway, security group, load balancer) "
                      "silently removed the idle session and drops packets that belong to none.\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "The path or the other host went down during the idle time; then new connections fail as well.",
            .checks = "Open a new connection now. If it works, the path is fine and a session table lost this "
                      "connection: `nc -vz -w 5 {server.address} {server.port}`\n"
                      "Look up the TCP idle timeout of each NAT gateway, firewall and load balancer on the way. On a "
                      "Linux router: `conntrack -L -p tcp -d {server.address}; sysctl "
                      "net.netfilter.nf_conntrack_tcp_timeout_established`\n"
                      "Turn on TCP keepalive in the application with an interval below {threshold}, or let the "
                      "connection pool drop idle connections earlier.",
            .disproof = "The same data arrives in a capture made on the other host, or other connections of "
                        "{server} stop at the same moment (then the path is broken, and no timer is to blame).",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6; documented state timeouts",
        .silent_on = "loss repaired by a retransmission\n"
                     "a blind direction",
    },
};
/* clang-format on */

/* Whether this side's data, sent after an idle period, is lost. A ClientHello is tls.hello_unanswered. */
static bool
vanishes(struct context *context, const struct flow *flow, bool from_client)
{
    const struct side *sender = from_client ? &flow->by_client : &flow->by_server;
    const struct side *receiver = from_client ? &flow->by_server : &flow->by_client;
    const struct pending *pending = &sender->pending;

    return pending->third_frame != 0 && !pending->probe && !pending->answered &&
           pending->frame != flow->tls.client_hello_frame && receiver->packets > 0 && receiver->rst_frame == 0 &&
           level_passed(context, pending->idle) != 0 && answers_visible(context, flow, from_client);
}

static void
report_blackhole(struct context *context, const struct flow *flow, const struct pending *pending, int64_t now)
{
    struct finding *finding = report(context, &cases[BLACKHOLE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_duration(finding, FACT_idle, pending->idle);
    report_duration(finding, FACT_quiet, pending->quiet);
    report_duration(finding, FACT_threshold, level_passed(context, pending->idle));
    report_duration(finding, FACT_delay, now - pending->time);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    report_timers(context, finding, TIMER_SILENCE, pending->idle);
    report_bracket(context, finding, flow, pending->idle);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct pending *pending = &flow_sender(flow, packet)->pending;
    struct finding *finding = packet->revives ? reported(context, &cases[BLACKHOLE]) : NULL;

    if (finding != NULL)
        report_withdraw(context, finding);
    if (pending->third_frame == 0 || !vanishes(context, flow, packet->from_client))
        return;
    /* The sender gives up: nothing is due any more. */
    if (packet->flags & (TCP_FIN | TCP_RST))
        report_blackhole(context, flow, pending, packet->time);
    else if (pending->third_frame == packet->frame)
        wake_at(context, pending->due);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    const struct pending *of_client = &flow->by_client.pending, *of_server = &flow->by_server.pending;
    if (pending_is_lost(of_client, now) && vanishes(context, flow, true))
        report_blackhole(context, flow, of_client, now);
    else if (pending_is_lost(of_server, now) && vanishes(context, flow, false))
        report_blackhole(context, flow, of_server, now);
}

const struct detector idle_blackhole_detector = {
    .family = "idle",
    .summary = "Connections whose data vanishes after an idle period",
    .sees = SEES_END | SEES_REPEATED | SEES_REVIVED,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
