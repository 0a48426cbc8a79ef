/* Connections that die while nothing is said.
 *
 * Every box on the way keeps a timer for silent connections: load balancers and proxies close or
 * forget a connection that carried no data for 15, 60 or 120 s, firewalls and NAT gateways drop its
 * state. The ends learn it by the next request: it is answered by RST (idle.reset), or vanishes
 * (idle.blackhole), or crosses the server's FIN (idle.race). A timer that closes properly hurts
 * nobody but explains the rest (idle.close).
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6: a request 14.94 s after the response of an
 * SLB with a 15 s keepalive, retransmitted and answered by RST. Keep-alive race: RFC 9112, 9.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A FIN this long after the last byte was sent by a timer or a person, not at the end of an answer. */
#define RACE_IDLE SECONDS(1)

/* Where the handshake was not captured, two crossing packets are taken to be at most this apart. */
#define RACE_WINDOW MILLISECONDS(200)

/* Over a shorter path a FIN that answers the request can't be told from one that crossed it: then only
 * an idle time that a timer explains speaks for the race. */
#define RACE_ROUND_TRIP MILLISECONDS(2)

/* A FIN this close behind the data belongs to it: the sender was closing, not asking. */
#define CLOSING_WINDOW MILLISECONDS(100)

/* The third retransmission of a fast sender may still be answered: a path that answers at all does
 * so within this time. */
#define SILENCE_TIME SECONDS(3)

enum { RESET, BLACKHOLE, CLOSE, RACE };

/* clang-format off */
static const struct case_info cases[] = {
    [RESET] = {
        .id = "idle.reset",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Connection reset after an idle period",
            .summary = "Idle for {idle} (level {threshold}), then [the next data{!keepalive}][a keepalive "
                       "probe{?keepalive}] was never acknowledged (retransmissions: {retransmissions}); {closer} "
                       "sent RST {delay} later. Connection {client} to {server}.",
            .causes = "The idle timer of a load balancer, proxy, firewall or NAT gateway on the way ran out and "
                      "the connection was dropped there; that timer is at most {idle}.\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[A TCP keepalive probe, not a request, found the connection dead: no request was "
                      "lost{?keepalive}.]\n"
                      "The server process or host was restarted during the idle time; then all of its connections "
                      "die at the same moment.",
            .checks = "Compare {idle} with the idle timeout of the load balancer or proxy (console: listener > idle "
                      "timeout; nginx: keepalive_timeout; HAProxy: timeout client, timeout http-keep-alive).\n"
                      "Let the client's connection pool drop idle connections before {threshold}, or raise the "
                      "shortest timer on the way above the longest pause of the application.\n"
                      "On the client: sockets without \"timer:(keepalive\" have TCP keepalive off. Keepalive below "
                      "{threshold} refreshes the state of firewalls, NAT gateways and layer 4 load balancers, not "
                      "the HTTP timer of a layer 7 proxy: `ss -tnoi dst {server}`\n"
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
    [CLOSE] = {
        .id = "idle.close",
        .severity = SEVERITY_CHAT,
        .english = {
            .title = "Idle connection closed by a timer",
            .summary = "{closer} closed the connection properly (FIN) after {idle} without data, when a timer of "
                       "{threshold} was due. Connection {client} to {server}.",
            .causes = "The keep-alive timer of the side that closed ran out.\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]",
            .checks = "Nothing is wrong by itself. The side that sends requests must drop idle connections earlier "
                      "than the side that answers, else now and then a request meets the FIN (idle.race).",
            .disproof = "Other connections of {server} are closed after quite different idle times.",
        },
        .source = "Documented timers of load balancers and servers",
        .silent_on = "close by the client right after its answer",
    },
    [RACE] = {
        .id = "idle.race",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Request met the close of an idle connection",
            .summary = "{server} closed the connection (FIN) after {idle} idle; a request of {client} crossed or "
                       "followed that FIN, {delay} apart, and was answered by RST.",
            .causes = "Keep-alive race: the client reused the connection at the moment when the server's idle "
                      "timer closed it. Proxies report it as a sporadic 502.\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "The client did not notice the FIN (its socket stayed in CLOSE_WAIT) and used the dead "
                      "connection.",
            .checks = "Make the idle timeout of the side that sends requests shorter than that of the side that "
                      "answers (nginx upstream: keepalive_timeout below the back end's; Node.js back end: "
                      "server.keepAliveTimeout above the load balancer's).\n"
                      "Let the client retry idempotent requests on a new connection (RFC 9112, 9.3.1).\n"
                      "On the client, connections that the application forgot to close: `ss -tnp state close-wait "
                      "dst {server}`",
            .disproof = "The server's log shows that it read the request, or the FIN follows an answer with "
                        "\"Connection: close\".",
        },
        .source = "RFC 9112, 9.5; documented timers",
        .silent_on = "late close_notify or FIN exchange",
    },
};
/* clang-format on */

/* Frames in which a side sent nothing but a TLS alert, or a record of that size: a goodbye, no request. */
struct idle_flow {
    uint32_t client_alert_frame;
    bool died;
};

static bool
is_goodbye(const struct packet *packet)
{
    const struct tls_records *records = packet->tls;
    if (records == NULL || records->count != 1)
        return false;
    return records->record[0].type == TLS_ALERT ||
           (records->record[0].type == TLS_APPLICATION_DATA && records->record[0].length == TLS13_ALERT_LENGTH);
}

static void
report_times(struct context *context, struct finding *finding, const struct flow *flow, const struct pending *pending,
             int64_t now, enum timer_end end)
{
    report_flow(finding, flow);
    report_duration(finding, FACT_idle, pending->idle);
    report_duration(finding, FACT_quiet, pending->quiet);
    report_duration(finding, FACT_threshold, level_passed(context, pending->idle));
    report_duration(finding, FACT_delay, now - pending->time);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    if (pending->probe)
        report_flag(finding, FACT_keepalive);
    report_timers(context, finding, end, pending->idle);
    report_bracket(context, finding, flow, pending->idle);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
}

/* A RST for what the other side had sent after an idle period. */
static void
check_reset(struct context *context, const struct flow *flow, const struct packet *packet, struct idle_flow *state)
{
    const struct side *resetter = flow_sender(flow, packet), *victim = flow_receiver(flow, packet);
    const struct pending *pending = &victim->pending;

    if (state->died || pending->frame == 0 || level_passed(context, pending->idle) == 0 || resetter->fin_frame != 0)
        return;
    if (victim->fin_frame != 0 && victim->fin_time - pending->time < CLOSING_WINDOW)
        return;
    struct finding *finding = report(context, &cases[RESET], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->died = true;
    report_endpoint(finding, FACT_closer, &packet->source);
    report_times(context, finding, flow, pending, packet->time, TIMER_RESET);
}

/* The server's RST for a request that crossed or followed its idle FIN. */
static void
check_race(struct context *context, const struct flow *flow, const struct packet *packet, const struct idle_flow *state)
{
    const struct side *server = &flow->by_server;
    const struct pending *request = &flow->by_client.pending;
    int64_t window = flow->round_trip > 0 ? flow->round_trip : RACE_WINDOW;

    if (packet->from_client || server->fin_frame == 0 || request->frame == 0 || request->probe ||
        request->frame == state->client_alert_frame || flow->by_client.fin_frame == request->frame)
        return;
    bool follows = server->fin_frame < request->frame;
    int64_t idle = follows ? server->fin_idle : request->idle;
    if (idle < RACE_IDLE || (!follows && server->fin_time - request->time > window))
        return;
    if (!follows && flow->round_trip < RACE_ROUND_TRIP && level_passed(context, idle) == 0)
        return;
    struct finding *finding = report(context, &cases[RACE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, idle);
    report_duration(finding, FACT_delay, follows ? request->time - server->fin_time : server->fin_time - request->time);
    report_timers(context, finding, TIMER_CLOSE, idle);
    report_evidence(finding, server->fin_frame);
    report_evidence(finding, request->frame);
}

/* Retransmissions that nobody hears. The sender's own FIN or RST after them means that it gave up. */
static void
check_blackhole(struct context *context, const struct flow *flow, const struct packet *packet, struct idle_flow *state)
{
    const struct side *sender = flow_sender(flow, packet), *receiver = flow_receiver(flow, packet);
    const struct pending *pending = &sender->pending;

    if (state->died || pending->frame == 0 || pending->probe || pending->retransmissions < 3 || pending->answered ||
        pending->frame == flow->tls.client_hello_frame || receiver->packets == 0)
        return;
    bool gave_up = (packet->flags & (TCP_FIN | TCP_RST)) != 0;
    bool waited = pending->retransmissions > 3 || packet->time - pending->time >= SILENCE_TIME;
    if (level_passed(context, pending->idle) == 0 || !(gave_up || waited) ||
        !answers_visible(context, flow, packet->from_client))
        return;
    struct finding *finding = report(context, &cases[BLACKHOLE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->died = true;
    report_times(context, finding, flow, pending, packet->time, TIMER_SILENCE);
}

/* A proper close with nothing pending. The last word must have been the server's: a request without
 * an answer is pending for the application even if TCP acknowledged it. */
static void
check_close(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (closer->fin_frame != packet->frame || other->fin_frame != 0 || packet->payload.length > 0 ||
        closer->pending.frame != 0 || other->pending.frame != 0 ||
        (client->last_payload_frame > server->last_payload_frame))
        return;
    int64_t timer = timer_reached(context, packet->idle);
    if (timer == 0)
        return;
    struct finding *finding = report(context, &cases[CLOSE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, packet->idle);
    report_duration(finding, FACT_quiet, packet->quiet);
    report_duration(finding, FACT_threshold, timer);
    report_timers(context, finding, TIMER_CLOSE, packet->idle);
    report_bracket(context, finding, flow, packet->idle);
    report_evidence(finding, server->last_payload_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    /* Most packets say nothing here: keep them away from the state, which costs memory. */
    bool ends = (packet->flags & (TCP_FIN | TCP_RST)) != 0;
    bool goodbye = packet->from_client && is_goodbye(packet);
    if (!ends && !goodbye && flow_sender(flow, packet)->pending.retransmissions < 3)
        return;

    struct idle_flow *state = flow_state(context);
    if (goodbye)
        state->client_alert_frame = packet->frame;
    check_blackhole(context, flow, packet, state);
    if (packet->flags & TCP_RST) {
        check_reset(context, flow, packet, state);
        check_race(context, flow, packet, state);
    } else if (packet->flags & TCP_FIN) {
        check_close(context, flow, packet);
    }
}

const struct detector idle_idle_detector = {
    .family = "idle",
    .summary = "Connections that die, or are closed, after an idle period",
    .sees = SEES_TLS | SEES_END | SEES_REPEATED,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct idle_flow),
    .on_packet = on_packet,
};
