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

enum { PORT_DNS = 53, NOERROR = 0, NXDOMAIN = 3, REFUSED = 5 };

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

enum { ADDRESSES_MAX = 8 };

/* What an answer says, and what tells about its sender. */
struct answer {
    uint32_t frame;
    int64_t time;
    uint8_t rcode, ttl;
    bool authoritative, truncated, whole; /* whole: all addresses were read */
    bool teredo, has_ip_id;
    uint16_t ip_id;
    uint32_t length;
    unsigned address_count;
    struct ip_address address; /* the first one */
    uint64_t digest[ADDRESSES_MAX];
};

/* One question from one port with one id, sent once or more. */
struct exchange {
    uint64_t key;
    unsigned queries, answers;
    uint32_t query_frame;
    int64_t query_time;
    int64_t usual; /* what was known of the server before the first answer, 0 = too little */
    struct answer first;
};

/* How quickly a server answers a client. */
struct pace {
    uint64_t key;
    unsigned answers;
    int64_t fastest;
};

/* Places by digest: whoever comes later to the same place takes it. */
enum { EXCHANGES = 1024, PACES = 256, PACE_KNOWN = 3 };

struct capture {
    struct exchange exchange[EXCHANGES];
    struct pace pace[PACES];
};

enum { KEY_NAME, KEY_CLIENT };

struct reported {
    uint32_t finding; /* its number; for a client: how many it has */
};

static struct exchange *
exchange_of(struct context *context, const struct flow *flow, const struct dns_message *message, uint64_t *key)
{
    struct capture *capture = capture_state(context);
    *key = digest_mix(digest_mix(flow->number, (uint64_t)message->id << 16 | message->query_type),
                      dns_name_digest(message->query_name));
    return &capture->exchange[*key % EXCHANGES];
}

/* -- What an answer says ---------------------------------------------------------------------- */

static void
read_answer(struct answer *answer, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    *answer = (struct answer){.frame = packet->frame,
                              .time = packet->time,
                              .rcode = message->rcode,
                              .ttl = packet->ttl,
                              .authoritative = message->authoritative,
                              .truncated = message->truncated,
                              .whole = message->complete,
                              .has_ip_id = packet->has_ip_id,
                              .ip_id = packet->ip_id,
                              .length = packet->payload.length};
    for (unsigned i = 0; i < message->answer_count; i++) {
        const struct ip_address *address = &message->answer[i].address;
        static const uint8_t teredo[4] = {0x20, 0x01, 0, 0};
        if (address->family == 0)
            continue;
        if (address->family == 6 && memcmp(address->bytes, teredo, sizeof teredo) == 0)
            answer->teredo = true;
        if (answer->address_count == 0)
            answer->address = *address;
        if (answer->address_count == ADDRESSES_MAX) {
            answer->whole = false;
            return;
        }
        answer->digest[answer->address_count++] = address_digest(address);
    }
}

static bool
share_an_address(const struct answer *a, const struct answer *b)
{
    for (unsigned i = 0; i < a->address_count; i++)
        for (unsigned j = 0; j < b->address_count; j++)
            if (a->digest[i] == b->digest[j])
                return true;
    return false;
}

/* Whether it is an answer at all: SERVFAIL says nothing about the name, and a truncated one asks to come again. */
static bool
says_something(const struct answer *answer)
{
    return !answer->truncated && (answer->rcode == NOERROR || answer->rcode == NXDOMAIN || answer->rcode == REFUSED);
}

static bool
ttl_differs(const struct answer *a, const struct answer *b)
{
    return a->ttl > b->ttl + TTL_TOLERANCE || b->ttl > a->ttl + TTL_TOLERANCE;
}

static bool
ip_id_differs(const struct answer *a, const struct answer *b)
{
    return a->has_ip_id && b->has_ip_id && (a->ip_id == 0) != (b->ip_id == 0);
}

static bool
came_too_soon(const struct exchange *exchange)
{
    return exchange->usual > 0 && exchange->first.time - exchange->query_time < exchange->usual / 2;
}

/* Number of signs that the answers have two senders. */
static unsigned
signs(const struct exchange *exchange, const struct answer *second)
{
    const struct answer *first = &exchange->first;
    return (unsigned)ttl_differs(first, second) + (first->authoritative != second->authoritative) +
           (first->teredo || second->teredo) + came_too_soon(exchange) + ip_id_differs(first, second);
}

static bool
contradict(const struct exchange *exchange, const struct answer *second, uint16_t type)
{
    const struct answer *first = &exchange->first;
    if (!says_something(first) || !says_something(second) || second->time - first->time > TOGETHER)
        return false;
    if (first->rcode != second->rcode)
        return true;
    if (first->rcode != NOERROR || (type != DNS_TYPE_A && type != DNS_TYPE_AAAA) ||
        (first->whole && second->whole && first->address_count + second->address_count == 0) ||
        share_an_address(first, second))
        return false;
    /* Of an answer that was cut only the first addresses are known, if any, and those rotate. */
    if (first->whole && second->whole)
        return true;
    return signs(exchange, second) > 0 &&
           (first->length != second->length || (first->address_count > 0 && second->address_count > 0));
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* Where the finding about this name and client is noted; NULL if the client has too many. */
static struct reported *
place_of(struct context *context, const struct flow *flow, const struct dns_message *message)
{
    struct {
        struct ip_address client, server;
        uint8_t name[sizeof(uint64_t)];
    } key;
    uint64_t digest = dns_name_digest(message->query_name);
    memset(&key, 0, sizeof key);
    key.client = flow->client.address;
    key.server = flow->server.address;
    memcpy(key.name, &digest, sizeof digest);
    struct reported *reported = keyed_state(context, KEY_NAME, &key, sizeof key, sizeof *reported);
    if (reported->finding != 0)
        return reported;
    struct reported *client = keyed_state(context, KEY_CLIENT, &key.client, sizeof key.client, sizeof(struct reported));
    return client->finding++ < REPORTED_MAX ? reported : NULL;
}

static void
report_answer(struct finding *finding, const struct answer *answer, enum fact_name address, enum fact_name rcode)
{
    if (answer->address_count > 0)
        report_address(finding, address, &answer->address);
    else
        report_text(finding, rcode,
                    answer->rcode == NXDOMAIN  ? "NXDOMAIN"
                    : answer->rcode == REFUSED ? "REFUSED"
                    : answer->whole            ? "NOERROR without address"
                                               : "an address that was cut off");
}

static void
report_signs(struct finding *finding, const struct exchange *exchange, const struct answer *second)
{
    const struct answer *first = &exchange->first;
    if (ttl_differs(first, second)) {
        report_count(finding, FACT_first_ttl, first->ttl);
        report_count(finding, FACT_second_ttl, second->ttl);
    }
    if (first->authoritative != second->authoritative)
        report_flag(finding, FACT_authority);
    if (first->teredo || second->teredo)
        report_flag(finding, FACT_teredo);
    if (came_too_soon(exchange))
        report_duration(finding, FACT_usual, exchange->usual);
    if (ip_id_differs(first, second))
        report_flag(finding, FACT_ip_id_differs);
}

static void
report_conflict(struct context *context, const struct flow *flow, const struct packet *packet,
                const struct exchange *exchange, const struct answer *second)
{
    const struct answer *first = &exchange->first;
    struct reported *reported = place_of(context, flow, packet->dns);
    if (reported == NULL)
        return;
    if (reported->finding != 0) {
        report_again(context, reported->finding);
        return;
    }
    unsigned found = signs(exchange, second);
    struct finding *finding = report(context, &cases[CONFLICT],
                                     found >= 2                                    ? CONFIDENCE_CONFIRMED
                                     : found == 1 || first->rcode != second->rcode ? CONFIDENCE_LIKELY
                                                                                   : CONFIDENCE_POSSIBLE);
    if (finding == NULL)
        return;
    reported->finding = finding_number(finding);
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_text(finding, FACT_name, packet->dns->query_name);
    report_text(finding, FACT_query_type, dns_type_name(packet->dns->query_type));
    report_answer(finding, first, FACT_first_answer, FACT_first_rcode);
    report_answer(finding, second, FACT_second_answer, FACT_second_rcode);
    report_duration(finding, FACT_first_delay, first->time - exchange->query_time);
    report_duration(finding, FACT_delay, second->time - first->time);
    report_signs(finding, exchange, second);
    report_evidence(finding, exchange->query_frame);
    report_evidence(finding, first->frame);
}

/* -- Queries and answers ---------------------------------------------------------------------- */

/* Notes how quickly the server answered; returns the best time before. */
static int64_t
note_pace(struct context *context, const struct flow *flow, int64_t delay)
{
    struct capture *capture = capture_state(context);
    uint64_t client = digest_mix(address_digest(&flow->client.address), flow_network(context, flow));
    uint64_t key = digest_mix(client, address_digest(&flow->server.address));
    struct pace *pace = &capture->pace[key % PACES];
    if (pace->key != key)
        *pace = (struct pace){.key = key, .fastest = INT64_MAX};
    int64_t before = pace->answers >= PACE_KNOWN ? pace->fastest : 0;
    pace->answers++;
    if (delay < pace->fastest)
        pace->fastest = delay;
    return before;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    uint64_t key;

    if (flow->server.port != PORT_DNS || message->response == packet->from_client)
        return;
    struct exchange *exchange = exchange_of(context, flow, message, &key);
    if (!message->response) {
        if (exchange->key != key || packet->time - exchange->query_time > 2 * TOGETHER)
            *exchange = (struct exchange){.key = key};
        exchange->queries++;
        exchange->query_time = packet->time;
        exchange->query_frame = packet->frame;
        return;
    }
    if (exchange->key != key)
        return; /* the query was not captured */
    struct answer answer;
    read_answer(&answer, packet);
    exchange->answers++;
    if (exchange->answers > exchange->queries && contradict(exchange, &answer, message->query_type)) {
        report_conflict(context, flow, packet, exchange, &answer);
    } else if (!says_something(&exchange->first) || exchange->answers <= exchange->queries) {
        if (exchange->answers == 1)
            exchange->usual = note_pace(context, flow, packet->time - exchange->query_time);
        exchange->first = answer;
    }
}

const struct detector dns_conflict_detector = {
    .family = "dns",
    .summary = "Answers to one query that contradict each other",
    .sees = SEES_DNS,
    DETECTOR_TABLE(case, cases),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
};
