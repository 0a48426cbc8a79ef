/* A server that gets connection attempts by the hundred from clients that never go on.
 *
 * The sources are forged, or one host floods from its own address; the server's backlog fills up, and clients wait. What tells it from
 * many healthy clients is that nothing is completed; from a server that is down, that nobody repeats his SYN after a second; from a
 * closed port, that it is not answered by RST.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 1 (SYN flood); RFC 4987.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* "A tenth", "half". One source leads the others by so many percent of all attempts if it has nine tenths of them. */
enum { TENTH = 10, HALF = 2, NEARLY_ALL_PERCENT = 80 };

enum { ATTEMPTS };

static const struct threshold thresholds[] = {
    [ATTEMPTS] = {"syn_in_attempts",
                  {"Flood: connection attempts at one server",
                   "So many connection attempts at one address and port in 10 s, under 10 % of them completed"},
                  100,
                  RATE_SHOWN_FROM,
                  1000000},
};

enum { SYN_IN };

/* clang-format off */
static const struct case_info cases[] = {
    [SYN_IN] = {
        .id = "flood.syn_in",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Server receives a SYN flood",
            .summary = "{server} got {attempts} connection attempts from {sources} addresses[, nearly all from {client.address},] within "
                       "{delay}; {completed} were completed (threshold {limit} in 10 s, under 10 % completed).",
            .causes = "[A single host floods from its own address: {client.address} sent nearly all of the attempts.]\n"
                      "[A SYN flood with forged sources: each address sends one SYN, does not repeat it and never "
                      "answers the SYN-ACK, or its owner answers with RST{!client}.]\n"
                      "The answers of the server get lost on their way back, so that clients never go on; they would "
                      "repeat their SYN after a second.\n"
                      "[The server does not answer at all: it is down, or its backlog is full already{?unanswered}.]",
            .checks = "On the server, half-open connections and whether SYN cookies are in use: `ss -Htan state "
                      "syn-recv 'sport = :{server.port}' | wc -l; nstat -az TcpExtSyncookiesSent "
                      "TcpExtTCPReqQFullDoCookies TcpExtListenDrops`\n"
                      "Keep answering under load: `sysctl -w net.ipv4.tcp_syncookies=1 "
                      "net.ipv4.tcp_max_syn_backlog=8192 net.core.somaxconn=4096`\n"
                      "Who asks (forged sources show no concentration): `tcpdump -nni any -c 2000 'tcp[[tcpflags]] "
                      "== tcp-syn and dst port {server.port}' | tr -s ' ' | cut -d' ' -f5 | cut -d. -f1-2 | sort | "
                      "uniq -c | sort -rn | head`\n"
                      "Console: is the address being scrubbed or black-holed by DDoS protection? Move it behind DDoS "
                      "protection, and let the security group accept only its back-to-origin addresses.",
            .disproof = "The ACKs of the clients reach the server on another interface; or the clients repeat their "
                        "SYNs, which then wait for a server that does not answer.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1; RFC 4987",
        .silent_on = "many new clients whose connections complete\na server that is down, whose clients retry\n"
                     "a closed port\nblind direction",
    },
};
/* clang-format on */

static bool
is_flood(const struct rate *rate, unsigned limit)
{
    return rate->recent.total[RATE_ATTEMPTS] >= limit && rate_is_below(rate, RATE_COMPLETED, TENTH) &&
           rate_is_below(rate, RATE_REFUSED, HALF) && rate_is_below(rate, RATE_REPEATED, HALF);
}

static void
on_server(struct context *context, const struct flow *flow, const struct server_rate *server, int64_t now)
{
    const struct recent *recent = &server->rate.recent;
    unsigned limit = threshold_value(context, ATTEMPTS);
    if (!is_flood(&server->rate, limit) || !attempts_are_over(context, flow, limit, SLICES_OF_A_RETRANSMISSION, now))
        return;
    bool unanswered = recent->total[RATE_ANSWERED] == 0;
    bool doubtful = unanswered || session_is_one_way_so_far(session_of(context, flow->by_client.session));
    struct finding *finding =
        report_attempts(context, &cases[SYN_IN], doubtful ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_endpoint(finding, FACT_server, &flow->server);
    if (server->lead * 100 >= server->attempts * NEARLY_ALL_PERCENT)
        report_endpoint(finding, FACT_client, &server->largest);
    report_count(finding, FACT_sources, recent->total[RATE_PEERS]);
    if (unanswered)
        report_flag(finding, FACT_unanswered);
    report_count(finding, FACT_completed, recent->total[RATE_COMPLETED]);
    report_recent(finding, recent, recent->total[RATE_ATTEMPTS], limit, now);
}

const struct detector flood_syn_in_detector = {
    .family = "flood",
    .summary = "A server that gets connection attempts from clients that never go on",
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_server = on_server,
};
