/* Names that a resolver gives no answer for: SERVFAIL, NXDOMAIN, REFUSED.
 *
 * What asks for the name reports it as "could not resolve host": a package manager with a wrong repository, a
 * service with a wrong address of its database, a host whose resolver is not meant for it. SERVFAIL and REFUSED
 * speak of the resolver. NXDOMAIN speaks of the name, and is an ordinary answer: a search list is tried until one
 * of its names exists, and some names are asked for in order not to be found.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 9 (yum: "Couldn't resolve host"); RFC 1035, 4.1.1.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* More findings about one client say nothing new, nor do more about one server, which a flood may ask for any number of
 * names in the name of any number of clients. */
enum { REPORTED_MAX = 10, SERVER_REPORTED_MAX = 30 };

enum {
    NOERROR = 0,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    REFUSED = 5,
    TYPE_SOA = 6
}; /* who asks for SOA looks for the zone that a name is in */

/* The next name of a search list is asked for at once. */
static const int64_t NEXT_STEP = SECONDS(1);

enum { FAILED };

/* clang-format off */
static const struct case_info cases[] = {
    [FAILED] = {
        .id = "dns.failed",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Name not resolved",
            .summary = "{server} answered the query of {client} for {name} ({query_type}) with {rcode}[ after {delay}][: no "
                       "such name{?nxdomain}][ (perhaps only a step of a search list){?search_step}][: it could not find "
                       "out{?servfail}][: it does not serve this client or this name{?refused}].",
            .causes = "[The name is misspelt, its record was deleted, or its domain has expired{?nxdomain}.]\n"
                      "[The name is only known to another resolver (an internal name asked from a public resolver, or the "
                      "other way round){?nxdomain}.]\n"
                      "[{name} is what a search domain made of a shorter name; if the next name resolves, nothing is "
                      "wrong{?search_step}.]\n"
                      "[The resolver got no usable answer itself: the servers it asks are down, cut off from it by a "
                      "firewall, or refuse it{?servfail}.]\n"
                      "[DNSSEC validation failed: a wrong or expired signature, or the resolver's clock is wrong{?servfail}.]\n"
                      "[An access list of the resolver does not allow {client.address} (allow-recursion, "
                      "access-control){?refused}{!ruled_out}.]\n"
                      "[The server is authoritative for other domains only and does not resolve for others, or its upstream "
                      "servers are missing{?refused}.]",
            .checks = "What does this resolver say now: `dig @{server.address} -q {name} -t {query_type}`\n"
                      "What does another one say: `dig @223.5.5.5 -q {name} -t {query_type}`\n"
                      "[Without validation. If this works, DNSSEC is at fault: `dig +cd @{server.address} -q {name} "
                      "-t {query_type}`{?servfail}]\n"
                      "[On the resolver, its access list and its upstream servers: `named-checkconf -p; cat "
                      "/etc/dnsmasq.conf`{?refused}]\n"
                      "[Search list and ndots of the client: `cat /etc/resolv.conf`{?nxdomain}]\n"
                      "Where on the client does the name come from: `grep -rF -e {name} /etc`",
            .disproof = "The program that asked works all the same, because another resolver or another name gave it the "
                        "address.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 9; RFC 1035, 4.1.1; RFC 2308",
        .silent_on = "a search-list NXDOMAIN that the next name resolves: note\nreverse lookups\nlookups in blacklists (DNSBL)\n"
                     "names that a client probes for (wpad, isatap, a browser's random single labels, names of mDNS and of "
                     "service discovery)\n"
                     "a name without records of this type (NODATA)\nqueries of a resolver on its way through the tree (no "
                     "recursion desired)\nanswers to queries that nobody sent\nqueries for SOA in search of a zone",
    },
};
/* clang-format on */

enum { SUFFIXES_MAX = 8 };

/* A name that failed. The steps of one search are told as one: under the name of the first that was told, here as its digest; 0 if
 * there is none yet. */
struct failed_name {
    uint64_t told_as;
    uint16_t first_type; /* of a name that may be made up */
};

/* The newest name of a client that does not exist, and the search domains that showed themselves. */
struct client {
    unsigned reported;
    char name[DNS_NAME_MAX];
    int64_t time;
    uint64_t told_as; /* 0 = it is a step with a known search domain */
    unsigned suffix_count;
    struct {
        uint64_t digest, told_as;
    } suffix[SUFFIXES_MAX];
};

struct server {
    unsigned reported;
};

struct capture {
    bool nxdomain_seen; /* before, no search list needs to be looked for */
};

/* What a finding is about. */
struct failure {
    struct ip_address client;
    uint8_t rcode, name[sizeof(uint64_t)];
};

enum { KEY_NAME, KEY_CLIENT, KEY_SERVER };

static struct client *
client_of(struct context *context, const struct flow *flow)
{
    return keyed_state(context, KEY_CLIENT, &flow->client.address, sizeof flow->client.address, sizeof(struct client));
}

static struct failure
failure_of(const struct flow *flow, uint8_t rcode, uint64_t name)
{
    struct failure failure = {.client = flow->client.address, .rcode = rcode};
    memcpy(failure.name, &name, sizeof name);
    return failure;
}

/* -- Search lists ----------------------------------------------------------------------------- */

/* Length of the labels that both names begin with, 0 if they don't share one. */
static size_t
common_head(const char *a, const char *b)
{
    size_t shared = 0, i = 0;
    for (; a[i] == b[i] && a[i] != '\0'; i++)
        if (a[i] == '.')
            shared = i;
    bool ends = (a[i] == '\0' || a[i] == '.') && (b[i] == '\0' || b[i] == '.');
    return ends ? i : shared;
}

/* Whether what stands behind the head can be a search domain: nobody searches in a top-level domain. */
static bool
may_be_searched(const char *name, size_t head)
{
    return strchr(name + head + 1, '.') != NULL || dns_name_is_local(name);
}

/* Whether the two names are steps of one search: the name as it was given and with a domain behind it, or with
 * two domains. "www" alone is what any two names may share. */
static bool
is_same_search(const char *a, const char *b)
{
    size_t head = common_head(a, b);
    if (head == 0 || a[head] == '\0' || b[head] == '\0')
        return head > 0;
    return (head != 3 || memcmp(a, "www", 3) != 0) && may_be_searched(a, head) && may_be_searched(b, head);
}

/* The domain behind a name that is no longer than the head was added by a search list. */
static void
learn_suffix(struct client *client, size_t head)
{
    if (client->told_as == 0 || client->name[head] != '.' || client->suffix_count == SUFFIXES_MAX)
        return;
    client->suffix[client->suffix_count].digest = dns_name_digest(client->name + head + 1);
    client->suffix[client->suffix_count++].told_as = client->told_as;
}

/* What the search domain that this name ends with is told as, 0 if none is known. */
static uint64_t
known_suffix(const struct client *client, const char *name)
{
    for (const char *dot = strchr(name, '.'); dot != NULL && client->suffix_count > 0; dot = strchr(dot + 1, '.')) {
        uint64_t digest = dns_name_digest(dot + 1);
        for (unsigned i = 0; i < client->suffix_count; i++)
            if (client->suffix[i].digest == digest)
                return client->suffix[i].told_as;
    }
    return 0;
}

/* Whether a name that was not found can't be a step of a search list that goes on: nobody searches in a top-level
 * domain or for the name "www", and a name without a domain comes last. */
static bool
is_final(const char *name)
{
    if (strchr(name, '.') == NULL)
        return true;
    return !dns_name_is_local(name) && (dns_name_labels(name) == 2 || strncmp(name, "www.", 4) == 0);
}

/* A name that resolves ends the search that the client's newest missing name was a step of. */
static void
note_resolved(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct client *client = client_of(context, flow);
    const char *name = packet->dns->query_name;
    if (client->name[0] == '\0' || packet->time - client->time > NEXT_STEP || !is_same_search(client->name, name))
        return;
    learn_suffix(client, common_head(client->name, name));
    client->name[0] = '\0';
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* Whether the query is known: an answer alone may be one that was never asked for. Where a mirror shows the
 * answers only, there is nothing else. */
static bool
was_asked_for(struct context *context, const struct flow *flow, const struct packet *packet)
{
    return flow->by_client.packets > 0 ||
           (packet->session != 0 && !address_was_seen(context, flow, &flow->client.address));
}

/* Whether this client or server has too many findings already; they get one more otherwise. */
static bool
said_enough(struct context *context, const struct flow *flow)
{
    struct client *client = client_of(context, flow);
    struct server *server =
        keyed_state(context, KEY_SERVER, &flow->server.address, sizeof flow->server.address, sizeof *server);
    if (client->reported >= REPORTED_MAX || server->reported >= SERVER_REPORTED_MAX)
        return true;
    client->reported++;
    server->reported++;
    return false;
}

static void
report_failed(struct context *context, const struct flow *flow, const struct packet *packet, uint64_t told_as,
              bool search_step)
{
    const struct dns_message *message = packet->dns;
    struct failure failure = failure_of(flow, message->rcode, told_as);
    bool asked = flow->by_client.packets > 0;
    if (reported_about(context, &cases[FAILED], &failure, sizeof failure) == NULL && said_enough(context, flow))
        return;
    struct finding *finding = report_about(context, &cases[FAILED], asked ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY,
                                           &failure, sizeof failure, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_name, message->query_name);
    report_text(finding, FACT_query_type, dns_type_name(message->query_type));
    report_text(finding, FACT_rcode,
                message->rcode == SERVFAIL   ? "SERVFAIL"
                : message->rcode == NXDOMAIN ? "NXDOMAIN"
                                             : "REFUSED");
    report_flag(finding, message->rcode == SERVFAIL   ? FACT_servfail
                         : message->rcode == NXDOMAIN ? FACT_nxdomain
                                                      : FACT_refused);
    if (asked)
        report_duration(finding, FACT_delay, packet->time - flow->by_client.last_time);
    if (search_step) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_search_step);
    }
    report_evidence(finding, flow->by_client.last_frame);
    uint32_t frame;
    if (message->rcode != NXDOMAIN && resolver_answered(context, flow, true, &frame))
        report_ruled_out(finding,
                         "a resolver that is down, or does not serve this client: it resolves another name for it",
                         "解析服务器宕机，或不为该客户端服务：它为该客户端解析了另一个名称", frame);
}

/* A name that does not exist: what it is told as already, because it is a step of a search. The name as it was given comes behind
 * all search domains: then the search has failed. */
static uint64_t
told_as_step(struct client *client, const struct packet *packet, bool *last_step)
{
    const char *name = packet->dns->query_name;
    bool goes_on =
        client->name[0] != '\0' && packet->time - client->time <= NEXT_STEP && is_same_search(client->name, name);
    uint64_t told_as = goes_on ? client->told_as : 0;
    if (goes_on) {
        size_t head = common_head(client->name, name);
        learn_suffix(client, head);
        *last_step = told_as == 0 && name[head] == '\0';
    }
    return told_as != 0 ? told_as : known_suffix(client, name);
}

/* Whether the name may be one of those that a browser makes up: it does not ask for one twice. */
static bool
may_be_made_up(struct failed_name *failed, const struct dns_message *message)
{
    if (message->rcode != NXDOMAIN || !dns_name_is_random(message->query_name) || failed->told_as != 0)
        return false;
    if (failed->first_type == message->query_type)
        return false;
    if (failed->first_type == 0)
        failed->first_type = message->query_type;
    return true;
}

static void
check_failure(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    uint64_t digest = dns_name_digest(message->query_name);
    struct failure own = failure_of(flow, message->rcode, digest);
    struct failed_name *failed = keyed_state(context, KEY_NAME, &own, sizeof own, sizeof *failed);
    struct client *client = client_of(context, flow);
    bool missing = message->rcode == NXDOMAIN, last_step = false;

    if (may_be_made_up(failed, message))
        return;
    if (failed->told_as == 0 && missing)
        failed->told_as = told_as_step(client, packet, &last_step);
    if (failed->told_as == 0)
        failed->told_as = digest;
    report_failed(context, flow, packet, failed->told_as, missing && !last_step && !is_final(message->query_name));
    if (!missing)
        return;
    ((struct capture *)capture_state(context))->nxdomain_seen = true;
    memcpy(client->name, message->query_name, sizeof client->name);
    client->time = packet->time;
    client->told_as = known_suffix(client, message->query_name) != 0 ? 0 : failed->told_as;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    if (!message->response || packet->from_client)
        return;
    if (message->rcode == NOERROR) {
        if (message->answer_count > 0 && ((const struct capture *)capture_state(context))->nxdomain_seen)
            note_resolved(context, flow, packet);
        return;
    }
    bool recursion_desired = packet->payload.bytes[2] & 1;
    if ((message->rcode == SERVFAIL || message->rcode == NXDOMAIN || message->rcode == REFUSED) && recursion_desired &&
        message->query_type != TYPE_SOA && !dns_name_may_be_missing(message->query_name) &&
        was_asked_for(context, flow, packet))
        check_failure(context, flow, packet);
}

const struct detector dns_failed_detector = {
    .family = "dns",
    .summary = "Names that a resolver gives no answer for",
    .sees = SEES_DNS,
    DETECTOR_TABLE(case, cases),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
};
