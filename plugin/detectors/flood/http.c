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
enum { STEADY_MILLISECONDS = 950, JITTER_MILLISECONDS = 100, JITTER_PART = 10 };

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

/* -- Rates ----------------------------------------------------------------------------------- */

enum { STAMPS = 16 };

/* When the newest requests of a kind came, in milliseconds: each of them up to STAMPS, else each second, third and so on
 * that covers the limit. */
struct pace {
    uint32_t count;
    uint32_t stamp[STAMPS];
};

static unsigned
stride_of(unsigned limit)
{
    return limit / STAMPS + 1;
}

/* Stamps that must be looked back for more than `limit` requests. */
static unsigned
depth_of(unsigned limit)
{
    return (limit + stride_of(limit) - 1) / stride_of(limit);
}

static uint32_t
stamp_before(const struct pace *pace, unsigned limit, unsigned back)
{
    return pace->stamp[((pace->count - 1) / stride_of(limit) - back) % STAMPS];
}

/* Count a request. If there are more than `limit` within the window, `span` gets the milliseconds that they took. */
static bool
is_exceeded(struct pace *pace, unsigned limit, uint32_t window, uint32_t now, uint32_t *span)
{
    unsigned stride = stride_of(limit), depth = depth_of(limit);
    uint32_t number = pace->count++ / stride;
    if ((pace->count - 1) % stride != 0)
        return false;
    uint32_t *place = &pace->stamp[number % STAMPS];
    uint32_t then = pace->stamp[(number - depth) % STAMPS];
    *place = now;
    *span = now - then;
    return number >= depth && *span <= window;
}

/* Whether the requests that exceed a limit of less than STAMPS come at a steady distance. */
static bool
is_steady(const struct pace *pace, unsigned limit)
{
    uint32_t shortest = UINT32_MAX, longest = 0;
    if (stride_of(limit) > 1)
        return false;
    for (unsigned back = 0; back < depth_of(limit); back++) {
        uint32_t distance = stamp_before(pace, limit, back) - stamp_before(pace, limit, back + 1);
        shortest = distance < shortest ? distance : shortest;
        longest = distance > longest ? distance : longest;
    }
    return shortest >= STEADY_MILLISECONDS && longest - shortest <= JITTER_MILLISECONDS + shortest / JITTER_PART;
}

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
    uint32_t first_frame, newest;
    int64_t first_time;
    uint32_t events; /* since first_frame */
    uint32_t finding;
};

enum { KEY_SERVER, KEY_VISITOR, KEY_SAME_URI, KEY_SAME_PATH };

struct visitor_key {
    struct ip_address source, server;
    uint16_t port;
    uint64_t
        request; /* hash of URI or path, Host, User-Agent and encapsulation; of the visitor the encapsulation alone */
};

struct server_key {
    struct endpoint server;
    uint32_t encapsulation; /* flow.path: an overlay may show a request once more */
};

enum { SOURCE, URI, USER_AGENT, REFERER, TRAITS };

/* The newest requests of a server, by the hashes of what may concentrate. */
enum { NEWEST = 64 };

struct server {
    struct pace pace;
    uint32_t count;
    uint32_t trait[TRAITS][NEWEST]; /* 0 = missing */
    unsigned culprits;
    uint32_t first_frame, newest;
    int64_t first_time;
    uint32_t events;
    uint32_t finding;
};

/* The target without its query. */
static struct http_text
path_of(const struct http_text *target)
{
    const char *query = memchr(target->bytes, '?', target->length);
    return (struct http_text){target->bytes, query != NULL ? (uint32_t)(query - target->bytes) : target->length};
}

/* 0 only for what is missing. */
static uint32_t
trait_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) | (hash != 0);
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
note_server(struct context *context, const struct flow *flow, const struct packet *packet, const struct hashes *hashes,
            uint32_t now)
{
    const struct http_text source = {(const char *)&packet->source.address, sizeof packet->source.address};
    struct server_key key;
    memset(&key, 0, sizeof key);
    key.server.address = packet->destination.address;
    key.server.port = packet->destination.port;
    key.encapsulation = flow->path;
    struct server *server = keyed_state(context, KEY_SERVER, &key, sizeof key, sizeof *server);
    uint32_t place = server->count++ % NEWEST;

    server->trait[SOURCE][place] = trait_of(http_text_hash(&source));
    server->trait[URI][place] = trait_of(hashes->path);
    server->trait[USER_AGENT][place] = trait_of(hashes->user_agent);
    server->trait[REFERER][place] = trait_of(http_text_hash(&packet->http->referer));
    if (server->events++ == 0 || now - server->newest > window_of(context)) {
        server->events = 1;
        server->first_frame = packet->frame;
        server->first_time = packet->time;
    }
    server->newest = now;
    return server;
}

static unsigned
known_of(const struct server *server)
{
    return server->count < NEWEST ? server->count : NEWEST;
}

/* Percent of the server's newest requests that share this trait with the current one. */
static unsigned
share_of(const struct server *server, unsigned trait)
{
    unsigned known = known_of(server), same = 0;
    uint32_t mine = server->trait[trait][(server->count - 1) % NEWEST];
    for (unsigned i = 0; i < known; i++)
        same += server->trait[trait][i] == mine;
    return 100 * same / known;
}

static unsigned
sources_of(const struct server *server)
{
    const uint32_t *source = server->trait[SOURCE];
    unsigned known = known_of(server), sources = 0;
    for (unsigned i = 0; i < known; i++) {
        unsigned j = 0;
        while (source[j] != source[i])
            j++;
        sources += j == i;
    }
    return sources;
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
report_flood(struct context *context, const struct packet *packet, const struct server *server,
             enum confidence confidence, const struct http_text *uri, unsigned limit)
{
    const struct http_message *http = packet->http;
    struct finding *finding = report(context, &cases[FLOOD], confidence);
    if (finding == NULL)
        return NULL;
    report_endpoint(finding, FACT_client, &packet->source);
    report_endpoint(finding, FACT_server, &packet->destination);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, WINDOW)));
    report_text_of(finding, FACT_uri, uri);
    report_count(finding, FACT_source_share, share_of(server, SOURCE));
    report_count(finding, FACT_uri_share, share_of(server, URI));
    if (http->user_agent.length > 0) {
        report_text_of(finding, FACT_user_agent, &http->user_agent);
        report_count(finding, FACT_user_agent_share, share_of(server, USER_AGENT));
    }
    if (http->referer.length > 0) {
        report_text_of(finding, FACT_referer, &http->referer);
        report_count(finding, FACT_referer_share, share_of(server, REFERER));
    }
    return finding;
}

/* Many sources: one finding for the server. */
static void
report_server(struct context *context, const struct packet *packet, struct server *server, unsigned limit)
{
    struct http_text path = path_of(&packet->http->target);
    struct finding *finding = report_flood(context, packet, server, CONFIDENCE_POSSIBLE, &path, limit);
    if (finding == NULL)
        return;
    server->finding = finding_number(finding);
    report_series(finding, server->events, server->first_frame, server->first_time);
    report_count(finding, FACT_requests, server->events);
    report_count(finding, FACT_sources, sources_of(server));
    report_duration(finding, FACT_delay, packet->time - server->first_time);
    report_evidence(finding, server->first_frame);
}

static bool
is_concentrated(const struct server *server, const struct http_message *http)
{
    bool same_agent = http->user_agent.length > 0 && share_of(server, USER_AGENT) >= CONCENTRATED_PERCENT;
    bool same_referer = http->referer.length > 0 && share_of(server, REFERER) >= CONCENTRATED_PERCENT;
    unsigned sources = sources_of(server);

    return share_of(server, URI) >= CONCENTRATED_PERCENT && (same_agent || same_referer) && sources >= SOURCES_MIN &&
           100 * sources <= SOURCES_MAX_PERCENT * known_of(server);
}

static void
check_server(struct context *context, const struct packet *packet, struct server *server, uint32_t now)
{
    unsigned limit = threshold_value(context, ALL_REQUESTS);
    uint32_t span;

    if (server->finding != 0) {
        report_again(context, server->finding);
        return;
    }
    if (!is_exceeded(&server->pace, limit, window_of(context), now, &span))
        return;
    if (is_concentrated(server, packet->http))
        report_server(context, packet, server, limit);
}

/* A fast flood of whole requests that are all the same is hardly anything else. */
static enum confidence
confidence_of(struct context *context, const struct packet *packet, bool same_uri, uint32_t span)
{
    bool fast = span <= window_of(context) / LENIENCE;
    return fast && same_uri && packet->http->complete ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void *
state_of(struct context *context, const struct packet *packet, unsigned kind, uint64_t request, size_t size)
{
    struct visitor_key key;
    memset(&key, 0, sizeof key);
    key.source = packet->source.address;
    key.server = packet->destination.address;
    key.port = packet->destination.port;
    key.request = request;
    return keyed_state(context, kind, &key, sizeof key, size);
}

/* Count a request of a culprit. If it is one too many, `span` gets the milliseconds that they took. */
static bool
note_culprit(struct culprit *culprit, const struct asked *asked, unsigned limit, uint32_t window, uint32_t *span)
{
    if (culprit->events++ == 0 || asked->now - culprit->newest > window) {
        culprit->events = 1;
        culprit->first_frame = asked->frame;
        culprit->first_time = asked->time;
    }
    culprit->newest = asked->now;
    return is_exceeded(&culprit->pace, limit, window, asked->now, span) && !is_steady(&culprit->pace, limit);
}

static void
report_culprit(struct context *context, const struct packet *packet, struct server *server, struct culprit *culprit,
               bool same_uri, uint32_t span)
{
    unsigned limit = threshold_value(context, REQUESTS) * (same_uri ? 1 : LENIENCE);
    struct http_text uri = same_uri ? packet->http->target : path_of(&packet->http->target);

    if (server->culprits >= CULPRITS_MAX) {
        if (server->finding == 0 && sources_of(server) > CULPRITS_MAX)
            report_server(context, packet, server, limit);
        return;
    }
    struct finding *finding =
        report_flood(context, packet, server, confidence_of(context, packet, same_uri, span), &uri, limit);
    if (finding == NULL)
        return;
    server->culprits++;
    culprit->finding = finding_number(finding);
    report_series(finding, culprit->events, culprit->first_frame, culprit->first_time);
    report_count(finding, FACT_requests, depth_of(limit) * stride_of(limit) + 1);
    report_duration(finding, FACT_delay, MILLISECONDS((int64_t)span));
    report_evidence(finding, culprit->first_frame);
}

static void
check_culprit(struct context *context, const struct packet *packet, struct server *server, const struct asked *asked,
              bool same_uri)
{
    unsigned limit = threshold_value(context, REQUESTS) * (same_uri ? 1 : LENIENCE);
    struct culprit *culprit = state_of(context, packet, same_uri ? KEY_SAME_URI : KEY_SAME_PATH,
                                       same_uri ? asked->uri : asked->path, sizeof *culprit);
    uint32_t span;

    if (culprit->finding != 0)
        report_again(context, culprit->finding);
    else if (note_culprit(culprit, asked, limit, window_of(context), &span) && asked->frame == packet->frame)
        report_culprit(context, packet, server, culprit, same_uri, span);
}

static void
check_asked(struct context *context, const struct packet *packet, struct server *server, const struct asked *asked)
{
    if (asked->uri != 0)
        check_culprit(context, packet, server, asked, true);
    if (asked->path != 0)
        check_culprit(context, packet, server, asked, false);
}

/* Look closer at a source that sends many requests of whatever kind: those that were kept come first. */
static void
check_visitor(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server,
              const struct asked *asked)
{
    struct visitor *visitor = state_of(context, packet, KEY_VISITOR, flow->path, sizeof *visitor);
    unsigned limit = threshold_value(context, REQUESTS);
    uint32_t span;

    if (!is_exceeded(&visitor->pace, limit < KEPT ? limit : KEPT - 1, window_of(context), asked->now, &span)) {
        visitor->asked[visitor->kept++ % KEPT] = *asked;
        return;
    }
    for (uint32_t i = visitor->kept < KEPT ? 0 : visitor->kept - KEPT; i < visitor->kept; i++)
        check_asked(context, packet, server, &visitor->asked[i % KEPT]);
    visitor->kept = 0;
    check_asked(context, packet, server, asked);
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
        .now = (uint32_t)(packet->time / MILLISECONDS(1)),
        .frame = packet->frame,
        .time = packet->time,
    };
    struct server *server = note_server(context, flow, packet, &hashes, asked.now);
    check_visitor(context, flow, packet, server, &asked);
    if (page)
        check_server(context, packet, server, asked.now);
}

const struct detector flood_http_detector = {
    .family = "flood",
    .summary = "Floods of HTTP requests",
    .sees = SEES_HTTP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
};
