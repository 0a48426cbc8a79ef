/* A host that floods others with connection attempts.
 *
 * A compromised host sends SYNs to web ports of many unrelated addresses, or to the same few places again and again. Its own network
 * suffers first: the uplink is full, tunnels and health checks behind it fail.
 *
 * What tells it from a crawler is that nothing is completed. What tells it from a dead uplink is harder: there every attempt fails as
 * well, but a TCP stack that waits repeats its SYN after a second, and most tools that flood do not.
 *
 * Source: an operator's report on a compromised host that sent SYNs to ports 80 and 443 of many public addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* "Many" destinations. A flood with fewer is several ones, each found at its destination. And "a tenth", "half". */
enum { MANY = 20, TENTH = 10, HALF = 2 };

enum { ATTEMPTS };

static const struct threshold thresholds[] = {
    [ATTEMPTS] = {"syn_out_attempts",
                  {"Flood: connection attempts of one host",
                   "So many connection attempts to many destinations in 10 s, under 10 % of them completed"},
                  100,
                  RATE_SHOWN_FROM,
                  1000000},
};

enum { SYN_OUT };

/* clang-format off */
static const struct case_info cases[] = {
    [SYN_OUT] = {
        .id = "flood.syn_out",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Host sends a SYN flood",
            .summary = "{client.address} opened {attempts} connections to {destinations} addresses, port {ports}, "
                       "within {delay}; {completed} were completed (threshold {limit} in 10 s, under 10 % completed).",
            .causes = "The host is compromised and attacks others: SYNs to web ports of unrelated public addresses, at "
                      "a rate that no user causes.\n"
                      "It looks for hosts to attack next, or for open proxies.\n"
                      "[Its way out is dead, and what used to work is tried again and again (crawler, proxy, "
                      "monitoring): its SYNs are repeated, as a TCP stack that waits for an answer does{?repeated}.]\n"
                      "A crawler or peer-to-peer client with a list of dead addresses, or a load balancer that checks its "
                      "servers by half-open connections.",
            .checks = "On the host (or the machine behind this NAT address), who sends; raw and packet sockets are "
                      "what floods use: `ss -tanp state syn-sent; ss -wanp; ss -0anp`\n"
                      "How much of the uplink does it take, and to whom: `iftop -nP; sar -n DEV 1 5`\n"
                      "Until it is isolated limit its connection attempts on the gateway: `iptables -I FORWARD -s "
                      "{client.address} -p tcp --syn -m limit ! --limit 10/s -j DROP`\n"
                      "Take a snapshot, then look for what was left behind (system tools may be replaced, use a "
                      "static busybox): `busybox cat /etc/ld.so.preload /etc/crontab; busybox ls -la /etc/cron.d "
                      "/var/spool/cron; last -a`\n"
                      "Install the host anew and change its passwords and keys; open management ports only to known "
                      "addresses.",
            .disproof = "The same destinations answered this host before and after: then its way out was cut. Or the "
                        "connections are completed where both directions are captured.",
        },
        .source = "an operator's report on a compromised host that flooded public web servers",
        .silent_on = "browsers and crawlers whose connections complete\nmonitoring of many hosts\nblind direction\n"
                     "a peer-to-peer client, whose peers listen on all kinds of ports\n"
                     "a host whose uplink fails while it works",
    },
};
/* clang-format on */

static bool
is_flood(const struct source_rate *source, unsigned limit)
{
    const struct rate *rate = &source->rate;
    return rate->recent.total[RATE_ATTEMPTS] >= limit && rate->recent.total[RATE_PEERS] >= MANY &&
           rate_is_below(rate, RATE_COMPLETED, TENTH) && source_is_concentrated(source) &&
           source_aims_as_a_flood(source);
}

static void
on_source(struct context *context, const struct flow *flow, const struct source_rate *source, int64_t now)
{
    const struct recent *recent = &source->rate.recent;
    unsigned limit = threshold_value(context, ATTEMPTS);
    if (!is_flood(source, limit) || !attempts_are_over(context, flow, limit, SLICES_OF_A_ROUND_TRIP, now))
        return;
    bool waits = source_waits(source);
    bool doubtful = session_is_one_way_so_far(session_of(context, flow->by_client.session)) ||
                    (waits && recent->total[RATE_FAILED] == 0);
    struct finding *finding =
        report_attempts(context, &cases[SYN_OUT], doubtful ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_endpoint(finding, FACT_client, &flow->client);
    report_count(finding, FACT_destinations, recent->total[RATE_PEERS]);
    report_ports(finding, source);
    if (waits)
        report_flag(finding, FACT_repeated);
    report_count(finding, FACT_completed, recent->total[RATE_COMPLETED]);
    report_recent(finding, recent, recent->total[RATE_ATTEMPTS], limit, now);
}

const struct detector flood_syn_out_detector = {
    .family = "flood",
    .summary = "A host that floods others with connection attempts",
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_source = on_source,
};
