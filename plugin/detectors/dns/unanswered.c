/* DNS queries that get no answer, or get it late.
 *
 * Everything that needs a name waits for it: a client sends its query again after 1 to 5 s, asks another resolver,
 * and gives up after 10 to 30 s. What the user sees is a service that is slow or down, with nothing wrong in it.
 *
 * The engine tells when nothing is due any more that could bring the answer. One datagram that was lost and whose repetition
 * is answered is how UDP works; it is told if it costs time again and again. If the other query of the same port, which left
 * at the same time, was answered at once, it is dns.twin_lost that tells.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 9 (a wrong resolver setting ends in timeouts); resolv.conf(5):
 * timeout 5 s, attempts 2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* REPORTED_MAX: more findings about one client or one server say nothing new. REPAIRED_OFTEN: so many lost datagrams of a client
 * and a server are worth a word. */
enum { REPORTED_MAX = 10, REPAIRED_OFTEN = 3 };

enum { SECONDS_WITHOUT, SLOW_MILLISECONDS };

static const struct threshold thresholds[] = {
    [SECONDS_WITHOUT] = {"unanswered_seconds",
                         {"DNS: query without answer (s)",
                          "A query that is not sent again must stay without answer for so many seconds"},
                         5,
                         1,
                         60},
    [SLOW_MILLISECONDS] = {"slow_milliseconds",
                           {"DNS: slow answer (ms)", "An answer that takes at least so many milliseconds is noted"},
                           1000,
                           1,
                           60000},
};

enum { UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [UNANSWERED] = {
        .id = "dns.unanswered",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "DNS query without timely answer",
            .summary = "[{server} answered the query of {client} for {name} ({query_type}) only after {delay} (threshold "
                       "{threshold}){?answered}][, when it was asked {attempts} times{?answered}{?repeated}]"
                       "[{client} asked {server} for {name} ({query_type}) {attempts} times within {delay} and got no "
                       "answer{!answered}{?repeated}]"
                       "[{client} asked {server} for {name} ({query_type}) and got no answer within "
                       "{threshold}{!answered}{!repeated}]"
                       "[; the {twin_type} query of the same port was answered after {twin_delay}].",
            .causes = "[Connection tracking on the way (NAT, a Kubernetes service, a firewall) lost one of two queries that "
                      "left the same port at the same time: both create an entry, and one of them is dropped{?twin_type}.]\n"
                      "[The server or a box before it does not answer {query_type} queries{?twin_type}{!answered}.]\n"
                      "[The resolver has to ask servers that are far away, slow or partly down, and has nothing in its "
                      "cache{?answered}{!twin_type}{!repeated}.]\n"
                      "[The client has a wrong resolver: nothing serves DNS at {server.address}, or not for this client (a "
                      "resolver drops the queries of strangers){!answered}{!server_up}.]\n"
                      "[A firewall or security group drops UDP port {server.port} between them, or the answers on their way "
                      "back{!answered}{!server_up}.]\n"
                      "[The resolver is overloaded or limits the rate of this client (see whether others are answered at the "
                      "same time), or the servers that it asks are slow or don't answer it{!twin_type}.]\n"
                      "[The path loses packets: the answer comes when the query is sent again{?repeated}.]\n"
                      "[Large answers are lost: fragments are dropped (DNSSEC, many records), small ones "
                      "arrive{!answered}.]\n"
                      "[Only the copy of the answer was lost, in the capture{!answered}{!repeated}.]",
            .checks = "[Count what connection tracking drops, on each node between them (insert_failed): `conntrack "
                      "-S`{?twin_type}]\n"
                      "[Let the client send A and AAAA one after the other (\"options single-request-reopen\" in "
                      "/etc/resolv.conf), or put a cache on the node (NodeLocal DNSCache){?twin_type}.]\n"
                      "From the client, one query with its time: `dig +tries=1 +time=5 -p {server.port} @{server.address} -q "
                      "{name} -t {query_type}`\n"
                      "[The same over TCP. If that works, UDP is filtered: `dig +tcp -p {server.port} @{server.address} -q {name} "
                      "-t {query_type}`]\n"
                      "[With small answers. If that works, fragments are lost: `dig +bufsize=512 -p {server.port} "
                      "@{server.address} -q {name} -t {query_type}`{!answered}]\n"
                      "Which resolvers does the client use, in which order: `cat /etc/resolv.conf; resolvectl "
                      "status`\n"
                      "[On the resolver, do the queries arrive and do answers leave: `tcpdump -ni any 'port {server.port} and "
                      "host {client.address}'`{!at_server}]\n"
                      "Until it works put a resolver that answers first in /etc/resolv.conf, and shorten the wait by "
                      "the line \"options timeout:1 attempts:2\" there (without \"rotate\", which would undo the "
                      "order).",
            .disproof = "[A capture on {client.address} itself shows the answer of {server.address} in time{!at_client}.]\n"
                        "[The answer of {server.address} arrives after all: later in this capture, or on another interface of "
                        "the client{?at_client}.]",
        },
        .source = "Alibaba Cloud security product handbook, ch. 9; resolv.conf(5)",
        .silent_on = "slow answers: note with the time\nblind direction\nend of capture\nICMP answer (other case)\n"
                     "A and AAAA from one port\none query to two resolvers at once\nan answer with the truncation bit, then TCP\n"
                     "the same name asked for by two programs\nmulticast DNS and LLMNR\n"
                     "queries of a resolver on its way through the tree (no recursion desired): note\n"
                     "a query that is answered when it is sent again\n"
                     "an answer from an address that was not asked (other case)\n"
                     "one of A and AAAA is lost (other case)",
    },
};
/* clang-format on */

/* What the findings of one client and one server are about. */
enum kind { WITHOUT_ANSWER, LATE_ANSWER, SLOW_ANSWER };

struct subject_key {
    struct ip_address client, server;
    uint8_t kind;
};

/* Of a client and a server. */
struct pair {
    unsigned without_answer, repaired; /* queries */
};

enum { KEY_PAIR, KEY_HOST };

/* A client that asks many that don't answer, or a server that leaves many without an answer. */
struct host {
    unsigned reported;
};

static struct subject_key
key_of(const struct query *query, enum kind kind)
{
    return (struct subject_key){query->client.address, query->server.address, (uint8_t)kind};
}

static struct pair *
pair_of(struct context *context, const struct query *query)
{
    struct subject_key key = key_of(query, WITHOUT_ANSWER);
    return keyed_state(context, KEY_PAIR, &key, sizeof key, sizeof(struct pair));
}

static struct host *
host_of(struct context *context, const struct ip_address *address)
{
    return keyed_state(context, KEY_HOST, address, sizeof *address, sizeof(struct host));
}

/* -- Reporting -------------------------------------------------------------------------------- */

static bool
said_enough(struct context *context, const struct query *query)
{
    struct host *client = host_of(context, &query->client.address), *server = host_of(context, &query->server.address);
    if (client->reported >= REPORTED_MAX || server->reported >= REPORTED_MAX)
        return true;
    client->reported++;
    server->reported++;
    return false;
}

/* NULL if the client and the server have such a finding already, or one of them has enough. */
static struct finding *
report_query(struct context *context, const struct query *query, enum kind kind, enum confidence confidence)
{
    struct subject_key key = key_of(query, kind);
    if (reported_about(context, &cases[UNANSWERED], &key, sizeof key) == NULL && said_enough(context, query))
        return NULL;
    struct finding *finding = report_about(context, &cases[UNANSWERED], confidence, &key, sizeof key, 1);
    if (finding == NULL)
        return NULL;
    report_endpoint(finding, FACT_client, &query->client);
    report_endpoint(finding, FACT_server, &query->server);
    report_text(finding, FACT_name, query->name);
    report_text(finding, FACT_query_type, dns_type_name(query->type));
    report_count(finding, FACT_attempts, query->transmissions);
    if (query->transmissions > 1)
        report_flag(finding, FACT_repeated);
    if (!query->recursion_desired)
        report_severity(finding, SEVERITY_NOTE);
    report_evidence(finding, query->first_frame);
    report_evidence(finding, query->last_frame);
    return finding;
}

/* The other query of the port is a control: what keeps the server from answering at all did not keep it. */
static void
report_twin(struct finding *finding, const struct query *query)
{
    const struct query *twin = query->twin;
    const char *type = dns_type_name(twin->type);
    char english[128], chinese[128];
    report_text(finding, FACT_twin_type, type);
    report_duration(finding, FACT_twin_delay, twin->answer.time - twin->first_time);
    report_evidence(finding, twin->first_frame);
    snprintf(english, sizeof english,
             "no DNS service there, or not for this client: it answered the %s query of the same port", type);
    snprintf(chinese, sizeof chinese, "该地址没有 DNS 服务，或不为该客户端服务：同一端口的 %s 查询得到了应答", type);
    report_ruled_out(finding, english, chinese, twin->answer.frame);
}

/* Another query of the client was answered, earlier or later. */
static void
report_other_answer(struct finding *finding, uint32_t frame)
{
    report_flag(finding, FACT_server_up);
    report_ruled_out(finding, "no DNS service there, or none for this client: it answers other queries of this client",
                     "该地址没有 DNS 服务，或不为该客户端服务：它应答了该客户端的其他查询", frame);
}

/* -- No answer -------------------------------------------------------------------------------- */

/* No client that is in use sends again sooner. */
static const int64_t REPEATED_AFTER = MILLISECONDS(900);

static enum confidence
confidence_without(struct context *context, const struct flow *flow, const struct query *query)
{
    if (session_is_one_way_so_far(session_of(context, flow->by_client.session)))
        return CONFIDENCE_POSSIBLE;
    return query->transmissions > 1 || query->elsewhere_frame != 0 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* Sent again since it was told: the same finding with the numbers of now. */
static void
update(struct context *context, const struct query *query)
{
    struct finding *finding = reported(context, &cases[UNANSWERED]);
    if (finding == NULL)
        return;
    report_count(finding, FACT_attempts, query->transmissions);
    report_duration(finding, FACT_delay, query->last_time - query->first_time);
    report_flag(finding, FACT_repeated);
    report_evidence(finding, query->last_frame);
}

/* Where only queries are captured it has to be a client's timer that sends them again. Of hundreds in a second two have one id by
 * chance, and then the second looks like a transmission of the first. */
static bool
may_be_chance(struct context *context, const struct flow *flow, const struct query *query)
{
    return session_is_one_way_so_far(session_of(context, flow->by_client.session)) &&
           query->last_time - query->first_time < REPEATED_AFTER;
}

static void
tell_no_answer(struct context *context, const struct flow *flow, const struct query *query)
{
    if (query->unexpected_frame != 0)
        return; /* nat.untranslated */
    if (!query->given_up)
        pair_of(context, query)->without_answer++;
    if (!query->given_up && query_is_lost_twin(query))
        return; /* dns.twin_lost */
    bool shows = query->transmissions > 1 || query->elsewhere_frame != 0 || conversations_visible(context, flow);
    if (may_be_chance(context, flow, query))
        return;
    if (!shows || !answers_visible(context, flow, true))
        return;
    if (query->given_up) {
        update(context, query);
        return;
    }
    struct finding *finding = report_query(context, query, WITHOUT_ANSWER, confidence_without(context, flow, query));
    if (finding == NULL)
        return;
    if (query->transmissions > 1)
        report_duration(finding, FACT_delay, query->last_time - query->first_time);
    else
        report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, SECONDS_WITHOUT)));
    report_evidence(finding, query->elsewhere_frame);
    if (query_twin_was_answered(query))
        report_twin(finding, query);
    if (address_was_seen(context, flow, &query->server.address))
        report_flag(finding, FACT_server_up);
    uint32_t frame;
    if (!query_twin_was_answered(query) && resolver_answered(context, flow, false, &frame))
        report_other_answer(finding, frame);
    report_capture_point(context, finding, flow);
}

/* -- An answer -------------------------------------------------------------------------------- */

/* It was given up, and here is the answer: if no other query is without one, nothing is left of the finding. */
static void
take_back(struct context *context, const struct query *query)
{
    struct subject_key key = key_of(query, WITHOUT_ANSWER);
    struct pair *pair = pair_of(context, query);
    if (pair->without_answer > 0 && --pair->without_answer > 0)
        return;
    struct finding *finding = reported_about(context, &cases[UNANSWERED], &key, sizeof key);
    if (finding != NULL)
        report_withdraw(context, finding);
}

/* Whether a datagram was lost and its repetition answered as usual. */
static bool
is_repaired(const struct query *query)
{
    return query->transmissions > 1 && query->answer.time - query->last_time < QUERY_ANSWER_SOON;
}

/* Whether a lost datagram is worth a word: its user noticed it, and it is no single one. */
static bool
matters(struct context *context, const struct query *query, bool late)
{
    if (query->answer.time - query->first_time < QUERY_NOTICED)
        return false;
    bool often = ++pair_of(context, query)->repaired >= REPAIRED_OFTEN;
    return often || (late && query->transmissions > 2);
}

static void
tell_late_answer(struct context *context, const struct query *query)
{
    int64_t delay = query->answer.time - query->first_time;
    int64_t without = SECONDS(threshold_value(context, SECONDS_WITHOUT));
    int64_t slow = MILLISECONDS(threshold_value(context, SLOW_MILLISECONDS));
    bool late = delay >= without, repaired = is_repaired(query);

    if (query_is_lost_twin(query))
        return; /* dns.twin_lost */
    if (delay < slow || (query->answer.rcode != DNS_NOERROR && query->answer.rcode != DNS_NXDOMAIN) ||
        (repaired && !matters(context, query, late)))
        return;
    struct finding *finding = report_query(context, query, late ? LATE_ANSWER : SLOW_ANSWER, CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    report_flag(finding, FACT_answered);
    report_duration(finding, FACT_delay, delay);
    report_duration(finding, FACT_threshold, late ? without : slow);
    if (!late || (repaired && query->transmissions == 2))
        report_severity(finding, SEVERITY_NOTE);
}

static void
on_query(struct context *context, const struct flow *flow, const struct query *query, enum query_event event)
{
    if (event == QUERY_IS_GIVEN_UP) {
        tell_no_answer(context, flow, query);
    } else if (event == QUERY_GETS_ANSWER) {
        struct subject_key key = key_of(query, WITHOUT_ANSWER);
        struct finding *finding = reported_about(context, &cases[UNANSWERED], &key, sizeof key);
        if (query->given_up)
            take_back(context, query);
        else if (finding != NULL)
            report_other_answer(finding, query->answer.frame);
        tell_late_answer(context, query);
    }
}

const struct detector dns_unanswered_detector = {
    .family = "dns",
    .summary = "Queries that a resolver leaves without answer",
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .query_patience = &thresholds[SECONDS_WITHOUT],
    .on_query = on_query,
};
