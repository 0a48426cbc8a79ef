/* Answers that need TCP, where TCP does not pass.
 *
 * An answer that has no room in a datagram comes with the truncation bit, and the client asks again over TCP (RFC 7766). Many
 * firewalls, security groups and container services let UDP port 53 pass only: small answers work, and some day a name gets more
 * addresses, or a signature, and this name alone can't be resolved any more.
 *
 * Source: RFC 7766, 5; RFC 9210 (DNS over TCP, operational requirements).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { TCP_SECONDS };

static const struct threshold thresholds[] = {
    [TCP_SECONDS] =
        {"tcp_seconds",
         {"DNS: TCP after a truncated answer (s)",
          "A connection to the resolver counts if it begins within so many seconds after a truncated answer"},
         10,
         1,
         60},
};

enum { TCP_BLOCKED };

/* clang-format off */
static const struct case_info cases[] = {
    [TCP_BLOCKED] = {
        .id = "dns.tcp_blocked",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "DNS over TCP blocked",
            .summary = "{server} answered the query of {client} for {name} ({query_type}) with the truncation bit, which asks for TCP. The "
                       "TCP connection, {delay} later (threshold {threshold}), [was refused by RST{?syn_refused}][was rejected by an ICMP "
                       "error{?icmp_error}][got no answer (SYNs: {attempts}){!syn_refused}{!icmp_error}].",
            .causes = "[A firewall, security group or network policy lets UDP port {server.port} pass, but not TCP{!syn_refused}.]\n"
                      "[Nothing listens on TCP port {server.port} there: a forwarder, load balancer, container or Kubernetes service that "
                      "offers UDP only{?syn_refused}.]\n"
                      "[A firewall rejects TCP port {server.port} by RST{?syn_refused}.]\n"
                      "What is new may be the size only: more records, DNSSEC, or a resolver that truncates earlier (EDNS buffer of 1232 "
                      "bytes since 2020). Small answers still work.",
            .checks = "From the client, the same over TCP: `dig +tcp +tries=1 +time=5 -p {server.port} @{server.address} -q {name} -t "
                      "{query_type}`\n"
                      "[On the server, is TCP served, too: `ss -lntup 'sport = :{server.port}'`{?syn_refused}]\n"
                      "[On the server, do the SYNs arrive: `tcpdump -ni any 'tcp port {server.port} and host {client.address}'`{!at_server}]\n"
                      "Open TCP port {server.port} wherever UDP port {server.port} is open: security group, network policy, firewall, "
                      "service definition.",
            .disproof = "[dig +tcp from {client.address} gets an answer of {server.address}{!at_client}.]\n"
                        "[The same query over TCP is answered, later in this capture or with dig +tcp{?at_client}.]",
        },
        .source = "RFC 7766, 5; RFC 9210, 3",
        .silent_on = "a client that does not retry\na TCP connection that is accepted",
    },
};
/* clang-format on */

/* The newest truncated answer of a server to a client. */
struct truncated {
    uint32_t query_frame, frame;
    int64_t time;
    uint16_t type;
    char name[DNS_NAME_MAX];
};

/* Only where there are truncated answers anybody needs to be looked up. */
struct capture {
    bool any;
};

static struct truncated *
truncated_of(struct context *context, const struct client_at_server *key)
{
    return keyed_state(context, 0, key, sizeof *key, sizeof(struct truncated));
}

static void
on_query(struct context *context, const struct flow *flow, const struct query *query, enum query_event event)
{
    (void)flow;
    if (event != QUERY_GETS_ANSWER || !query->answer.truncated)
        return;
    struct client_at_server key = client_at_server(&query->client.address, &query->server.address, query->server.port);
    struct truncated *truncated = truncated_of(context, &key);
    truncated->query_frame = query->first_frame;
    truncated->frame = query->answer.frame;
    truncated->time = query->answer.time;
    truncated->type = query->type;
    strncpy(truncated->name, query->name, sizeof truncated->name - 1);
    ((struct capture *)capture_state(context))->any = true;
}

static bool
is_blocked(uint8_t outcome)
{
    return outcome == OUTCOME_UNANSWERED || outcome == OUTCOME_REFUSED || outcome == OUTCOME_UNREACHABLE;
}

static void
report_blocked(struct context *context, const struct flow *flow, const struct truncated *truncated,
               const struct client_at_server *key)
{
    bool silent = flow->attempt.outcome == OUTCOME_UNANSWERED;
    struct finding *finding = report_about(context, &cases[TCP_BLOCKED],
                                           silent ? CONFIDENCE_LIKELY : CONFIDENCE_CONFIRMED, key, sizeof *key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_name, truncated->name);
    report_text(finding, FACT_query_type, dns_type_name(truncated->type));
    report_count(finding, FACT_attempts, flow->handshake.syn_count);
    report_duration(finding, FACT_delay, flow->handshake.syn_time - truncated->time);
    report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, TCP_SECONDS)));
    if (flow->attempt.outcome == OUTCOME_REFUSED)
        report_flag(finding, FACT_syn_refused);
    if (flow->attempt.outcome == OUTCOME_UNREACHABLE)
        report_flag(finding, FACT_icmp_error);
    report_evidence(finding, truncated->query_frame);
    report_evidence(finding, truncated->frame);
    report_evidence(finding, flow->handshake.syn_frame);
    report_capture_point(context, finding, flow);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    const struct attempt *attempt = &flow->attempt;
    const struct capture *capture = capture_state(context);
    if (flow->protocol != PROTOCOL_TCP || !capture->any || flow->handshake.syn_frame == 0)
        return;
    if (is_blocked(attempt->before) && attempt_was_accepted(attempt)) {
        struct finding *told = reported(context, &cases[TCP_BLOCKED]);
        if (told != NULL)
            report_withdraw(context, told);
        return;
    }
    if (!is_blocked(attempt->outcome))
        return;
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    const struct truncated *truncated = truncated_of(context, &key);
    int64_t since = flow->handshake.syn_time - truncated->time;
    if (truncated->frame != 0 && since >= 0 && since <= SECONDS(threshold_value(context, TCP_SECONDS)))
        report_blocked(context, flow, truncated, &key);
}

const struct detector dns_tcp_blocked_detector = {
    .family = "dns",
    .summary = "Answers that need TCP, where TCP does not pass",
    .sees = SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .capture_state_size = sizeof(struct capture),
    .on_query = on_query,
    .on_outcome = on_outcome,
};
