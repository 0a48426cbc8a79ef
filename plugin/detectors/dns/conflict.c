/* Two answers to one DNS query that contradict each other.
 *
 * A query gets one answer. Who sees the queries on their way can send a forged one, which is faster than the
 * resolver's, and the client believes the first; the resolver's own answer arrives after it and is ignored.
 * The forged answer gives an address of somebody else, or says that the name does not exist.
 *
 * Answers that only repeat or rotate are none of this. A query that was sent again may be answered twice, and
 * not alike where a name has many addresses: only more answers than queries count.
 *
 * Source: The Great DNS Wall of China (FOCI 2020): several forged answers per query, ahead of the true one;
 * GFWatch (USENIX Security 2021): forged IPv6 addresses lie in 2001::/32.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* More findings about one client say nothing new. */
enum { REPORTED_MAX = 10 };

/* Routers of one path may take turns; another place on the path is further away. */
enum { TTL_TOLERANCE = 2 };

/* Answers that belong together follow at once; a resolver that has to ask others takes some seconds. */
static const int64_t TOGETHER = SECONDS(5);

enum { CONFLICT };

/* clang-format off */
static const struct case_info cases[] = {
    [CONFLICT] = {
        .id = "dns.conflict",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Two different answers to one DNS query",
            .summary = "One query of {client} to {server} for {name} ({query_type}) got two answers that contradict each "
                       "other: first [{first_answer}][{first_rcode}] after {first_delay}, then "
                       "[{second_answer}][{second_rcode}] {delay} later (threshold: one answer per query).",
            .causes = "Somebody on the way forges DNS answers (DNS injection): the first answer is the forged one, and the "
                      "client uses it.[ The answers arrived with different IP TTLs, {first_ttl} and {second_ttl}: two "
                      "senders.][ Only one of them claims to be authoritative (AA){?authority}.][ An address lies in "
                      "2001::/32, where forged AAAA answers lie{?teredo}.][ The first came sooner than this server ever "
                      "answered otherwise ({usual} at best).][ Only one of them has IP ID 0{?ip_id_differs}.]\n"
                      "A firewall, a router's DNS proxy or a security product on the way answers in the resolver's name (a "
                      "blocked name), and lets the query pass as well.\n"
                      "{server.address} is a forwarder that asks several resolvers and passes on every answer; then the "
                      "addresses are all the service's own.",
            .checks = "Through a way that nobody on the path can forge: `curl -sG https://223.5.5.5/resolve "
                      "--data-urlencode name={name} -d type={query_type}`\n"
                      "The same over TCP, which an injector beside the path can't answer: `dig +tcp "
                      "@{server.address} -q {name} -t {query_type}`\n"
                      "Ask an address where no resolver is. An answer is forged: `dig +time=2 +tries=1 @192.0.2.1 -q "
                      "{name} -t {query_type}`\n"
                      "[Whose address is it: `whois {first_answer}`]\n"
                      "Encrypt the queries (DNS over TLS or HTTPS), or use a resolver on this side of the injector.",
            .disproof = "Both answers come from {server.address} itself: its own capture shows both leaving, or whois names "
                        "the same owner for both addresses.",
        },
        .source = "FOCI 2020, The Great DNS Wall of China; GFWatch, USENIX Security 2021",
        .silent_on = "identical duplicates\ntruncated-then-TCP\nround robin order\ntwo resolvers\n"
                     "a query sent again whose answers rotate\nanother query from the same port with the same id\n"
                     "SERVFAIL, then an answer",
    },
};
/* clang-format on */

/* -- What an answer says ---------------------------------------------------------------------- */

/* Forged AAAA answers lie in 2001::/32 (Teredo), where no service is. */
static bool
is_teredo(const struct query_answer *answer)
{
    static const uint8_t teredo[4] = {0x20, 0x01, 0, 0};
    for (unsigned i = 0; i < answer->address_count; i++)
        if (answer->address[i].family == 6 && memcmp(answer->address[i].bytes, teredo, sizeof teredo) == 0)
            return true;
    return false;
}

static bool
share_an_address(const struct query_answer *a, const struct query_answer *b)
{
    for (unsigned i = 0; i < a->address_count; i++)
        for (unsigned j = 0; j < b->address_count; j++)
            if (address_equal(&a->address[i], &b->address[j]))
                return true;
    return false;
}

static bool
ttl_differs(const struct query_answer *a, const struct query_answer *b)
{
    return a->ttl > b->ttl + TTL_TOLERANCE || b->ttl > a->ttl + TTL_TOLERANCE;
}

static bool
ip_id_differs(const struct query_answer *a, const struct query_answer *b)
{
    return a->has_ip_id && b->has_ip_id && (a->ip_id == 0) != (b->ip_id == 0);
}

static bool
came_too_soon(const struct query *query)
{
    return query->usual > 0 && query->answer.time - query->last_time < query->usual / 2;
}

/* Number of signs that the answers have two senders. */
static unsigned
signs(const struct query *query, const struct query_answer *second)
{
    const struct query_answer *first = &query->answer;
    return (unsigned)ttl_differs(first, second) + (first->authoritative != second->authoritative) +
           (is_teredo(first) || is_teredo(second)) + came_too_soon(query) + ip_id_differs(first, second);
}

static bool
contradict(const struct query *query, const struct query_answer *second)
{
    const struct query_answer *first = &query->answer;
    if (!query_answer_is_definite(first) || !query_answer_is_definite(second) || second->time - first->time > TOGETHER)
        return false;
    if (first->rcode != second->rcode)
        return true;
    if (first->rcode != DNS_NOERROR || (query->type != DNS_TYPE_A && query->type != DNS_TYPE_AAAA) ||
        (first->whole && second->whole && first->address_count + second->address_count == 0) ||
        share_an_address(first, second))
        return false;
    /* Of an answer that was cut only the first addresses are known, if any, and those rotate. */
    if (first->whole && second->whole)
        return true;
    return signs(query, second) > 0 &&
           (first->length != second->length || (first->address_count > 0 && second->address_count > 0));
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* What a finding is about. */
struct subject_key {
    struct ip_address client, server;
    uint8_t name[sizeof(uint64_t)]; /* its digest */
};

/* A client and how many findings there are about it. */
struct client {
    unsigned reported;
};

/* A new finding about this name, client and server; NULL if there is one, or the client has too many. */
static struct finding *
new_finding(struct context *context, const struct query *query, enum confidence confidence)
{
    struct subject_key key = {query->client.address, query->server.address, {0}};
    uint64_t digest = dns_name_digest(query->name);
    memcpy(key.name, &digest, sizeof digest);
    if (reported_about(context, &cases[CONFLICT], &key, sizeof key) == NULL) {
        struct client *client = keyed_state(context, 0, &key.client, sizeof key.client, sizeof *client);
        if (client->reported++ >= REPORTED_MAX)
            return NULL;
    }
    return report_about(context, &cases[CONFLICT], confidence, &key, sizeof key, 1);
}

static void
report_answer(struct finding *finding, const struct query_answer *answer, enum fact_name address, enum fact_name rcode)
{
    if (answer->address_count > 0)
        report_address(finding, address, &answer->address[0]);
    else
        report_text(finding, rcode,
                    answer->rcode == DNS_NXDOMAIN  ? "NXDOMAIN"
                    : answer->rcode == DNS_REFUSED ? "REFUSED"
                    : answer->whole                ? "NOERROR without address"
                                                   : "an address that was cut off");
}

static void
report_signs(struct finding *finding, const struct query *query, const struct query_answer *second)
{
    const struct query_answer *first = &query->answer;
    if (ttl_differs(first, second)) {
        report_count(finding, FACT_first_ttl, first->ttl);
        report_count(finding, FACT_second_ttl, second->ttl);
    }
    if (first->authoritative != second->authoritative)
        report_flag(finding, FACT_authority);
    if (is_teredo(first) || is_teredo(second))
        report_flag(finding, FACT_teredo);
    if (came_too_soon(query))
        report_duration(finding, FACT_usual, query->usual);
    if (ip_id_differs(first, second))
        report_flag(finding, FACT_ip_id_differs);
}

static void
report_conflict(struct context *context, const struct flow *flow, const struct query *query,
                const struct query_answer *second)
{
    const struct query_answer *first = &query->answer;
    unsigned found = signs(query, second);
    struct finding *finding = new_finding(context, query,
                                          found >= 2                                    ? CONFIDENCE_CONFIRMED
                                          : found == 1 || first->rcode != second->rcode ? CONFIDENCE_LIKELY
                                                                                        : CONFIDENCE_POSSIBLE);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_name, query->name);
    report_text(finding, FACT_query_type, dns_type_name(query->type));
    report_answer(finding, first, FACT_first_answer, FACT_first_rcode);
    report_answer(finding, second, FACT_second_answer, FACT_second_rcode);
    report_duration(finding, FACT_first_delay, first->time - query->last_time);
    report_duration(finding, FACT_delay, second->time - first->time);
    report_signs(finding, query, second);
    report_evidence(finding, query->last_frame);
    report_evidence(finding, first->frame);
}

/* More answers than can come: one of them is not the server's, or the server contradicts itself. */
static void
on_query(struct context *context, const struct flow *flow, const struct query *query, enum query_event event)
{
    if (event == QUERY_GETS_ANOTHER_ANSWER && query->answers > query->expected && contradict(query, query->another))
        report_conflict(context, flow, query, query->another);
}

const struct detector dns_conflict_detector = {
    .family = "dns",
    .summary = "Answers to one query that contradict each other",
    DETECTOR_TABLE(case, cases),
    .on_query = on_query,
};
