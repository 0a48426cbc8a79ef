/* HTTP floods: the same request again and again (challenge collapsar, CC attack).
 *
 * The packets are few and well formed, but each request costs the server a page. What gives an attack away is that
 * something concentrates which is spread in ordinary traffic: the URI, the source, the User-Agent, or the Referer. A
 * web application firewall blocks a source that asks for one URI more than 5 times in 10 s; it is a strict rule, and
 * so the finding is only "possible" until the rate is ten times as high.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* Requests that are no page: repeated calls of one endpoint (POST), parts of a download (Range), and URIs that differ only
 * in the query are ordinary up to this many times the threshold. */
enum { LENIENCE = 10 };

/* A flood from many sources: of the server's newest requests so many percent have the same URI and the same User-Agent or
 * Referer, and come from so many sources. */
enum { CONCENTRATED_PERCENT = 90, SOURCES_MIN = 6 };

/* A fleet of clients that poll one endpoint looks the same, but each of them asks once in a window. */
enum { SOURCES_MAX_PERCENT = 90 };

/* Findings about single sources at one server; more of them are one flood from many sources. */
enum { CULPRITS_MAX = 3 };

/* Health checks and polls: never faster than this, and always at the same distance. */
enum { STEADY_MILLISECONDS = 950 };

enum { REQUESTS, WINDOW, ALL_REQUESTS };

static const struct threshold thresholds[] = {
    [REQUESTS] = {"http_requests",
                  {"Flood: HTTP requests of one source for one URI",
                   "A source must send more requests than this for one URI within the window"},
                  5,
                  1,
                  10000},
    [WINDOW] = {"http_window",
                {"Flood: window for HTTP requests (s)", "Requests are counted over so many seconds"},
                10,
                1,
                600},
    [ALL_REQUESTS] =
        {"http_all_requests",
         {"Flood: HTTP requests of all sources",
          "A server must receive more requests than this within the window, concentrated on one URI and one "
          "User-Agent or Referer, from at least 6 sources"},
         50,
         10,
         1000000},
};

enum { FLOOD };

/* clang-format off */
static const struct case_info cases[] = {
    [FLOOD] = {
        .id = "flood.http",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "HTTP flood",
            .summary = "[{client.address}{!sources}][{sources} or more sources{?sources}] sent {requests} requests for \"{uri}\" to {server} "
                       "within {delay} (threshold {limit} in {threshold}). Shares of the newest requests: source {source_share} %, "
                       "URI {uri_share} %[, User-Agent {user_agent_share} %][, Referer {referer_share} %].",
            .causes = "[The User-Agent of {user_agent_share} % of the server's newest requests is \"{user_agent}\".][ The Referer of "
                      "{referer_share} % is \"{referer}\".]\n"
                      "[An HTTP flood (CC attack) from one source: a script or attack tool that repeats an expensive page{!sources}.]["
                      "An HTTP flood (CC attack) by many sources with one tool: same URI, same User-Agent or Referer{?sources}.]\n"
                      "A client that repeats a failed request without a pause, or a page that reloads or redirects to itself.\n"
                      "A load test, a crawler, or a program that polls more often than it should.\n"
                      "The source is a proxy, CDN node or NAT gateway with many users behind it: then the User-Agents differ.",
            .checks = "On the server, requests by source and URI: `awk '{{print $1, $7}}' /var/log/nginx/access.log "
                      "| sort | uniq -c | sort -rn | head`\n"
                      "And by User-Agent (combined log format): `awk -F'\"' '{{print $6}}' /var/log/nginx/access.log "
                      "| sort | uniq -c | sort -rn | head`\n"
                      "Is the server busy with them: `ss -tn state established '( sport = :{server.port} )' | wc -l; "
                      "top`\n"
                      "Web application firewall: rule for this URI (exact match), more than {limit} requests of one "
                      "source in {threshold}: block, or challenge if proxies stand in between; or block the "
                      "User-Agent or Referer if ordinary users never have it.\n"
                      "nginx: \"limit_req_zone $binary_remote_addr zone=perip:10m rate=1r/s;\" in http, and "
                      "\"limit_req zone=perip burst=5;\" in the location of the URI.",
            .disproof = "The source belongs to a known client (monitoring, load test, own back end) and the rate is intended.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 2",
        .silent_on = "page load of many objects\n"
                     "a NAT with many User-Agents under the per-agent rate\n"
                     "polling under the threshold\n"
                     "health checks at a steady period of 1 s or more\n"
                     "a download in parallel ranges\n"
                     "calls of one endpoint by POST",
    },
};
/* clang-format on */

/* -- State ----------------------------------------------------------------------------------- */

/* A request by the hashes of what it asks for and with which agent: the same URI (0 = no page), and the same path where
 * that is to be counted (0 = not). */
struct asked {
    uint64_t uri, path;
    uint32_t now; /* milliseconds */
    uint32_t frame;
    int64_t time;
};

/* A source at a server. Few sources ask often: until one does, its requests are only kept here, which is cheap. */
enum { KEPT = 8 };

struct visitor {
    struct pace pace;
    uint32_t kept; /* all that were; the newest KEPT of them are there */
    struct asked asked[KEPT];
};

/* What one source asks of a server with one agent: the same URI, or URIs that differ only in the query. */
struct culprit {
    struct pace pace;
    struct burst burst;
    bool told;
};

enum { KEY_SERVER, KEY_VISITOR, KEY_SAME_URI, KEY_SAME_PATH };

/* A server, or a source at it. */
struct key {
    struct ip_address source, server; /* no source: the server itself */
    uint64_t port;
    uint64_t
        request; /* hash of URI or path, Host, User-Agent and encapsulation; of a visitor and a server the encapsulation
                         (flow.path) alone: an overlay may show a request once more */
};

static void
set_key(struct key *key, const struct packet *packet, bool source, uint64_t request)
{
    memset(key, 0, sizeof *key);
    if (source)
        key->source = packet->source.address;
    key->server = packet->destination.address;
    key->port = packet->destination.port;
    key->request = request;
}

/* What may concentrate in the newest requests of a server. */
enum { SOURCE, URI, USER_AGENT, REFERER };

struct server {
    struct newest newest;
    struct pace pace;
    struct burst burst;
    unsigned culprits; /* of which there are findings */
    bool told;         /* so many sources that there is one about the server */
};

/* The target without its query. */
static struct http_text
path_of(const struct http_text *target)
{
    const char *query = memchr(target->bytes, '?', target->length);
    return (struct http_text){target->bytes, query != NULL ? (uint32_t)(query - target->bytes) : target->length};
}

static uint32_t
window_of(struct context *context)
{
    return threshold_value(context, WINDOW) * 1000;
}

/* Of a request. */
struct hashes {
    uint64_t uri, path, user_agent;
};

static struct server *
note_server(struct context *context, const struct flow *flow, const struct packet *packet, const struct hashes *hashes)
{
    const struct http_text source = {(const char *)&packet->source.address, sizeof packet->source.address};
    const uint64_t traits[] = {[SOURCE] = http_text_hash(&source),
                               [URI] = hashes->path,
                               [USER_AGENT] = hashes->user_agent,
                               [REFERER] = http_text_hash(&packet->http->referer)};
    struct key key;
    set_key(&key, packet, false, flow->path);
    struct server *server = keyed_state(context, KEY_SERVER, &key, sizeof key, sizeof *server);
    newest_add(&server->newest, traits);
    burst_note(&server->burst, packet->frame, packet->time, window_of(context));
    return server;
}

/* -- Findings -------------------------------------------------------------------------------- */

static void
report_text_of(struct finding *finding, enum fact_name name, const struct http_text *text)
{
    char copy[200];
    http_text_copy(text, copy, sizeof copy);
    report_text(finding, name, copy);
}

static struct finding *
report_flood(struct context *context, const struct packet *packet, const struct server *server, const struct key *about,
             enum confidence confidence, const struct http_text *uri, unsigned limit)
{
    const struct http_message *http = packet->http;
    struct finding *finding = report_about(context, &cases[FLOOD], confidence, about, sizeof *about, 1);
    if (finding == NULL)
        return NULL;
    report_endpoint(finding, FACT_client, &packet->source);
    report_endpoint(finding, FACT_server, &packet->destination);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, WINDOW)));
    report_text_of(finding, FACT_uri, uri);
    report_count(finding, FACT_source_share, newest_share(&server->newest, SOURCE));
    report_count(finding, FACT_uri_share, newest_share(&server->newest, URI));
    if (http->user_agent.length > 0) {
        report_text_of(finding, FACT_user_agent, &http->user_agent);
        report_count(finding, FACT_user_agent_share, newest_share(&server->newest, USER_AGENT));
    }
    if (http->referer.length > 0) {
        report_text_of(finding, FACT_referer, &http->referer);
        report_count(finding, FACT_referer_share, newest_share(&server->newest, REFERER));
    }
    return finding;
}

static void
report_burst(struct finding *finding, const struct burst *burst, unsigned requests, int64_t delay)
{
    report_series(finding, burst->events, burst->first_frame, burst->first_time);
    report_count(finding, FACT_requests, requests);
    report_duration(finding, FACT_delay, delay);
    report_evidence(finding, burst->first_frame);
}

/* Many sources: one finding for the server. */
static void
report_server(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
              unsigned limit)
{
    struct key key;
    set_key(&key, packet, false, flow->path);
    struct http_text path = path_of(&packet->http->target);
    struct finding *finding = report_flood(context, packet, server, &key, CONFIDENCE_POSSIBLE, &path, limit);
    server->told = true;
    if (finding == NULL)
        return;
    report_burst(finding, &server->burst, server->burst.events, packet->time - server->burst.first_time);
    report_count(finding, FACT_sources, newest_different(&server->newest, SOURCE));
}

static bool
is_concentrated(const struct server *server, const struct http_message *http)
{
    bool same_agent = http->user_agent.length > 0 && newest_share(&server->newest, USER_AGENT) >= CONCENTRATED_PERCENT;
    bool same_referer = http->referer.length > 0 && newest_share(&server->newest, REFERER) >= CONCENTRATED_PERCENT;
    unsigned sources = newest_different(&server->newest, SOURCE);

    return newest_share(&server->newest, URI) >= CONCENTRATED_PERCENT && (same_agent || same_referer) &&
           sources >= SOURCES_MIN && 100 * sources <= SOURCES_MAX_PERCENT * newest_known(&server->newest);
}

static void
check_server(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
             uint32_t now)
{
    unsigned limit = threshold_value(context, ALL_REQUESTS);
    uint32_t span;
    if (server->told || (pace_is_exceeded(&server->pace, limit, window_of(context), now, &span) &&
                         is_concentrated(server, packet->http)))
        report_server(context, flow, packet, server, limit);
}

/* A fast flood of whole requests that are all the same is hardly anything else. */
static enum confidence
confidence_of(struct context *context, const struct packet *packet, bool same_uri, uint32_t span)
{
    bool fast = span <= window_of(context) / LENIENCE;
    return fast && same_uri && packet->http->complete ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void
report_culprit(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
               struct culprit *culprit, bool same_uri, uint32_t span)
{
    unsigned limit = threshold_value(context, REQUESTS) * (same_uri ? 1 : LENIENCE);
    struct key key;
    set_key(&key, packet, true, flow->path);
    struct http_text uri = same_uri ? packet->http->target : path_of(&packet->http->target);

    if (!culprit->told && server->culprits >= CULPRITS_MAX) {
        if (!server->told && newest_different(&server->newest, SOURCE) > CULPRITS_MAX)
            report_server(context, flow, packet, server, limit);
        return;
    }
    struct finding *finding =
        report_flood(context, packet, server, &key, confidence_of(context, packet, same_uri, span), &uri, limit);
    culprit->told = true;
    if (finding == NULL)
        return;
    server->culprits++;
    report_burst(finding, &culprit->burst, pace_events(limit), MILLISECONDS((int64_t)span));
}

static void
check_culprit(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
              const struct asked *asked, bool same_uri)
{
    unsigned limit = threshold_value(context, REQUESTS) * (same_uri ? 1 : LENIENCE);
    struct key key;
    set_key(&key, packet, true, same_uri ? asked->uri : asked->path);
    struct culprit *culprit =
        keyed_state(context, same_uri ? KEY_SAME_URI : KEY_SAME_PATH, &key, sizeof key, sizeof *culprit);
    uint32_t span = 0;

    if (!culprit->told) {
        burst_note(&culprit->burst, asked->frame, asked->time, window_of(context));
        if (!pace_is_exceeded(&culprit->pace, limit, window_of(context), asked->now, &span) ||
            pace_is_steady(&culprit->pace, limit, STEADY_MILLISECONDS))
            return;
    }
    if (culprit->told || asked->frame == packet->frame)
        report_culprit(context, flow, packet, server, culprit, same_uri, span);
}

static void
check_asked(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
            const struct asked *asked)
{
    if (asked->uri != 0)
        check_culprit(context, flow, packet, server, asked, true);
    if (asked->path != 0)
        check_culprit(context, flow, packet, server, asked, false);
}

/* Look closer at a source that sends many requests of whatever kind: those that were kept come first. */
static void
check_visitor(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
              const struct asked *asked)
{
    struct key key;
    set_key(&key, packet, true, flow->path);
    struct visitor *visitor = keyed_state(context, KEY_VISITOR, &key, sizeof key, sizeof *visitor);
    unsigned limit = threshold_value(context, REQUESTS);
    uint32_t span;

    if (!pace_is_exceeded(&visitor->pace, limit < KEPT ? limit : KEPT - 1, window_of(context), asked->now, &span)) {
        visitor->asked[visitor->kept++ % KEPT] = *asked;
        return;
    }
    for (uint32_t i = visitor->kept < KEPT ? 0 : visitor->kept - KEPT; i < visitor->kept; i++)
        check_asked(context, flow, packet, server, &visitor->asked[i % KEPT]);
    visitor->kept = 0;
    check_asked(context, flow, packet, server, asked);
}

static bool
is_page(const struct http_message *http)
{
    bool asks = http_text_is(&http->method, "GET") || http_text_is(&http->method, "HEAD");
    return asks && !http->range && http->target_complete;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct http_message *http = packet->http;
    /* What another mirror session has brought is no request of its own. */
    if (http->response || packet->copy_of != 0 || http_text_is(&http->method, "CONNECT"))
        return;
    struct http_text path = path_of(&http->target);
    bool has_query = path.length < http->target.length;
    struct hashes hashes = {.uri = http_text_hash(&http->target), .user_agent = http_text_hash(&http->user_agent)};
    hashes.path = has_query ? http_text_hash(&path) : hashes.uri;
    bool page = is_page(http);
    /* Where the header is cut, the length of the request tells agents apart. */
    uint64_t agent = (hashes.user_agent ^ http_text_hash(&http->host) * 3) +
                     (http->complete ? 0 : packet->payload.length) + ((uint64_t)flow->path << 32);
    struct asked asked = {
        .uri = page ? agent ^ hashes.uri : 0,
        .path = page && !has_query ? 0 : agent ^ hashes.path,
        .now = pace_now(packet->time),
        .frame = packet->frame,
        .time = packet->time,
    };
    struct server *server = note_server(context, flow, packet, &hashes);
    check_visitor(context, flow, packet, server, &asked);
    if (page)
        check_server(context, flow, packet, server, asked.now);
}

const struct detector flood_http_detector = {
    .family = "flood",
    .summary = "Floods of HTTP requests",
    .sees = SEES_HTTP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
};
