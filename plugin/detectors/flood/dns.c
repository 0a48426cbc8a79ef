/* Floods of DNS queries.
 *
 * The two ways to overload a name server with its own service: ask it for ever new names of one zone, which no cache
 * has (random subdomains, "water torture"), from one host or through many; or repeat a query, often for type ANY, whose
 * answer is large. The number of queries alone tells little: a resolver that works for thousands asks as often. It
 * asks about all kinds of zones, though, and for a name only once. So what is counted is the queries for one zone at one
 * server, where a zone is the name without its first label; and those of one host that repeats a few names of several
 * zones.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 1 (DNS flood).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { WINDOW_SECONDS = 10, SOURCES_MANY = 10, DNS_TYPE_ANY = 255 };
enum { RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

/* Before this nobody can say that a query stays without answer. */
static const int64_t PATIENCE = SECONDS(2);

/* Without failed answers, many hosts may ask for one zone because it is popular: so many times the threshold. */
enum { POPULAR = 4 };

/* A host that asks so often for each name, on average, has no cache. */
enum { REPEATS = 8 };

enum { QUERIES };

static const struct threshold thresholds[] = {
    [QUERIES] = {"dns_queries",
                 {"Flood: DNS queries for one zone",
                  "So many queries for names of one zone must reach one server within 10 s"},
                 300,
                 50,
                 1000000},
};

enum { DNS_FLOOD };

/* clang-format off */
static const struct case_info cases[] = {
    [DNS_FLOOD] = {
        .id = "flood.dns",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "DNS query flood",
            .summary = "{attempts} DNS queries (threshold {limit})[ for {zone}][ for a few names{!zone}][ of type {query_type}][, most of "
                       "them for ever new names{?random_names}] reached {server.address} within {delay}[ from {client.address}][ from {sources} addresses"
                       "{!client}]; {responses} were answered, {failed} of them with NXDOMAIN, SERVFAIL or REFUSED.",
            .causes = "[Random subdomains: names that nobody has asked for before pass every cache and load the servers of {zone}"
                      "{?random_names}.]\n"
                      "[Queries of type {query_type} have large answers: {server.address} is used for a reflection attack, and the "
                      "source addresses are forged.]\n"
                      "[Somebody floods {server.address} with the same query{!random_names}.]\n"
                      "[A program without a DNS cache on {client.address} asks before each connection, or in a loop without a "
                      "pause{!random_names}.]\n"
                      "[A search for subdomains, a DNS tunnel, or look-ups in a block list or reputation service whose zone "
                      "this is{?random_names}.]\n"
                      "[Many different hosts ask because {zone} is popular{!client}.]\n"
                      "A load test (dnsperf) of the administrator.",
            .checks = "[On {client.address}, which program asks (several times): `ss -uanp 'dport = :53'`]\n"
                      "Which names and how often (FILE is this capture): `tshark -r FILE -Y dns.flags.response==0 -T "
                      "fields -e ip.src -e ipv6.src -e dns.qry.name[ | grep -iF -e {zone}] | sort | uniq -c | sort "
                      "-rn | head -20`\n"
                      "Does the server still answer in time: `dig +tries=1 @{server.address} -q {name}`\n"
                      "On the server, limit the rate per source: `iptables -I INPUT -p udp --dport 53 -m hashlimit "
                      "--hashlimit-name dns --hashlimit-mode srcip --hashlimit-above 50/second -j DROP`\n"
                      "Response rate limiting of the name server (BIND: rate-limit; Unbound: ip-ratelimit, "
                      "ratelimit); for zones in the cloud, the DDoS protection of the DNS service.",
            .disproof = "A load test, a scan of subdomains or a mail filter that runs at this time and accounts for these queries.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1",
        .silent_on = "a page with 50 names\na busy resolver\nreverse look-ups of a log analysis\n"
                     "a search list that is tried for each name",
    },
};
/* clang-format on */

/* -- What is counted ------------------------------------------------------------------------------------ */

enum { SLOTS = 256, WAYS = 2, NAME_BITS = 512, SOURCES_MAX = 48, SOURCE_SLOTS = 64 };

/* Queries at one server, since `start`: for one zone, or of one host. */
struct series {
    uint64_t key; /* 0 = free */
    int64_t start;
    uint32_t first_frame, queries, any, answered, failed, missing; /* missing: NXDOMAIN */
    uint64_t all;                                                  /* queries of the capture before */
    uint32_t largest_zone;                                         /* of a host: the most queries for one zone */
    uint32_t name_count, name[NAME_BITS / 32];
    uint32_t sources, source[SOURCE_SLOTS];
    struct ip_address main_source; /* it has votes of the queries more than all others together */
    uint32_t votes;
    uint32_t finding; /* number, 0 = none */
};

struct capture {
    uint64_t queries;
    struct series series[SLOTS][WAYS];
};

struct reported {
    uint32_t finding;
};

enum { KEY_ZONE, KEY_HOST };

/* The name without its first label, NULL where that is no zone to flood. Whoever analyses a log asks for thousands of
 * names below in-addr.arpa. */
static const char *
zone_of(const char *name)
{
    const char *dot = strchr(name, '.');
    size_t length = strlen(name);
    if (dot == NULL || (length > 5 && memcmp(name + length - 5, ".arpa", 5) == 0))
        return NULL;
    return dot + 1;
}

/* Whether anybody may buy names below: then ever new ones are nothing special. */
static bool
is_registry(const char *zone)
{
    static const char *const labels[] = {"com", "co", "net", "ne", "org", "or", "edu", "ac", "gov", "go"};
    const char *dot = strchr(zone, '.');
    if (dot == NULL)
        return true;
    if (strlen(dot + 1) != 2)
        return false;
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strlen(labels[i]) == (size_t)(dot - zone) && memcmp(labels[i], zone, (size_t)(dot - zone)) == 0)
            return true;
    return false;
}

static struct series *
find_series(struct capture *capture, uint64_t key)
{
    struct series *set = capture->series[key % SLOTS];
    for (unsigned way = 0; way < WAYS; way++)
        if (set[way].key == key)
            return &set[way];
    return NULL;
}

/* The series, in a new window if the old one is over; it takes the place of the one with fewer queries. A finding
 * goes on while window after window is above the limit. */
static struct series *
open_series(struct capture *capture, uint64_t key, const struct packet *packet, unsigned limit)
{
    struct series *set = capture->series[key % SLOTS], *series = find_series(capture, key);
    if (series != NULL && packet->time - series->start <= SECONDS(WINDOW_SECONDS))
        return series;
    uint32_t finding = series != NULL && series->queries >= limit ? series->finding : 0;
    if (series == NULL)
        series =
            &set[set[0].queries <= set[1].queries || packet->time - set[0].start > SECONDS(WINDOW_SECONDS) ? 0 : 1];
    *series = (struct series){
        .key = key, .start = packet->time, .first_frame = packet->frame, .all = capture->queries, .finding = finding};
    return series;
}

static void
note_name(struct series *series, uint64_t digest)
{
    uint32_t bit = (uint32_t)digest % NAME_BITS;
    series->name_count += !(series->name[bit / 32] >> bit % 32 & 1);
    series->name[bit / 32] |= UINT32_C(1) << bit % 32;
}

static void
note_source(struct series *series, const struct ip_address *address)
{
    if (series->votes == 0)
        series->main_source = *address;
    if (address_equal(&series->main_source, address)) {
        if (series->votes++ > 0)
            return;
    } else {
        series->votes--;
    }
    distinct_add(series->source, SOURCE_SLOTS, SOURCES_MAX, &series->sources, address_digest(address));
}

static void
note_query(struct series *series, const struct packet *packet, uint64_t name)
{
    series->queries++;
    series->any += packet->dns->query_type == DNS_TYPE_ANY;
    note_name(series, name);
    note_source(series, &packet->source.address);
}

static void
note_response(struct series *series, uint8_t rcode)
{
    series->answered++;
    series->missing += rcode == RCODE_NXDOMAIN;
    series->failed += rcode == RCODE_SERVFAIL || rcode == RCODE_NXDOMAIN || rcode == RCODE_REFUSED;
}

/* -- What they show --------------------------------------------------------------------------- */

static bool
one_source(const struct series *series)
{
    return 10 * series->votes >= 8 * series->queries;
}

static bool
has_ever_new_names(const struct series *series)
{
    return 2 * series->name_count >= (series->queries < NAME_BITS ? series->queries : NAME_BITS);
}

/* That a server fails alike at all domains of a registry is its own failure: there only NXDOMAIN counts. */
static bool
is_not_served(struct context *context, const struct flow *flow, const struct packet *packet,
              const struct series *series, const char *zone, const struct endpoint *server)
{
    bool registry = is_registry(zone);
    if (4 * series->answered >= series->queries)
        return 2 * (registry ? series->missing : series->failed) >= series->answered;
    return !registry && packet->time - series->start >= PATIENCE && answers_visible(context, flow, true) &&
           address_was_seen(context, flow, &server->address);
}

/* Whether the queries for a zone are a flood, and how sure that is. */
static bool
zone_is_flooded(const struct capture *capture, const struct series *series, const char *zone, unsigned limit,
                bool not_served, enum confidence *confidence)
{
    bool ever_new = has_ever_new_names(series), registry = is_registry(zone);
    bool nothing_else = 4 * (uint64_t)series->queries >= 3 * (capture->queries - series->all);

    *confidence = CONFIDENCE_LIKELY;
    if (2 * series->any >= series->queries || (ever_new && not_served))
        return true;
    *confidence = CONFIDENCE_POSSIBLE;
    if (one_source(series))
        return !(ever_new && registry);
    return series->sources >= SOURCES_MANY && nothing_else &&
           ((ever_new && !registry) || series->queries >= POPULAR * limit);
}

/* Whether a host repeats a few names of several zones. Where most of them do not exist, it tries a search list. */
static bool
host_floods(const struct series *series)
{
    return REPEATS * series->name_count <= series->queries && 2 * series->missing <= series->answered &&
           4 * series->largest_zone <= 3 * series->queries;
}

/* `zone` is NULL where there are several. */
static void
report_flood(struct context *context, const struct packet *packet, const struct series *series, const char *zone,
             const struct endpoint *server, struct finding *finding)
{
    bool ever_new = zone != NULL && has_ever_new_names(series);
    report_series(finding, series->queries, series->first_frame, series->start);
    if (one_source(series))
        report_endpoint(finding, FACT_client, &(struct endpoint){series->main_source, 0});
    report_endpoint(finding, FACT_server, server);
    /* Who repeats "example.com" does not flood the whole of "com". */
    if (zone != NULL)
        report_text(finding, FACT_zone, !ever_new && is_registry(zone) ? packet->dns->query_name : zone);
    report_text(finding, FACT_name, packet->dns->query_name);
    report_count(finding, FACT_attempts, series->queries);
    report_count(finding, FACT_limit, threshold_value(context, QUERIES));
    report_duration(finding, FACT_delay, packet->time - series->start);
    if (series->sources < SOURCES_MAX)
        report_count(finding, FACT_sources, series->sources);
    report_count(finding, FACT_responses, series->answered);
    report_count(finding, FACT_failed, series->failed);
    if (2 * series->any >= series->queries)
        report_text(finding, FACT_query_type, "ANY");
    if (ever_new)
        report_flag(finding, FACT_random_names);
    report_evidence(finding, series->first_frame);
}

/* One finding for a zone, or for a host, although its queries pass a resolver and reach several servers. */
static void
report_once(struct context *context, const struct packet *packet, struct series *series, const char *zone,
            const struct endpoint *server, enum confidence confidence)
{
    uint64_t key = zone != NULL ? dns_name_digest(zone) : address_digest(&series->main_source);
    struct reported *reported = zone != NULL ? keyed_state_of_all(context, KEY_ZONE, &key, sizeof key, sizeof *reported)
                                             : keyed_state(context, KEY_HOST, &key, sizeof key, sizeof *reported);
    if (reported->finding == 0) {
        struct finding *finding = report(context, &cases[DNS_FLOOD], confidence);
        if (finding == NULL)
            return;
        report_flood(context, packet, series, zone, server, finding);
        reported->finding = finding_number(finding);
    }
    series->finding = reported->finding;
}

/* -- Packets ---------------------------------------------------------------------------------- */

static void
check_zone(struct context *context, const struct flow *flow, const struct packet *packet, struct series *series,
           const char *zone, const struct endpoint *server)
{
    unsigned limit = threshold_value(context, QUERIES);
    enum confidence confidence;
    if (series->finding != 0 || series->queries < limit)
        return;
    bool not_served = is_not_served(context, flow, packet, series, zone, server);
    if (zone_is_flooded(capture_state(context), series, zone, limit, not_served, &confidence))
        report_once(context, packet, series, zone, server, confidence);
}

static uint64_t
server_digest(struct context *context, const struct flow *flow, const struct endpoint *server)
{
    return digest_mix(address_digest(&server->address), flow_network(context, flow));
}

static void
note_zone_query(struct context *context, const struct flow *flow, const struct packet *packet, const char *zone)
{
    const struct endpoint *server = &packet->destination;
    struct capture *capture = capture_state(context);
    unsigned limit = threshold_value(context, QUERIES);
    uint64_t at_server = server_digest(context, flow, server), name = dns_name_digest(packet->dns->query_name);

    struct series *of_zone = open_series(capture, digest_mix(at_server, dns_name_digest(zone)), packet, limit);
    note_query(of_zone, packet, name);
    if (of_zone->finding != 0)
        report_again(context, of_zone->finding);
    check_zone(context, flow, packet, of_zone, zone, server);
    uint32_t zone_queries = of_zone->queries;

    struct series *of_host =
        open_series(capture, digest_mix_address(at_server, &packet->source.address), packet, limit);
    note_query(of_host, packet, name);
    if (zone_queries > of_host->largest_zone)
        of_host->largest_zone = zone_queries;
    if (of_host->finding != 0)
        report_again(context, of_host->finding);
    else if (of_host->queries >= limit && host_floods(of_host))
        report_once(context, packet, of_host, NULL, server, CONFIDENCE_POSSIBLE);
}

static void
note_zone_response(struct context *context, const struct flow *flow, const struct packet *packet, const char *zone)
{
    const struct endpoint *server = &packet->source;
    struct capture *capture = capture_state(context);
    uint64_t at_server = server_digest(context, flow, server);

    struct series *of_host = find_series(capture, digest_mix_address(at_server, &packet->destination.address));
    if (of_host != NULL)
        note_response(of_host, packet->dns->rcode);
    struct series *of_zone = find_series(capture, digest_mix(at_server, dns_name_digest(zone)));
    if (of_zone == NULL)
        return;
    note_response(of_zone, packet->dns->rcode);
    check_zone(context, flow, packet, of_zone, zone, server);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct capture *capture = capture_state(context);
    if (packet->copy_of != 0 && packet->copy_session != packet->session)
        return;
    capture->queries += !packet->dns->response;
    const char *zone = zone_of(packet->dns->query_name);
    if (zone == NULL)
        return;
    if (packet->dns->response)
        note_zone_response(context, flow, packet, zone);
    else
        note_zone_query(context, flow, packet, zone);
}

const struct detector flood_dns_detector = {
    .family = "flood",
    .summary = "Floods of DNS queries",
    .sees = SEES_DNS,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
};
