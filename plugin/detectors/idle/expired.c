/* An idle connection that is reset at a timer, although nothing was pending.
 *
 * Load balancers, NAT gateways and firewalls can tell both ends when they forget a connection: they send RST in the name of the
 * other end (Azure Load Balancer with TCP reset, AWS NAT gateway, classic ELB). Proxies told not to linger do so as well. The
 * application finds "connection reset by peer" on a connection of its pool that it had used without fault.
 *
 * One RST at a documented timer may be a server that crashed. Two connections of a server that die at different moments after the
 * same idle time are no crash, nor is a RST that comes from nearer than the server.
 *
 * Source: Microsoft, Load Balancer TCP reset and idle timeout; cloudfoundry/diego-ssh issue 24 (classic ELB, 400 s).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { REPEATS };

static const struct threshold thresholds[] = {
    [REPEATS] = {"expired_connections",
                 {"Expired: connections with the same idle time",
                  "So many connections of a server must be reset after the same idle time to make a warning of it"},
                 2,
                 2,
                 1000},
};

/* RSTs this close together have one cause, which is no timer of each connection. */
#define TOGETHER SECONDS(1)

/* So long after the RST another connection of the server shows whether it lived on. */
#define AFTERWARDS SECONDS(60)

enum { EXPIRED };

/* clang-format off */
static const struct case_info cases[] = {
    [EXPIRED] = {
        .id = "idle.expired",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Idle connection reset by a timer",
            .summary = "RST in the name of {closer}[ ({reset_sender})] after {idle} without data ({quiet} without any packet), with "
                       "nothing pending, when a timer of {threshold} was due.[ It is number {attempts} at this server after the "
                       "same idle time (warning from {limit} on).] Connection {client} to {server}.",
            .causes = "[What sent the RST is nearer than {closer.address}: a load balancer, NAT gateway or firewall with TCP reset on "
                      "idle timeout{?nearer}.]\n"
                      "[A load balancer, NAT gateway, firewall or proxy with TCP reset on idle timeout, or the timer of the "
                      "server itself{!nearer}.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]\n"
                      "[Packets without data, such as TCP keepalive probes, passed until {quiet} before the RST. They do not refresh "
                      "this timer{?probed}.]\n"
                      "[The server process crashed or was restarted, by chance after this idle time{!attempts}{!nearer}{!ruled_out}.]",
            .checks = "Compare {idle} with the idle timeout of each load balancer, NAT gateway, firewall and proxy on the way (cloud "
                      "console: load balancing rule > idle timeout, TCP reset; HAProxy: timeout client, option nolinger).\n"
                      "Let the connection pool of {client.address} drop idle connections before {threshold}, or raise that timeout "
                      "above the longest pause of the application.\n"
                      "[On the client: sockets without \"timer:(keepalive\" have TCP keepalive off. Keepalive below {threshold} "
                      "refreshes a layer 4 timer, not that of a proxy{!probed}: `ss -tnoi dst {server}`]\n"
                      "Capture on {closer.address} at the same time. If this RST did not leave there, a device on the way sent it: "
                      "`tcpdump -ni any -w expired.pcap 'host {client.address} and tcp port {server.port}'`",
            .disproof = "Another connection to {server} goes on after a longer idle time, or the server's log shows a crash or restart "
                        "at the time of the RST.",
        },
        .source = "Microsoft, Load Balancer TCP reset and idle timeout; documented timers",
        .silent_on = "client that aborts\n"
                     "health check that ends by RST\n"
                     "RST right after the answer\n"
                     "server restart that resets all connections at once",
    },
};
/* clang-format on */

struct expired_flow {
    int64_t idle_since, reset_time; /* of the finding, for what comes later */
};

/* What a server's idle connections ended with. */
struct expired_server {
    int64_t time, idle; /* of the newest RST */
    uint32_t frame;
    unsigned connections; /* with the same idle time, the newest among them, at different moments */
    bool restarted;       /* the newest RSTs came together after different idle times */
    int64_t noted;        /* when a single one was told */
    bool warned;
};

/* Whether a RST ends the connection with nothing pending. The other side was captured, so what the RST answers would have been
 * seen; and its number is the next one, so it belongs there. */
static bool
ends_idle_connection(const struct flow *flow, const struct packet *packet)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    bool waits = flow->by_client.last_payload_frame > flow->by_server.last_payload_frame;

    return sender->rst_frame == packet->frame && sender->fin_frame == 0 && sender->sequence_known &&
           packet->sequence == sender->next_sequence && other->packets > 0 && other->fin_frame == 0 &&
           other->rst_frame == 0 && sender->pending.frame == 0 && other->pending.frame == 0 && !waits &&
           (flow->began_before || flow->attempt.outcome >= OUTCOME_COMPLETED);
}

static bool
is_same_idle(int64_t a, int64_t b)
{
    int64_t difference = a > b ? a - b : b - a;
    int64_t tolerance = b / 40 > MILLISECONDS(500) ? b / 40 : MILLISECONDS(500);
    return difference <= tolerance;
}

/* Counts the RST. False if it is one of those of a restart, which refutes what the first of them told. */
static bool
take_reset(struct context *context, const struct endpoint *server, const struct packet *packet,
           struct expired_server *state)
{
    bool together = state->time != 0 && packet->time - state->time <= TOGETHER;
    bool same = state->time != 0 && is_same_idle(packet->idle, state->idle);

    if (together && !same && !state->restarted) {
        struct finding *finding = reported_about(context, &cases[EXPIRED], server, sizeof *server);
        state->restarted = true;
        if (finding != NULL && !state->warned && packet->time - state->noted <= TOGETHER)
            report_withdraw(context, finding);
    } else if (!together) {
        state->restarted = false;
        state->connections = same ? state->connections + 1 : 1;
    }
    return !state->restarted;
}

static void
report_expired(struct context *context, const struct flow *flow, const struct packet *packet,
               const struct sender *sender, struct expired_server *state)
{
    int64_t timer = timer_reached(context, TIMER_EXPIRED, packet->idle);
    struct endpoint server;
    flow_server_key(flow, &server);
    unsigned limit = threshold_value(context, REPEATS);
    bool repeated = state->connections >= limit, warning = repeated || sender->place == SENDER_NEARER;

    if (timer == 0)
        return;
    /* The first warning stands beside the note in front of it. */
    struct finding *finding = report_about(context, &cases[EXPIRED], warning ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
                                           &server, sizeof server, warning && !state->warned ? 2 : 1);
    if (finding == NULL)
        return;
    if (!warning) {
        report_severity(finding, SEVERITY_NOTE);
        state->noted = packet->time;
    }
    state->warned |= warning;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, packet->idle);
    report_duration(finding, FACT_quiet, packet->quiet);
    report_duration(finding, FACT_threshold, timer);
    report_timers(context, finding, TIMER_EXPIRED, packet->idle);
    report_bracket(context, finding, flow, packet->idle);
    report_sender(finding, sender, &packet->source.address);
    if (sender->place == SENDER_NEARER)
        report_flag(finding, FACT_nearer);
    if (packet->idle - packet->quiet > SECONDS(1))
        report_flag(finding, FACT_probed);
    if (repeated) {
        report_count(finding, FACT_attempts, state->connections);
        report_count(finding, FACT_limit, limit);
        report_evidence(finding, state->frame);
    }
    report_evidence(finding, flow->by_server.last_payload_frame);
    struct expired_flow *own = flow_state(context);
    *own = (struct expired_flow){packet->time - packet->idle, packet->time};
    wake_at(context, packet->time + AFTERWARDS);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct sender sender;

    if (!(packet->flags & TCP_RST) || !ends_idle_connection(flow, packet))
        return;
    packet_sender(context, flow, packet, &sender);
    /* A client's own RST is its own will: idle.close. */
    if (packet->from_client && sender.place != SENDER_NEARER)
        return;
    struct endpoint server;
    flow_server_key(flow, &server);
    struct expired_server *state = keyed_state(context, 0, &server, sizeof server, sizeof *state);
    if (take_reset(context, &server, packet, state))
        report_expired(context, flow, packet, &sender, state);
    state->time = packet->time;
    state->idle = packet->idle;
    state->frame = packet->frame;
}

/* A server that was restarted takes all of its connections with it. */
static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    const struct expired_flow *state = flow_state(context);
    struct finding *finding = reported(context, &cases[EXPIRED]);
    uint32_t frame;

    (void)now;
    if (finding != NULL && server_lived_on(context, flow, state->idle_since, state->reset_time, &frame))
        report_ruled_out(finding, "the server was restarted: another connection that began before lives on",
                         "服务端重启：此前建立的另一条连接仍然正常", frame);
}

const struct detector idle_expired_detector = {
    .family = "idle",
    .summary = "Idle connections that are reset at a timer",
    .sees = SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct expired_flow),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
