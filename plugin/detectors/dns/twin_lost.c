/* One of two DNS queries that left together is lost.
 *
 * A resolver library asks for A and AAAA at the same time from one port. The two datagrams differ in nothing that connection tracking
 * looks at, so each of them creates an entry of its own where the first is not confirmed yet; the slower one finds the place
 * taken and is dropped. The client notices after its timeout (5 s, with some libraries half of it), sends the lost one again, and all is
 * well: every look-up that hits it takes 5 s longer. If the same type is never answered, somebody does not like that type: old
 * load balancers and filters drop AAAA queries. The twin shows that neither the server nor the way to it is down.
 *
 * Source: Kubernetes issue 56903; resolv.conf(5), single-request-reopen; RFC 4074 (misbehaviour against AAAA queries).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

enum { TWIN_LOST };

/* clang-format off */
static const struct case_info cases[] = {
    [TWIN_LOST] = {
        .id = "dns.twin_lost",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "One of two DNS queries sent together is lost",
            .summary = "{client} asked {server} for {name} ({query_type} and {twin_type}) from one port at the same time: the {twin_type} "
                       "query was answered after {twin_delay}, the {query_type} query [only after {delay} (threshold {threshold}), when "
                       "it was asked {attempts} times{?answered}][not at all, although it was asked {attempts} times within {delay} "
                       "(threshold {threshold}){!answered}].",
            .causes = "[Connection tracking on the way (NAT, a Kubernetes service, a firewall) dropped one of the two: they leave at the same "
                      "time from one port, both create an entry, and the slower one finds the place taken (insert_failed){?answered}.]\n"
                      "[The server, a load balancer or a filter before it does not answer {query_type} queries{!answered}.]\n"
                      "[Connection tracking on the way dropped the query and its repetition, which went together with others "
                      "again{!answered}.]\n"
                      "The path loses single datagrams: then other queries and connections lose some too.",
            .checks = "[On each node between them, does insert_failed grow while look-ups are slow: `conntrack -S`{?answered}]\n"
                      "[Let the client send A and AAAA one after the other from two ports (\"options single-request-reopen\" in "
                      "/etc/resolv.conf), or put a cache on the node that asks over TCP (NodeLocal DNSCache){?answered}.]\n"
                      "From the client, the lost type alone: `dig +tries=1 +time=5 -p {server.port} @{server.address} -q {name} -t "
                      "{query_type}`\n"
                      "[On the resolver, do both queries arrive and both answers leave: `tcpdump -ni any 'port {server.port} and host "
                      "{client.address}'`{!at_server}]",
            .disproof = "[A capture on {client.address} itself shows the answer to the first {query_type} query in time{!at_client}.]\n"
                        "[The answer to the first {query_type} query arrives after all: later in this capture, or on another interface of "
                        "the client{?at_client}.]",
        },
        .source = "Kubernetes issue 56903; resolv.conf(5), single-request-reopen; RFC 4074",
        .silent_on = "loss that hits both\nslow AAAA",
    },
};
/* clang-format on */

/* A client at a resolver: the same nodes are between them. */
struct subject {
    struct ip_address client, server;
};

/* Of a subject: its lost queries that nothing has refuted. */
struct losses {
    unsigned count;
};

static struct subject
subject_of(const struct query *query)
{
    return (struct subject){query->client.address, query->server.address};
}

static struct losses *
losses_of(struct context *context, const struct subject *subject)
{
    return keyed_state(context, 0, subject, sizeof *subject, sizeof(struct losses));
}

/* The server and the way to it are struck out by the twin. */
static void
report_twin(struct finding *finding, const struct query *twin)
{
    const char *type = dns_type_name(twin->type);
    char english[128], chinese[128];
    snprintf(english, sizeof english,
             "the resolver is down, or not for this client: it answered the %s query of the same port", type);
    snprintf(chinese, sizeof chinese, "DNS 服务器宕机，或不为该客户端服务：同一端口的 %s 查询得到了应答", type);
    report_text(finding, FACT_twin_type, type);
    report_duration(finding, FACT_twin_delay, twin->answer.time - twin->first_time);
    report_ruled_out(finding, english, chinese, twin->answer.frame);
}

static void
tell_what_came(struct finding *finding, const struct query *query)
{
    bool answered = query->outcome == QUERY_ANSWERED;
    if (answered)
        report_flag(finding, FACT_answered);
    report_duration(finding, FACT_delay, (answered ? query->answer.time : query->last_time) - query->first_time);
    report_count(finding, FACT_attempts, query->transmissions);
    report_evidence(finding, query->last_frame);
}

static void
tell(struct context *context, const struct flow *flow, const struct query *query, enum confidence confidence)
{
    struct subject subject = subject_of(query);
    struct finding *told = query->given_up ? reported(context, &cases[TWIN_LOST]) : NULL;
    if (told != NULL) {
        tell_what_came(told, query);
        if (report_adds(told, confidence))
            report_stronger(context, told, confidence);
        return;
    }
    losses_of(context, &subject)->count++;
    struct finding *finding = report_about(context, &cases[TWIN_LOST], confidence, &subject, sizeof subject, 1);
    if (finding == NULL)
        return;
    report_endpoint(finding, FACT_client, &query->client);
    report_endpoint(finding, FACT_server, &query->server);
    report_text(finding, FACT_name, query->name);
    report_text(finding, FACT_query_type, dns_type_name(query->type));
    report_duration(finding, FACT_threshold, QUERY_NOTICED);
    report_evidence(finding, query->first_frame);
    report_evidence(finding, query->twin->first_frame);
    report_twin(finding, query->twin);
    tell_what_came(finding, query);
    report_capture_point(context, finding, flow);
}

/* The answer took its time, or each transmission has one: nothing was lost. */
static void
take_back(struct context *context, const struct query *query)
{
    struct subject subject = subject_of(query);
    struct losses *losses = losses_of(context, &subject);
    if (losses->count == 0 || --losses->count > 0)
        return;
    struct finding *finding = reported_about(context, &cases[TWIN_LOST], &subject, sizeof subject);
    if (finding != NULL)
        report_withdraw(context, finding);
}

static bool
says_something(const struct query_answer *answer)
{
    return answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN;
}

static void
on_query(struct context *context, const struct flow *flow, const struct query *query, enum query_event event)
{
    bool lost = query_is_lost_twin(query);
    if (event == QUERY_IS_GIVEN_UP) {
        if (lost && query->unexpected_frame == 0 && answers_visible(context, flow, true))
            tell(context, flow, query, CONFIDENCE_LIKELY);
    } else if (event == QUERY_GETS_ANSWER) {
        if (lost && says_something(&query->answer))
            tell(context, flow, query, CONFIDENCE_CONFIRMED);
        else if (query->given_up && query->transmissions > 1)
            take_back(context, query);
    } else if (lost && query->answers == query->transmissions) {
        take_back(context, query);
    }
}

const struct detector dns_twin_lost_detector = {
    .family = "dns",
    .summary = "A and AAAA queries of which one is lost",
    DETECTOR_TABLE(case, cases),
    .on_query = on_query,
};
