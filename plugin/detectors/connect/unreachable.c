/* Attempts that are answered by an ICMP error.
 *
 * A router or firewall on the way, or the host itself, says that it does not deliver: no route, no host, prohibited, no such
 * port. The code tells which. Strangers that knock at closed UDP ports are turned down like that day and night, which is
 * as it should be: one note for the host.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 9 (a package manager that tried IPv6 where only IPv4 had a route).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* Destinations of one client that are told. */
enum { TOLD_MAX = 3 };

/* What is counted for each client: destinations that are told, and peers that are gone. */
enum { KEY_TOLD, KEY_PEERS };

/* Where UDP is answered by "port unreachable" although no service is missing: the port of a client that is gone
 * (taken from here on by Linux and, higher, by others), which traceroute uses as well. */
enum { EPHEMERAL_FIRST = 32768 };

enum { UNREACHABLE };

/* clang-format off */
static const struct case_info cases[] = {
    [UNREACHABLE] = {
        .id = "connect.unreachable",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Destination unreachable",
            .summary = "{reporter} answered the packet of {client} to {server} after {delay} with an ICMP error: {reason}.",
            .causes = "[The host or network has no IPv6 connectivity, but the name has an IPv6 address (AAAA record)"
                      "{?no_ipv6_route}.][ IPv4 connections in this capture work{?ipv4_works}.]\n"
                      "[A firewall, security group or access list at {reporter} rejects the packet{?prohibited}.]\n"
                      "[{reporter} has no route to the destination{?no_route}.]\n"
                      "[The last router gets no answer to ARP or neighbour discovery: the host is down, or the address is not in "
                      "use (a load balancer or service table that still lists it){?no_host}.]\n"
                      "[The host is there, but nothing listens on the UDP port, or a firewall rejects{?port_closed}{!stranger}.]\n"
                      "[Peers of a peer-to-peer network that are gone: other connections of {client.address} work{?peers}.]\n"
                      "[Strangers try UDP ports of {server.address}, as they do with every public address; it turns them down, as it "
                      "should{?stranger}.]",
            .checks = "From the client, where does the path end: `mtr -rwc 10 {server.address}`\n"
                      "On {reporter}, the route and the rules for this destination: `ip route get {server.address}; "
                      "nft list ruleset`\n"
                      "[On the client, is there an IPv6 default route: `ip -6 route show default`{?no_ipv6_route}]\n"
                      "[Until IPv6 works let the client use IPv4 (yum: ip_resolve=4; apt: Acquire::ForceIPv4 "
                      "\"true\"; glibc: the precedence of ::ffff:0:0/96 in /etc/gai.conf){?no_ipv6_route}.]",
            .disproof = "The same attempt succeeds later: then routing was only converging.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 9; RFC 792; RFC 4443, 3.1; RFC 1812, 5.2.7",
        .silent_on = "an ICMP error about a connection that works\ntraceroute\nICMP for an answer that came too late",
    },
};
/* clang-format on */

struct capture {
    bool ipv4_works; /* a handshake over IPv4 was completed */
};

/* -- What the error says ---------------------------------------------------------------------- */

enum meaning { OTHER, NO_ROUTE, NO_HOST, NO_PORT, PROHIBITED };

struct icmp_reason {
    uint8_t code;
    uint8_t meaning;
    const char *text;
};

/* RFC 792, RFC 1122 (3.2.2.1), RFC 1812 (5.2.7.1). Code 4 is path MTU discovery: the connection works. */
static const struct icmp_reason reasons4[] = {
    {0, NO_ROUTE, "network unreachable"},
    {1, NO_HOST, "host unreachable"},
    {2, OTHER, "protocol unreachable"},
    {3, NO_PORT, "port unreachable"},
    {5, OTHER, "source route failed"},
    {6, NO_ROUTE, "network unknown"},
    {7, NO_HOST, "host unknown"},
    {9, PROHIBITED, "network administratively prohibited"},
    {10, PROHIBITED, "host administratively prohibited"},
    {11, NO_ROUTE, "network unreachable for this type of service"},
    {12, NO_HOST, "host unreachable for this type of service"},
    {13, PROHIBITED, "communication administratively prohibited"},
};

/* RFC 4443, 3.1. */
static const struct icmp_reason reasons6[] = {
    {0, NO_ROUTE, "no route to destination"},
    {1, PROHIBITED, "communication administratively prohibited"},
    {2, OTHER, "beyond the scope of the source address"},
    {3, NO_HOST, "address unreachable"},
    {4, NO_PORT, "port unreachable"},
    {5, PROHIBITED, "source address failed ingress or egress policy"},
    {6, NO_ROUTE, "reject route to destination"},
};

/* Without text if it is none. */
static const struct icmp_reason *
reason_of(const struct icmp_error *error)
{
    static const struct icmp_reason none = {0, OTHER, NULL};
    const struct icmp_reason *reasons = error->ipv6 ? reasons6 : reasons4;
    size_t count = error->ipv6 ? sizeof reasons6 / sizeof *reasons6 : sizeof reasons4 / sizeof *reasons4;
    for (size_t i = 0; error->type == (error->ipv6 ? 1 : 3) && i < count; i++)
        if (reasons[i].code == error->code)
            return &reasons[i];
    return &none;
}

/* What comes from the port of a service is an answer, late or to nobody (a reflection attack). */
static bool
is_service(uint16_t port)
{
    static const uint16_t ports[] = {17, 19, 53, 111, 123, 161, 389, 1900, 3702, 5353, 5683, 11211};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* What hosts ask for in passing, and others need not have: NetBIOS names and datagrams, AirPort, mail for a local user (comsat), UPnP,
 * NAT-PMP and PCP. */
static bool
is_optional(uint16_t port)
{
    static const uint16_t ports[] = {137, 138, 192, 512, 1900, 5351};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i] == port)
            return true;
    return false;
}

static bool
is_expected(const struct flow *flow)
{
    uint16_t port = flow->server.port;
    return flow->protocol == PROTOCOL_UDP &&
           (port >= EPHEMERAL_FIRST || is_optional(port) || is_service(flow->client.port));
}

static bool
means_no_ipv6_route(const struct icmp_error *error)
{
    return error->ipv6 && (error->code == 0 || error->code == 3 || error->code == 5 || error->code == 6);
}

/* -- Reports ---------------------------------------------------------------------------------- */

/* What the finding is about. A host without IPv6 fails alike at every destination: the router that says so stands for all of
 * them. Strangers are all one to the host that turns them down. */
struct culprit {
    uint8_t about; /* enum about */
    struct ip_address client, other;
};

enum about { ABOUT_DESTINATION, ABOUT_CLIENT, ABOUT_ROUTER, ABOUT_STRANGERS, ABOUT_PEERS };

static struct culprit
culprit_of(enum about about, const struct ip_address *client, const struct ip_address *other)
{
    struct culprit culprit;
    memset(&culprit, 0, sizeof culprit);
    culprit.about = (uint8_t)about;
    if (client != NULL)
        culprit.client = *client;
    if (other != NULL)
        culprit.other = *other;
    return culprit;
}

/* Somebody on the Internet tries a UDP port of a host that has nothing there. */
static bool
is_stranger(struct context *context, const struct flow *flow, const struct packet *packet)
{
    return flow->protocol == PROTOCOL_UDP && address_equal(&packet->source.address, &flow->server.address) &&
           address_is_public(&flow->client.address) && reason_of(packet->icmp)->meaning == NO_PORT &&
           capture_point(context, flow) != CAPTURED_AT_CLIENT;
}

/* Of many peers some are always gone: one finding for the client, and a note when there are several of them. */
static struct finding *
report_peer(struct context *context, const struct ip_address *client)
{
    const struct case_info *info = &cases[UNREACHABLE];
    struct culprit peers = culprit_of(ABOUT_PEERS, client, NULL);
    struct finding *finding = report_about(context, info, CONFIDENCE_CONFIRMED, &peers, sizeof peers, 1);
    struct finding *of_all = reported_about(context, info, &peers, sizeof peers);
    unsigned *told = keyed_state(context, KEY_PEERS, client, sizeof *client, sizeof *told);
    if (++*told == TOLD_MAX && of_all != NULL) {
        report_milder(context, of_all, SEVERITY_NOTE);
        report_flag(of_all, FACT_peers);
    }
    return finding;
}

static struct finding *
report_culprit(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct case_info *info = &cases[UNREACHABLE];
    const struct ip_address *client = &flow->client.address;
    struct culprit culprit = culprit_of(ABOUT_DESTINATION, client, &flow->server.address);
    enum meaning meaning = reason_of(packet->icmp)->meaning;

    if (is_stranger(context, flow, packet))
        culprit = culprit_of(ABOUT_STRANGERS, NULL, &flow->server.address);
    else if ((meaning == NO_HOST || meaning == NO_PORT) && server_may_be_peer(context, flow))
        return report_peer(context, client);
    else if (means_no_ipv6_route(packet->icmp))
        culprit = culprit_of(ABOUT_ROUTER, client, &packet->source.address);
    if (reported_about(context, info, &culprit, sizeof culprit) != NULL)
        return report_about(context, info, CONFIDENCE_CONFIRMED, &culprit, sizeof culprit, 1);
    unsigned *told = keyed_state(context, KEY_TOLD, client, sizeof *client, sizeof *told);
    if (*told >= TOLD_MAX)
        culprit = culprit_of(ABOUT_CLIENT, client, NULL);
    ++*told;
    return report_about(context, info, CONFIDENCE_CONFIRMED, &culprit, sizeof culprit, 1);
}

static void
report_unreachable(struct context *context, const struct flow *flow, const struct packet *packet)
{
    static const enum fact_name meanings[] = {[NO_ROUTE] = FACT_no_route,
                                              [NO_HOST] = FACT_no_host,
                                              [NO_PORT] = FACT_port_closed,
                                              [PROHIBITED] = FACT_prohibited};
    struct finding *finding = report_culprit(context, flow, packet);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_address(finding, FACT_reporter, &packet->source.address);
    report_text(finding, FACT_reason, reason_of(packet->icmp)->text);
    report_duration(finding, FACT_delay, packet->time - flow->by_client.last_time);
    if (reason_of(packet->icmp)->meaning != OTHER)
        report_flag(finding, meanings[reason_of(packet->icmp)->meaning]);
    if (means_no_ipv6_route(packet->icmp)) {
        report_flag(finding, FACT_no_ipv6_route);
        if (((const struct capture *)capture_state(context))->ipv4_works)
            report_flag(finding, FACT_ipv4_works);
    }
    if (is_stranger(context, flow, packet)) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_stranger);
    }
    report_evidence(finding, flow->by_client.last_frame);
    report_capture_point(context, finding, flow);
    struct control_list ports = flow->protocol == PROTOCOL_TCP ? ports_tried(context, flow) : (struct control_list){0};
    for (unsigned i = 0; i < ports.count && reason_of(packet->icmp)->meaning == NO_HOST; i++)
        if (ports.control[i].good_frame != 0)
            report_ruled_out(finding, "an address that was never in use: the client was connected to it before",
                             "该地址从未使用：此前该客户端连上过它", ports.control[i].good_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp == NULL) {
        if (flow->handshake.completed_frame == packet->frame && flow->client.address.family == 4)
            ((struct capture *)capture_state(context))->ipv4_works = true;
    } else if (flow->attempt.outcome == OUTCOME_UNREACHABLE && packet->from_client &&
               reason_of(packet->icmp)->text != NULL && !is_expected(flow)) {
        report_unreachable(context, flow, packet);
    }
}

/* Routing was only converging. */
static void
on_outcome(struct context *context, const struct flow *flow)
{
    struct finding *finding = attempt_was_accepted(&flow->attempt) ? reported(context, &cases[UNREACHABLE]) : NULL;
    if (finding != NULL)
        report_withdraw(context, finding);
}

const struct detector connect_unreachable_detector = {
    .family = "connect",
    .summary = "Connection attempts that are answered by an ICMP error",
    .sees = SEES_ICMP | SEES_COMPLETED | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
