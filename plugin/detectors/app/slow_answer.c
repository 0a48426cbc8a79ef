/* Servers that take long to answer.
 *
 * "The network is slow", and the network has brought the request and the acknowledgment of it within milliseconds: what takes long is
 * the program at the server. This is told of requests of which it is known where they end and that they are to be answered at once:
 * plain HTTP/1. Who looks for slow answers elsewhere finds interactive sessions, subscriptions and pushes.
 *
 * An HTTP request may wait on purpose (long polling, RFC 6202): its URI says so, or its answer has nothing to tell, or comes at a
 * timer, or the same is asked again as soon as it was answered, and waits again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdlib.h>

enum { SLOW_MILLISECONDS };

static const struct threshold thresholds[] = {
    [SLOW_MILLISECONDS] = {"slow_milliseconds",
                           {"App: answer takes (ms)",
                            "An HTTP server must have taken so many milliseconds for the first byte of an answer"},
                           1000,
                           100,
                           3600000},
};

enum { SLOW };

/* clang-format off */
static const struct case_info cases[] = {
    [SLOW] = {
        .id = "app.slow_answer",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Server takes long to answer",
            .summary = "{server} took {delay} (threshold {threshold}) for the first byte of its answer to {client}; the network took "
                       "{round_trip} of round trip, and the request was acknowledged after {first_delay}. URI: {uri}.[ Half of the "
                       "server's other answers took {median} or less.]",
            .causes = "The application at {server} works on the request for so long: slow query, lock, exhausted worker threads or "
                      "connection pool, a call to another service. The request was acknowledged, so the network up to {server} is not "
                      "the cause.\n"
                      "{server} is a proxy or load balancer, and waits for its back end.\n"
                      "It is meant so: a report or an export takes that long.",
            .checks = "On the server, what it logs as the duration of this request (nginx: $request_time and $upstream_response_time; "
                      "Apache: %D; Tomcat: %D and %F). The log has it as well: then it is not the network.\n"
                      "On the server, the time to the first byte of the same URI by GET, without the network in between (a long URI is "
                      "cut): `curl -gso /dev/null -w '%{{http_code}} "
                      "%{{time_starttransfer}}\\n'[ --request-target {uri}] http://127.0.0.1:{server.port}/`\n"
                      "What the process waits for meanwhile: slow query log, thread dump (jstack, py-spy dump).",
            .disproof = "The server's log shows that it began to send its answer much earlier: then something between the server and the "
                        "place of the capture holds it back.",
        },
        .source = "RFC 9112; RFC 6202 (long polling)",
        .silent_on = "long poll\n"
                     "push\n"
                     "upload",
    },
};
/* clang-format on */

/* Of more bytes than these it takes time to work on what was sent. */
enum { UPLOAD = 16384 };
/* How many answers of a server its median is of, and how many it takes. */
enum { ANSWERS = 15, ANSWERS_ENOUGH = 3 };
/* So many requests for the same in a row, each sent within this time after the answer, and each answered late, are a long poll. */
enum { POLLS = 3 };
static const int64_t AT_ONCE = SECONDS(1);
/* An answer that comes this little after a whole number of 5 s, from 10 s on, comes at the timer of a long poll. */
static const int64_t AT_TIMER = MILLISECONDS(60);
/* What the network may have of the time: one part of four. */
enum { NETWORK_SHARE = 4 };

enum { URI_MAX = 160 };

/* The newest request of a flow. */
struct request {
    uint32_t frame; /* 0 = none that is to be answered at once */
    bool polls;     /* its URI says that it waits for something */
    uint8_t in_row; /* late answers to the same request, each asked for right after the other */
    uint64_t end;   /* so many bytes of the client there were when it was sent to its end */
    uint64_t target;
    int64_t late_time; /* of the newest late answer */
    uint32_t uri_length;
    char uri[URI_MAX]; /* as it came */
};

/* How long a server took for its newest answers. */
struct server_history {
    uint32_t count;
    uint32_t microseconds[ANSWERS];
    uint64_t told;   /* target of the request of the finding */
    uint64_t polled; /* the newest target that turned out to be polled; 0 = none */
};

/* -- Requests ---------------------------------------------------------------------------------- */

static bool
contains(const struct http_text *text, const char *word)
{
    size_t length = strlen(word);
    for (size_t at = 0; at + length <= text->length; at++) {
        size_t same = 0;
        while (same < length && (text->bytes[at + same] | 0x20) == (word[same] | 0x20))
            same++;
        if (same == length)
            return true;
    }
    return false;
}

/* Whether the URI says that the answer waits for something to happen: in a word of long polling, or because of a product that does. */
static bool
is_long_poll(const struct http_text *target)
{
    static const char *const words[] = {
        "poll",    "comet",  "stream",    "event", "subscri", "wait",     "watch",      "notif",
        "listen",  "push",   "timeout=",  "bosh",  "/sync",   "follow=",  "getupdates", "http-bind",
        "signalr", "sockjs", "socket.io", "wsman", "/attach", "/longpol", "message",    "channel",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (contains(target, words[i]))
            return true;
    return false;
}

/* The path without the query, which often is a counter. */
static uint64_t
target_of(const struct http_message *http)
{
    struct http_text path = http->target;
    const char *query = path.length > 0 ? memchr(path.bytes, '?', path.length) : NULL;
    if (query != NULL)
        path.length = (uint32_t)(query - path.bytes);
    return digest_mix(http_text_hash(&path), http_text_hash(&http->method));
}

/* Whether it is known where the request ends, and it is not much that is sent. What is behind a CONNECT answers, too. */
static bool
is_plain(const struct http_message *http)
{
    return http->complete && !http->chunked && http->header_length + http->content_length <= UPLOAD &&
           !http_text_is(&http->method, "CONNECT");
}

static void
take_request(struct request *request, const struct flow *flow, const struct packet *packet)
{
    const struct http_message *http = packet->http;
    uint64_t target = target_of(http);
    bool again =
        request->late_time != 0 && target == request->target && time_gap(request->late_time, packet->time) < AT_ONCE;

    request->frame = is_plain(http) ? packet->frame : 0;
    request->polls = is_long_poll(&http->target);
    request->in_row = again ? request->in_row : 0;
    request->end = flow->by_client.new_bytes - packet->new_bytes + http->header_length + http->content_length;
    request->target = target;
    request->uri_length = http->target.length < URI_MAX ? http->target.length : URI_MAX;
    memcpy(request->uri, http->target.bytes, request->uri_length);
}

/* -- Answers ----------------------------------------------------------------------------------- */

static int
compare_times(const void *a, const void *b)
{
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

/* 0 = too few are known. */
static int64_t
median_of(const struct server_history *history)
{
    uint32_t sorted[ANSWERS], count = history->count < ANSWERS ? history->count : ANSWERS;
    if (count < ANSWERS_ENOUGH)
        return 0;
    memcpy(sorted, history->microseconds, sizeof sorted);
    qsort(sorted, count, sizeof *sorted, compare_times);
    return (int64_t)sorted[(count - 1) / 2] * 1000;
}

static void
note_answer(struct server_history *history, int64_t wait)
{
    history->microseconds[history->count++ % ANSWERS] =
        wait < SECONDS(3600) ? (uint32_t)(wait / 1000) : UINT32_C(3600000000);
}

/* Whether the answer says that nothing has happened, or that a gateway has waited in vain, which is http.gateway_timeout. */
static bool
says_nothing(const struct http_message *http)
{
    return !http->status_complete || http->status == 204 || http->status == 304 || http->status == 408 ||
           (http->status >= 502 && http->status <= 504);
}

static bool
is_at_timer(struct context *context, int64_t wait)
{
    return timer_reached(context, TIMER_CLOSE, wait) != 0 || (wait >= SECONDS(10) && wait % SECONDS(5) < AT_TIMER);
}

/* Whether all of the request was there, arrived with what was sent once, and the client still waits. */
static bool
is_answer_to(const struct request *request, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client;
    return request->frame != 0 && client->new_bytes == request->end && client->pending.frame == 0 &&
           client->pending.retransmissions == 0 && client->fin_frame == 0 && client->rst_frame == 0 &&
           !packet->retransmission && flow->gap_frame == 0 && packet->copy_of == 0;
}

static void
report_slow(struct context *context, const struct flow *flow, const struct packet *packet,
            const struct request *request, struct server_history *history, int64_t network)
{
    const struct side *client = &flow->by_client;
    int64_t usual = median_of(history);
    bool exception = usual != 0 && usual < packet->idle / NETWORK_SHARE;
    char uri[URI_MAX + 4];

    struct endpoint key;
    flow_server_key(flow, &key);
    struct finding *finding =
        report_about(context, &cases[SLOW], exception ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    history->told = request->target;
    report_flow(finding, flow);
    report_duration(finding, FACT_delay, packet->idle - client->shortest_round_trip);
    report_duration(finding, FACT_threshold, MILLISECONDS(threshold_value(context, SLOW_MILLISECONDS)));
    report_duration(finding, FACT_round_trip, network);
    report_duration(finding, FACT_first_delay, client->pending.time - (packet->time - packet->idle));
    if (exception)
        report_duration(finding, FACT_median, usual);
    http_text_copy(&(struct http_text){request->uri, request->uri_length}, uri, sizeof uri);
    report_text(finding, FACT_uri, uri);
    report_evidence(finding, request->frame);
}

/* What waits on purpose is no slow answer, and what was said of it was not one either. */
static void
take_poll(struct context *context, const struct flow *flow, const struct request *request,
          struct server_history *history)
{
    struct endpoint key;
    flow_server_key(flow, &key);
    struct finding *finding = reported_about(context, &cases[SLOW], &key, sizeof key);
    history->polled = request->target;
    if (finding != NULL && history->told == request->target)
        report_withdraw(context, finding);
}

static void
take_answer(struct context *context, const struct flow *flow, const struct packet *packet, struct request *request)
{
    const struct side *client = &flow->by_client;
    if (!is_answer_to(request, flow, packet) || request->polls || packet->http->status < 200) {
        request->frame = 0;
        return;
    }
    struct endpoint key;
    flow_server_key(flow, &key);
    struct server_history *history = keyed_state(context, 0, &key, sizeof key, sizeof *history);
    int64_t wait = packet->idle, acknowledged = client->pending.time - (packet->time - wait);
    int64_t network = flow->round_trip != 0 ? flow->round_trip : client->shortest_round_trip;
    bool slow = wait - client->shortest_round_trip >= MILLISECONDS(threshold_value(context, SLOW_MILLISECONDS)) &&
                acknowledged <= wait / NETWORK_SHARE && network <= wait / NETWORK_SHARE &&
                !says_nothing(packet->http) && !is_at_timer(context, wait);

    request->late_time = slow ? packet->time : 0;
    request->in_row = slow ? (uint8_t)(request->in_row + (request->in_row < POLLS)) : 0;
    if (request->in_row == POLLS)
        take_poll(context, flow, request, history);
    else if (slow && request->target != history->polled)
        report_slow(context, flow, packet, request, history, network);
    note_answer(history, wait);
    request->frame = 0;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct request *request = flow_state(context);
    if (packet->from_client && !packet->http->response)
        take_request(request, flow, packet);
    else if (!packet->from_client && packet->http->response)
        take_answer(context, flow, packet, request);
}

const struct detector app_slow_answer_detector = {
    .family = "app",
    .summary = "Servers that take long to answer a request of plain HTTP/1 that was sent to its end",
    .sees = SEES_HTTP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct request),
    .on_packet = on_packet,
};
