/* A host that looks for open services: one port of many hosts, or many ports of one.
 *
 * A worm or trojan tries one port after the other, one host after the other, to find what it can take over next; so does who prepares
 * an attack, and so do inventories. Hardly any attempt is accepted. A closed UDP port shows itself by "port unreachable" (RFC 1122,
 * 4.1.3.1), and nobody but a scanner finds so many of them at one host.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 3 and 4 (a trojan that scans).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A host that floods "many" destinations does not scan them. And "half". */
enum { MANY = 20, HALF = 2 };

/* Below are the ports of services (RFC 6335): what comes from there is an answer, late or to nobody. */
enum { FIRST_USER_PORT = 1024 };

enum { SCANNED };

static const struct threshold thresholds[] = {
    [SCANNED] = {"scan_destinations",
                 {"Flood: destinations or ports of a scan",
                  "So many destinations, or ports of one destination, tried by one host in 10 s, under half of them "
                  "accepted"},
                 50,
                 RATE_SHOWN_FROM,
                 65535},
};

enum { SCAN };

/* clang-format off */
static const struct case_info cases[] = {
    [SCAN] = {
        .id = "flood.scan",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Port or address scan",
            .summary = "{client.address} tried [port {ports} of {destinations} addresses][{different_ports} ports of "
                       "{server.address}{!service}][{different_ports} {service} ports of {server.address}] within {delay}; "
                       "[{completed} connections were completed (threshold {limit} in 10 s, under half accepted)][each was "
                       "answered by port unreachable (threshold {limit} in 10 s){?service}].",
            .causes = "[A worm or trojan on {client.address} looks for hosts to infect{?destinations}: 445 and 3389 "
                      "Windows, 22 SSH passwords, 6379 Redis without password, 2375 Docker, 1433 and 3306 "
                      "databases.]\n"
                      "[Somebody looks for open services of {server.address}, often the step before an "
                      "attack{?different_ports}.]\n"
                      "A vulnerability scanner, asset inventory or monitoring system that does its work: ask who runs "
                      "{client.address}.\n"
                      "[A member of a cluster, or a monitoring system, that has lost its network and tries all of its "
                      "peers at their common port{?destinations}.]",
            .checks = "On {client.address}, which process connects, and since when: `ss -tanp state syn-sent; ps -eo "
                      "lstart,pid,ppid,user,args --sort=-start_time | head`\n"
                      "Was it broken into: `last -a; lastb -a | head; crontab -l; cat /etc/ld.so.preload`\n"
                      "Which of the tried ports are open, because these were found: `tshark -r FILE -Y 'ip.dst == "
                      "{client.address} and tcp.flags.syn == 1 and tcp.flags.ack == 1' -T fields -e ip.src -e "
                      "tcp.srcport`\n"
                      "Close what need not be reachable: security group, Redis with bind and requirepass, SSH with "
                      "keys only.",
            .disproof = "The operator of {client.address} has planned this scan; or its destinations worked before and "
                        "do so again later.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 3 and 4; an operator's report on a compromised host",
        .silent_on = "monitoring of many hosts\na client of many ports whose connections complete\nblind direction\n"
                     "a host whose uplink fails while it works",
    },
};
/* clang-format on */

/* -- TCP -------------------------------------------------------------------------------------- */

static bool
is_scan(const struct source_rate *source, unsigned limit)
{
    uint32_t destinations = source->rate.recent.total[RATE_PEERS];
    bool concentrated = source_is_concentrated(source), as_a_flood = source_aims_as_a_flood(source);
    if (destinations >= MANY && concentrated && as_a_flood)
        return false;
    bool many_hosts = destinations >= limit && concentrated && !as_a_flood;
    return (many_hosts || source->ports_here >= limit) && rate_is_below(&source->rate, RATE_ANSWERED, HALF);
}

static void
on_source(struct context *context, const struct flow *flow, const struct source_rate *source, int64_t now)
{
    const struct recent *recent = &source->rate.recent;
    unsigned limit = threshold_value(context, SCANNED);
    if (!is_scan(source, limit) || !attempts_are_over(context, flow, limit, SLICES_OF_A_ROUND_TRIP, now))
        return;
    bool doubtful = session_is_one_way_so_far(session_of(context, flow->by_client.session)) ||
                    (source_waits(source) && recent->total[RATE_FAILED] == 0);
    struct finding *finding =
        report_attempts(context, &cases[SCAN], doubtful ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_endpoint(finding, FACT_client, &flow->client);
    if (source->ports_here >= limit) {
        report_endpoint(finding, FACT_server, &flow->server);
        report_count(finding, FACT_different_ports, source->ports_here);
    } else {
        report_count(finding, FACT_destinations, recent->total[RATE_PEERS]);
        report_ports(finding, source);
    }
    report_count(finding, FACT_completed, recent->total[RATE_COMPLETED]);
    report_recent(finding, recent, recent->total[RATE_ATTEMPTS], limit, now);
}

/* -- UDP -------------------------------------------------------------------------------------- */

static bool
is_closed_udp_port(const struct flow *flow, const struct packet *packet)
{
    return flow->protocol == PROTOCOL_UDP && flow->attempt.outcome == OUTCOME_UNREACHABLE &&
           flow->attempt.frame == packet->frame && packet->icmp->code == (packet->icmp->ipv6 ? 4 : 3) &&
           flow->client.port >= FIRST_USER_PORT && packet->copy_of == 0;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    unsigned limit = threshold_value(context, SCANNED), ports;
    struct client_at_server key;
    int64_t since;

    if (!is_closed_udp_port(flow, packet) || (ports = closed_udp_ports(context, flow, &since)) < limit)
        return;
    flow_client_at_server(flow, &key);
    key.server.port = 0;
    struct finding *finding = report_about(context, &cases[SCAN], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_service, "UDP");
    report_count(finding, FACT_different_ports, ports);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_delay, packet->time - since);
}

const struct detector flood_scan_detector = {
    .family = "flood",
    .summary = "A host that looks for open services",
    .sees = SEES_ICMP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
    .on_source = on_source,
};
