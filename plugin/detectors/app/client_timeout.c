/* Clients that do not wait for an answer any longer.
 *
 * A request is sent, the other side acknowledges it, and nothing comes until the client has had enough: its timeout ends the wait, and
 * the server's answer, if it comes, meets a closed socket. The network has carried everything. A timeout is a whole number of seconds
 * and the same each time; people lose patience at any time.
 *
 * Source: the timeouts of HTTP clients (curl -m, requests, http.Client.Timeout of Go, setSoTimeout of Java); nginx, status 499.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { TIMES };

static const struct threshold thresholds[] = {
    [TIMES] = {"client_timeouts",
               {"App: client timeouts",
                "A client must have left a server so often after the same whole number of seconds"},
               2,
               2,
               1000},
};

enum { TIMEOUT };

/* clang-format off */
static const struct case_info cases[] = {
    [TIMEOUT] = {
        .id = "app.client_timeout",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Client gives up waiting for the answer",
            .summary = "{client} sent a request to {server}, which acknowledged it, waited {idle} for the first byte of the answer and "
                       "[left (FIN){!by_reset}][left (RST){?by_reset}], as a timeout of {threshold} does[: {attempts} times (threshold "
                       "{limit})][; the answer came {delay} after that].",
            .causes = "The application at {server} takes longer than the client's timeout of {threshold}: slow query, lock, exhausted "
                      "worker threads or connection pool. The request was acknowledged, so the network is not the cause.\n"
                      "The client's timeout is too short for what this request needs.\n"
                      "{server} is a proxy or load balancer that itself waits for its back end.",
            .checks = "On the server, what the application did at that time (slow query log, thread dump by jstack or py-spy); nginx "
                      "writes status 499 for a client that left: `grep ' 499 ' /var/log/nginx/access.log`\n"
                      "On the server, connections whose input the application has not read (Recv-Q), and their process: `ss -tnp 'sport = "
                      ":{server.port}'`\n"
                      "On the client, which timeout is {threshold} (curl -m, timeout of requests, Timeout of Go's http.Client, "
                      "setSoTimeout of Java). Send the request once with a longer one, and measure the time to the first byte.",
            .disproof = "The client's log shows that a user or the program itself cancelled the request.",
        },
        .source = "Documentation of HTTP clients; nginx, status 499",
        .silent_on = "users who cancel\n"
                     "health checks\n"
                     "a program that is sent something and never answers",
    },
};
/* clang-format on */

/* In seconds. */
enum { SHORTEST = 2, LONGEST = 60 };
/* A timer fires when it is due or a little later; one that counts from the beginning of the connection a little sooner after the
 * request. Of a single wait more is asked. */
static const int64_t EARLY = MILLISECONDS(100), LATE = MILLISECONDS(200);
static const int64_t EARLY_ONCE = MILLISECONDS(20), LATE_ONCE = MILLISECONDS(60);
/* What comes within a round trip of the client's FIN and this is caused by it. */
static const int64_t REACTS = MILLISECONDS(20);
/* Connections that are left together have one reason: the program ended. */
static const int64_t TOGETHER = MILLISECONDS(500);
/* The checks of a health check begin at equal distances, to this. */
static const int64_t STEADY = MILLISECONDS(150);

struct wait {
    bool is_http;
    uint8_t left_after; /* seconds: the request was given up at a usual timeout; 0 = it was not */
    int64_t time;
};

/* What one client left unanswered at one server. */
struct leaver {
    uint32_t all, frame;         /* frame of the newest */
    uint32_t times[LONGEST + 1]; /* after so many seconds; 0: after another time */
    int64_t left, asked,
        distance; /* when the newest was left and asked, and how long after the one before it was asked */
    bool steady;
    uint8_t told; /* seconds of the finding that says so, 0 = none */
};

/* The whole number of seconds at which a timer has fired, 0 = none. */
static unsigned
timeout_of(int64_t wait, int64_t early, int64_t late)
{
    int64_t seconds = (wait + early) / SECONDS(1);
    return seconds >= SHORTEST && seconds <= LONGEST && wait - SECONDS(seconds) <= late ? (unsigned)seconds : 0;
}

static bool
is_usual(unsigned seconds)
{
    return seconds <= 3 || seconds == 5 || seconds == 10;
}

/* Whether the packet ends a wait: the client closes first, and what it sent last was acknowledged and not answered. */
static bool
gives_up(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    bool first = client->fin_frame == packet->frame || (client->fin_frame == 0 && client->rst_frame == packet->frame);
    return packet->from_client && first && packet->payload.length == 0 && server->fin_frame == 0 &&
           server->rst_frame == 0 && client->last_payload_frame > server->last_payload_frame &&
           client->pending.frame == 0 && server->acknowledgment_known && flow->gap_frame == 0 && !flow->tls.seen &&
           !speaks_tls(context, flow);
}

static struct finding *
report_leaver(struct context *context, const struct flow *flow, const struct packet *packet, unsigned seconds)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct finding *finding = report_about(context, &cases[TIMEOUT], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return NULL;
    report_flow(finding, flow);
    report_duration(finding, FACT_threshold, SECONDS(seconds));
    if (packet->flags & TCP_RST && flow->by_client.fin_frame == 0)
        report_flag(finding, FACT_by_reset);
    report_evidence(finding, flow->by_client.last_payload_frame);
    return finding;
}

/* Checks come at equal distances, and pause in between: a client that asks again and again does so at once. Of two it is open. */
static void
note_distance(struct leaver *leaver, int64_t asked, int64_t wait)
{
    int64_t distance = time_gap(leaver->asked, asked);
    int64_t change = leaver->all > 1 ? distance - leaver->distance : (distance + STEADY) % SECONDS(1) - STEADY;
    leaver->steady = distance > wait + wait / 2 && change < STEADY && change > -STEADY;
    leaver->asked = asked;
    leaver->distance = distance;
}

/* One more request that a client has left. Three of four must be left after the same time: others are somebody who cancels. */
static void
count_leaver(struct context *context, const struct flow *flow, const struct packet *packet)
{
    unsigned limit = threshold_value(context, TIMES), seconds = timeout_of(packet->idle, EARLY, LATE);
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct leaver *leaver = keyed_state(context, 0, &key, sizeof key, sizeof *leaver);
    if (time_gap(leaver->left, packet->time) < TOGETHER)
        return;
    uint32_t before = leaver->frame;
    note_distance(leaver, flow->by_client.last_payload_time, packet->idle);
    leaver->left = packet->time;
    leaver->frame = packet->frame;
    leaver->all++;
    leaver->times[seconds]++;
    struct finding *finding = reported_about(context, &cases[TIMEOUT], &key, sizeof key);
    if (finding != NULL && leaver->told != 0 && leaver->times[leaver->told] * 4 < leaver->all * 3) {
        report_withdraw(context, finding);
        leaver->told = 0;
    }
    unsigned times = leaver->times[seconds];
    if (seconds == 0 || times < limit || times * 4 < leaver->all * 3 || leaver->steady)
        return;
    leaver->told = (uint8_t)seconds;
    finding = report_leaver(context, flow, packet, seconds);
    if (finding != NULL) {
        report_duration(finding, FACT_idle, packet->idle);
        report_count(finding, FACT_limit, limit);
        report_evidence(finding, before);
    } else {
        finding = reported_about(context, &cases[TIMEOUT], &key, sizeof key);
    }
    report_count(finding, FACT_attempts, times);
}

/* The server was waiting, as for news in a long poll, and ends because the client has left. */
static bool
answers_the_fin(const struct flow *flow)
{
    return time_gap(flow->by_client.fin_time, flow->by_server.last_payload_time) <= flow->round_trip + REACTS;
}

/* The answer, to which a client that has closed its socket answers by RST. */
static void
take_late_answer(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    const struct wait *wait = flow_state(context);
    bool answered = packet->from_client && (packet->flags & TCP_RST) && client->rst_frame == packet->frame &&
                    server->last_payload_frame > client->fin_frame;
    if (!answered || wait->left_after == 0 || answers_the_fin(flow))
        return;
    struct finding *finding = report_leaver(context, flow, packet, wait->left_after);
    if (finding == NULL)
        return;
    report_duration(finding, FACT_idle, wait->time);
    report_duration(finding, FACT_delay, time_gap(client->fin_time, server->last_payload_time));
    report_evidence(finding, client->fin_frame);
    report_evidence(finding, server->last_payload_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct wait *wait = flow_state(context);
    if (packet->copy_of != 0)
        return; /* another mirror session has brought it */
    if (packet->http != NULL && !packet->http->response)
        wait->is_http = packet->from_client;
    if (!(packet->flags & (TCP_FIN | TCP_RST)))
        return;
    if (!gives_up(context, flow, packet)) {
        take_late_answer(context, flow, packet);
        return;
    }
    /* What waits until a documented timer ends it is http.gateway_timeout. */
    if (timer_reached(context, TIMER_CLOSE, packet->idle) != 0)
        return;
    unsigned seconds = timeout_of(packet->idle, EARLY_ONCE, LATE_ONCE);
    wait->left_after = is_usual(seconds) ? (uint8_t)seconds : 0;
    wait->time = packet->idle;
    if (wait->is_http)
        count_leaver(context, flow, packet);
}

const struct detector app_client_timeout_detector = {
    .family = "app",
    .summary = "Clients that do not wait for an answer any longer",
    .sees = SEES_HTTP | SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct wait),
    .on_packet = on_packet,
};
