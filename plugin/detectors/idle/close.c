/* A connection that a timer closes while nothing is said: no failure by itself, but it explains others.
 *
 * Most timers send FIN; some clients drop a connection by RST. The RST counts if nothing was pending and it came from the client
 * itself. One in the name of the server, or from a device in between, is idle.expired.
 *
 * Source: documented timers of load balancers and servers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { CLOSE };

/* clang-format off */
static const struct case_info cases[] = {
    [CLOSE] = {
        .id = "idle.close",
        .severity = SEVERITY_CHAT,
        .english = {
            .title = "Idle connection closed by a timer",
            .summary = "{closer} closed the connection [properly (FIN){!by_reset}][by RST, with nothing pending,{?by_reset}] after "
                       "{idle} without data ({quiet} without any packet), when a timer of {threshold} was due. Connection "
                       "{client} to {server}.",
            .causes = "The keep-alive timer of the side that closed ran out.\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]",
            .checks = "Nothing is wrong by itself. The side that sends requests must drop idle connections earlier "
                      "than the side that answers, else now and then a request meets the FIN (idle.race).\n"
                      "[The server reads this RST as \"connection reset by peer\": a client that closes its idle connections "
                      "properly does not fill the server's log with errors{?by_reset}.]",
            .disproof = "Other connections of {server} are closed after quite different idle times.",
        },
        .source = "Documented timers of load balancers and servers",
        .silent_on = "close by the client right after its answer",
    },
};
/* clang-format on */

/* Whether the packet ends the connection by itself, and is the first to do so. */
static bool
ends_it(const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    if (other->fin_frame != 0 || other->rst_frame != 0 || packet->payload.length > 0)
        return false;
    if (packet->flags & TCP_RST)
        return closer->rst_frame == packet->frame && closer->fin_frame == 0;
    return closer->fin_frame == packet->frame;
}

/* By RST only the client itself closes; a server or device that resets an idle connection is another matter. */
static bool
is_of_the_client(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct sender sender;
    packet_sender(context, flow, packet, &sender);
    return packet->from_client && flow->by_server.packets > 0 && sender.place != SENDER_NEARER &&
           sender.place != SENDER_FURTHER;
}

/* Whether the server owes an answer: the last word was the client's, which is pending for the application even if TCP
 * acknowledged it. A client that resets at a timer does not wait for one. */
static bool
owes_answer(const struct flow *flow, const struct packet *packet)
{
    bool given_up = packet->from_client && (packet->flags & TCP_RST) && flow->by_server.last_payload_frame != 0;
    return flow->by_client.last_payload_frame > flow->by_server.last_payload_frame && !given_up;
}

/* A close with nothing pending. */
static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    bool by_reset = (packet->flags & TCP_RST) != 0;

    if (!ends_it(flow, packet) || client->pending.frame != 0 || server->pending.frame != 0 || owes_answer(flow, packet))
        return;
    int64_t timer = timer_reached(context, TIMER_CLOSE, packet->idle);
    if (timer == 0 || (by_reset && !is_of_the_client(context, flow, packet)))
        return;
    struct finding *finding = report(context, &cases[CLOSE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, packet->idle);
    report_duration(finding, FACT_quiet, packet->quiet);
    report_duration(finding, FACT_threshold, timer);
    if (by_reset)
        report_flag(finding, FACT_by_reset);
    report_timers(context, finding, TIMER_CLOSE, packet->idle);
    report_bracket(context, finding, flow, packet->idle);
    report_evidence(finding, server->last_payload_frame);
}

const struct detector idle_close_detector = {
    .family = "idle",
    .summary = "Idle connections that a timer closes",
    .sees = SEES_END,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
};
