/* A request that meets the FIN by which the server closes an idle connection.
 *
 * Nobody can know that the other side is about to close: a request that crosses the FIN is answered by RST, which proxies
 * show as a sporadic 502 (the keep-alive race; RFC 9112, 9.5). The numbers prove the crossing: the FIN does not acknowledge
 * the request, which the server had therefore not received, and the request does not acknowledge the FIN. A client that
 * had the FIN already, and sends its request all the same, did not notice it: the same failure with another cause.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A FIN sooner after the last byte ends an answer ("Connection: close"); no timer is as short. */
#define RACE_IDLE MILLISECONDS(100)

enum { RACE };

/* clang-format off */
static const struct case_info cases[] = {
    [RACE] = {
        .id = "idle.race",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Request met the close of an idle connection",
            .summary = "{server} closed the connection (FIN) after {idle} idle; a request of {client} [crossed that FIN{!noticed}]"
                       "[followed that FIN, which it had already{?noticed}], {delay} apart, and was answered by RST.",
            .causes = "[The client did not notice the FIN, which it got {delay} before it sent the request (its socket was in "
                      "CLOSE_WAIT), and used the dead connection{?noticed}.]\n"
                      "[Keep-alive race: the client reused the connection at the moment when the server's idle "
                      "timer closed it. Proxies report it as a sporadic 502{!noticed}.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]",
            .checks = "[On the client, connections that the application forgot to close: `ss -tnp state close-wait "
                      "dst {server}`{?noticed}]\n"
                      "Make the idle timeout of the side that sends requests shorter than that of the side that "
                      "answers (nginx upstream: keepalive_timeout below the back end's; Node.js back end: "
                      "server.keepAliveTimeout above the load balancer's).\n"
                      "Let the client retry idempotent requests on a new connection (RFC 9112, 9.3.1).",
            .disproof = "The server's log shows that it read the request, or the FIN follows an answer with "
                        "\"Connection: close\".",
        },
        .source = "RFC 9112, 9.5; documented timers",
        .silent_on = "late close_notify or FIN exchange",
    },
};
/* clang-format on */

/* Packets that hold nothing but a TLS alert, or a record of that size: a close_notify, no request. The newest of each side; that of
 * the server begins its close. */
struct race_flow {
    uint32_t client_frame;
    int64_t server_time, server_idle;
};

static bool
is_close_notify(const struct packet *packet)
{
    const struct tls_records *records = packet->tls;
    if (records == NULL || records->count != 1)
        return false;
    return records->record[0].type == TLS_ALERT ||
           (records->record[0].type == TLS_APPLICATION_DATA && records->record[0].length == TLS13_ALERT_LENGTH);
}

/* Whether the client had the FIN before it sent the request: it acknowledges the FIN, or was given more than a round trip. */
static bool
had_fin(const struct flow *flow, const struct pending *request)
{
    const struct side *server = &flow->by_server;
    int64_t round_trip = flow->round_trip > 0 ? flow->round_trip : flow->usual_round_trip;

    if (server->fin_frame > request->frame)
        return false;
    return sequence_difference(request->acknowledgment, server->fin_sequence) > 0 ||
           (round_trip > 0 && request->time - server->fin_time > round_trip);
}

/* Of the connection, before the server's FIN or the close_notify right in front of it. */
static int64_t
idle_before_close(const struct flow *flow, const struct race_flow *state)
{
    const struct side *server = &flow->by_server;
    bool announced = state->server_time != 0 && server->fin_time - state->server_time < RACE_IDLE;
    return announced ? state->server_idle : server->fin_idle;
}

static void
check_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct race_flow *state = flow_state(context);
    const struct side *server = &flow->by_server;
    const struct pending *request = &flow->by_client.pending;

    if (packet->from_client || server->fin_frame == 0 || request->frame == 0 || request->probe ||
        request->frame == state->client_frame || flow->by_client.fin_frame == request->frame)
        return;
    bool follows = server->fin_frame < request->frame;
    int64_t idle = follows ? idle_before_close(flow, state) : request->idle;
    if (idle < RACE_IDLE)
        return;
    struct finding *finding = report(context, &cases[RACE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, idle);
    report_duration(finding, FACT_delay, follows ? request->time - server->fin_time : server->fin_time - request->time);
    if (had_fin(flow, request))
        report_flag(finding, FACT_noticed);
    report_timers(context, finding, TIMER_CLOSE, idle);
    report_evidence(finding, server->fin_frame);
    report_evidence(finding, request->frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->flags & TCP_RST) {
        check_reset(context, flow, packet);
    } else if (is_close_notify(packet)) {
        struct race_flow *state = flow_state(context);
        if (packet->from_client)
            state->client_frame = packet->frame;
        else
            *state = (struct race_flow){state->client_frame, packet->time, packet->idle};
    }
}

const struct detector idle_race_detector = {
    .family = "idle",
    .summary = "Requests that meet the close of an idle connection",
    .sees = SEES_TLS | SEES_END,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct race_flow),
    .on_packet = on_packet,
};
