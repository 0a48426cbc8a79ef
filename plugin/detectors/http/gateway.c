/* Requests that wait for an answer until a timer ends the wait.
 *
 * A proxy or load balancer waits for its upstream (back end) for a set time: nginx proxy_read_timeout 60 s, HAProxy
 * "timeout server". When it is over, the proxy closes the connection to the upstream and answers its own client
 * with 504; some answer 502 or 503. The network has carried everything: the upstream did not answer in time.
 * Seen between proxy and upstream, it is a request that gets no byte until one side closes, at a timer.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 7 (proxy_read_timeout of a web application firewall);
 * RFC 9110, 15.6.3 to 15.6.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* A gateway that answers 504 sooner has not waited for an upstream. */
#define SHORTEST_WAIT SECONDS(1)

/* A timer fires when it is due. People who lose patience are less exact, and so are watchdogs that look now and then. */
#define EXACT_TIME MILLISECONDS(500)

/* The proxy closes its connection to the upstream and answers its client at the same moment. */
#define SAME_MOMENT SECONDS(1)

enum { ERRORS = 500, BAD_GATEWAY = 502, SERVICE_UNAVAILABLE = 503, GATEWAY_TIMEOUT = 504, SWITCHING_PROTOCOLS = 101 };

enum { TIMEOUT };

/* clang-format off */
static const struct case_info cases[] = {
    [TIMEOUT] = {
        .id = "http.gateway_timeout",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "No answer to an HTTP request in time",
            .summary = "{client} waited {idle} for a byte of {server}'s answer to \"{uri}\"[ (a timer of {threshold} was "
                       "due)]; then [it answered {status}][ ({http_server})][{closer} closed the connection][ by RST{?by_reset}].",
            .causes = "The upstream (back end) takes longer than the timer: slow query, exhausted worker threads or connection "
                      "pool, a lock, or a process that hangs. The request was acknowledged: this part of the network is not the cause.\n"
                      "[The proxy closed its connection to the upstream {upstream} unanswered at the same moment: that is the back "
                      "end that did not answer.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "[Behind the proxy no connection to the upstream came about (proxy_connect_timeout): SYNs that nobody "
                      "answers between {server.address} and the upstream{?status}.]\n"
                      "[The client or proxy {client} has closed. If it is no proxy, it is a client with a timeout of its own (curl -m, "
                      "read timeout of a connection pool){?by_client}.]\n"
                      "[{server} is itself a proxy or load balancer that closes without an error page, or its worker was killed "
                      "by a watchdog{?by_server}.]",
            .checks = "On the proxy, which upstream timed out: `grep -E 'upstream timed out|Connection timed out' "
                      "/var/log/nginx/error.log`\n"
                      "On the proxy, the timers in use (HAProxy: timeout server, timeout connect): `nginx -T | grep "
                      "-E 'proxy_(connect|send|read)_timeout'`\n"
                      "On the back end, what it does meanwhile (slow query log, thread dump by jstack or py-spy), "
                      "and how many connections wait: `ss -tn state established '( sport = "
                      ":[{upstream.port}][{server.port}{!upstream}] )'`\n"
                      "Ask the back end directly, past the proxy, and measure the time to the first byte[ (ADDRESS "
                      "and PORT are the back end's; a long URI is cut{!upstream})][ (a long URI is cut{?upstream})]: "
                      "`curl -gm 300 -so /dev/null -w '%{{http_code}} %{{time_starttransfer}}\\n'[ --request-target "
                      "{uri}] http://[{upstream}][ADDRESS:PORT{!upstream}]/`\n"
                      "If so long an answer is intended, raise the timer for this URI only, and those of all proxies "
                      "and the client in front of it as well (each must be longer than the one behind it).",
            .disproof = "The back end's access log shows that it answered this request before the time was over: then the answer was "
                        "lost between the back end and the proxy.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7; RFC 9110, 15.6.5",
        .silent_on = "slow but answered\n"
                     "502 or 503 at once\n"
                     "client that gives up at no timer\n"
                     "long poll that is answered at a timer\n"
                     "request that was never sent to its end",
    },
};
/* clang-format on */

enum { URI_MAX = 160 };

/* The newest request of a flow. */
struct request {
    uint32_t frame; /* 0 = none was seen */
    bool from_client;
    bool forwarded;
    bool answered;
    uint32_t interim_frame; /* of the newest 1xx response */
    uint32_t next;          /* sequence number of the answer's first byte */
    uint64_t end;           /* so many bytes of its side there were when it was sent to its end */
    uint64_t target_hash;
    uint32_t uri_length;
    char uri[URI_MAX]; /* as it came */
};

/* What a finding is about: a timer of a server, and how the wait for it ends. */
struct wait_key {
    struct endpoint server;
    int64_t timer;
    uint32_t way; /* 0: a status, 1: a close */
};

/* The newest request that was given up by a close: a 504 right after it belongs to it. */
struct given_up {
    uint32_t frame;
    int64_t time;
    struct endpoint proxy, upstream;
    uint64_t target_hash;
};

/* -- Requests -------------------------------------------------------------------------------- */

/* Where the request ends, counted in bytes of its side. Of a cut packet nothing more is known than that the
 * request was sent; the header section of a long one goes on in the next segment. */
static uint64_t
end_of(const struct side *sender, const struct packet *packet)
{
    const struct http_message *http = packet->http;
    uint64_t start = sender->new_bytes - packet->new_bytes;
    if (http->complete)
        return start + http->header_length + http->content_length + (http->chunked ? sizeof "0\r\n\r\n" - 1 : 0);
    bool cut = packet->payload.captured < packet->payload.length;
    return sender->new_bytes + (cut ? 0 : 1);
}

static void
take_request(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct http_message *http = packet->http;
    struct request *request = flow_state(context);

    request->frame = packet->frame;
    request->from_client = packet->from_client;
    request->forwarded = http->forwarded;
    request->answered = false;
    request->interim_frame = 0;
    request->next = packet->acknowledgment;
    request->end = end_of(flow_sender(flow, packet), packet);
    request->target_hash = http_text_hash(&http->target);
    request->uri_length = http->target.length < URI_MAX ? http->target.length : URI_MAX;
    memcpy(request->uri, http->target.bytes, request->uri_length);
}

/* Whether the sender of the packet or its receiver waits for the answer, and none of its bytes came, neither here
 * nor where they were not captured: the numbers tell. */
static bool
is_waiting(const struct request *request, const struct flow *flow, const struct packet *packet)
{
    bool by_asker = packet->from_client == request->from_client;
    const struct side *asker = request->from_client ? &flow->by_client : &flow->by_server;
    const struct side *answerer = request->from_client ? &flow->by_server : &flow->by_client;
    uint32_t newest = request->interim_frame != 0 ? request->interim_frame : request->frame;

    if (request->frame == 0 || request->answered || answerer->last_payload_frame > newest ||
        asker->new_bytes < request->end)
        return false;
    if (asker->pending.frame != 0 && asker->pending.retransmissions > 0)
        return false; /* the request did not arrive */
    if (by_asker)
        return !(packet->flags & TCP_ACK) || packet->acknowledgment == request->next;
    return packet->sequence == request->next;
}

/* -- Findings -------------------------------------------------------------------------------- */

static struct wait_key
key_of(const struct endpoint *server, int64_t timer, bool by_close)
{
    struct wait_key key;
    memset(&key, 0, sizeof key);
    key.server.address = server->address;
    key.server.port = server->port;
    key.timer = timer;
    key.way = by_close;
    return key;
}

/* NULL if this server's timer has its finding already; then it has one event more. */
static struct finding *
report_wait(struct context *context, const struct flow *flow, const struct packet *packet,
            const struct request *request, enum confidence confidence)
{
    const struct endpoint *client = request->from_client ? &flow->client : &flow->server;
    const struct endpoint *server = request->from_client ? &flow->server : &flow->client;
    int64_t timer = timer_reached(context, TIMER_CLOSE, packet->idle);
    struct wait_key key = key_of(server, timer, packet->http == NULL);
    char uri[URI_MAX + 4];

    struct finding *finding = report_about(context, &cases[TIMEOUT], confidence, &key, sizeof key, 1);
    if (finding == NULL)
        return NULL;
    if (confidence == CONFIDENCE_POSSIBLE)
        report_severity(finding, SEVERITY_NOTE);
    report_endpoint(finding, FACT_client, client);
    report_endpoint(finding, FACT_server, server);
    http_text_copy(&(struct http_text){request->uri, request->uri_length}, uri, sizeof uri);
    report_text(finding, FACT_uri, uri);
    report_duration(finding, FACT_idle, packet->idle);
    if (timer != 0)
        report_duration(finding, FACT_threshold, timer);
    report_timers(context, finding, TIMER_CLOSE, packet->idle);
    report_evidence(finding, request->frame);
    return finding;
}

/* The connection to the upstream that the same proxy, or a proxy for the same URI, has just given up. */
static void
name_upstream(struct context *context, struct finding *finding, const struct packet *packet,
              const struct request *request)
{
    const struct given_up *given_up = capture_state(context);
    if (given_up->frame == 0 || packet->time - given_up->time > SAME_MOMENT ||
        !(address_equal(&given_up->proxy.address, &packet->source.address) ||
          given_up->target_hash == request->target_hash))
        return;
    report_endpoint(finding, FACT_upstream, &given_up->upstream);
    report_evidence(finding, given_up->frame);
}

/* A 504 is the gateway's own word that it has waited; 502 and 503 have many reasons, a timer is needed. */
static void
check_status(struct context *context, const struct flow *flow, const struct packet *packet,
             const struct request *request)
{
    const struct http_message *http = packet->http;
    int64_t timer = timer_reached(context, TIMER_CLOSE, packet->idle);
    char server[100], status[] = "5xx"; /* all that a cut packet tells */

    if (http->status_complete ? http->status < BAD_GATEWAY || http->status > GATEWAY_TIMEOUT : http->status != ERRORS)
        return;
    if (http->status_complete)
        snprintf(status, sizeof status, "%u", http->status);
    if (timer == 0 && (http->status != GATEWAY_TIMEOUT || packet->idle < SHORTEST_WAIT))
        return;
    bool certain = timer != 0 && http->status == GATEWAY_TIMEOUT;
    struct finding *finding =
        report_wait(context, flow, packet, request, certain ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_text(finding, FACT_status, status);
    http_text_copy(&http->server, server, sizeof server);
    report_text(finding, FACT_http_server, server);
    name_upstream(context, finding, packet, request);
}

static void
take_response(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct request *request = flow_state(context);
    unsigned status = packet->http->status;

    if (request->frame == 0 || request->from_client == packet->from_client || request->answered)
        return;
    if (status < 200 && status != SWITCHING_PROTOCOLS) {
        request->interim_frame = packet->frame;
        request->next = packet->sequence + packet->payload.length;
        return;
    }
    check_status(context, flow, packet, request);
    request->answered = true;
}

/* Exactly at one of the levels, or by somebody who says that he is a proxy; otherwise a client's own timeout, or a
 * user's patience, is as good an explanation. */
static enum confidence
confidence_of_close(struct context *context, const struct packet *packet, const struct request *request, int64_t timer)
{
    bool exact = packet->idle - timer <= EXACT_TIME;
    bool level = level_passed(context, packet->idle) == timer;
    return exact && (level || request->forwarded) ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void
check_close(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int64_t timer = timer_reached(context, TIMER_CLOSE, packet->idle);
    bool first = closer->fin_frame == packet->frame || (closer->fin_frame == 0 && closer->rst_frame == packet->frame);

    if (timer == 0 || !first || other->fin_frame != 0 || other->rst_frame != 0)
        return;
    const struct request *request = flow_state(context);
    if (!is_waiting(request, flow, packet))
        return;
    bool by_asker = packet->from_client == request->from_client;
    if (by_asker) {
        struct given_up *given_up = capture_state(context);
        *given_up =
            (struct given_up){packet->frame, packet->time, packet->source, packet->destination, request->target_hash};
    }
    struct finding *finding =
        report_wait(context, flow, packet, request, confidence_of_close(context, packet, request, timer));
    if (finding == NULL)
        return;
    report_endpoint(finding, FACT_closer, &packet->source);
    report_flag(finding, by_asker ? FACT_by_client : FACT_by_server);
    report_flag(finding, packet->flags & TCP_RST ? FACT_by_reset : FACT_by_fin);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->copy_of != 0)
        return; /* another mirror session has brought it */
    if (packet->http == NULL)
        check_close(context, flow, packet);
    else if (packet->http->response)
        take_response(context, flow, packet);
    else
        take_request(context, flow, packet);
}

const struct detector http_gateway_detector = {
    .family = "http",
    .summary = "Requests that wait for an answer until a timer ends the wait",
    .sees = SEES_HTTP | SEES_END,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct request),
    .capture_state_size = sizeof(struct given_up),
    .on_packet = on_packet,
};
