/* Connection attempts that are turned down by an answer.
 *
 * A RST for a SYN says that the host is there and nothing listens on the port, or that a firewall
 * rejects in its name. An ICMP error says that a router or firewall on the way does not deliver: no
 * route, no host, prohibited. Either way the packets tell more than silence does: who said no, and why.
 *
 * Source: a migration whose ports were tested by hand; Alibaba Cloud, security product handbook, ch. 9
 * (a package manager that tried IPv6 where only IPv4 had a route).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A port scan is refused at every port: more findings about one client say nothing new. */
enum { REPORTED_MAX = 10 };

/* Where UDP is answered by "port unreachable" although no service is missing: the port of a client that is gone
 * (taken from here on by Linux and, higher, by others), which traceroute uses as well; NetBIOS names. */
enum { EPHEMERAL_FIRST = 32768, NETBIOS_NAME = 137, NETBIOS_DATAGRAM = 138 };

enum { REFUSED, UNREACHABLE };

/* clang-format off */
static const struct case_info cases[] = {
    [REFUSED] = {
        .id = "connect.refused",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Connection refused",
            .summary = "{server} answered the SYN of {client} with RST after {delay}: nothing accepts connections there.",
            .causes = "No process listens on this port, or it listens on another address only (127.0.0.1, IPv4 but not "
                      "IPv6).\n"
                      "The service crashed, is being restarted, or has not started yet.\n"
                      "A firewall in front of the server rejects with a RST instead of dropping the SYN.\n"
                      "The client uses a wrong port or address.",
            .checks = "On the server, does a process listen, and on which address: `ss -ltnp 'sport = "
                      ":{server.port}'`\n"
                      "On the server, does a rule reject with tcp-reset: `nft list ruleset; iptables-save`\n"
                      "If the server's own capture shows no RST, a device on the way has sent it: `tcpdump -ni any "
                      "'tcp port {server.port} and host {client.address}'`\n"
                      "From another host: `nc -vz -w 5 {server.address} {server.port}`",
            .disproof = "Connections to {server} from the same client that are accepted at the same time: then the RST "
                        "did not come from a closed port.",
        },
        .source = "a migration whose port was blocked; RFC 9293, 3.10.7.1",
        .silent_on = "RST of a connection that was established",
    },
    [UNREACHABLE] = {
        .id = "connect.unreachable",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Destination unreachable",
            .summary = "{reporter} answered the packet of {client} to {server} after {delay} with an ICMP error: {reason}.",
            .causes = "[The host or network has no IPv6 connectivity, but the name has an IPv6 address (AAAA record)"
                      "{?no_ipv6_route}.][ IPv4 connections in this capture work{?ipv4_works}.]\n"
                      "\"Prohibited\": a firewall, security group or access list at {reporter} rejects the packet.\n"
                      "\"No route\" or \"network unreachable\": {reporter} has no route to the destination.\n"
                      "\"Host unreachable\": the last router gets no answer to ARP or neighbour discovery; the host is "
                      "down or the address is not in use.\n"
                      "\"Port unreachable\": the host is there, but nothing listens on the UDP port, or a firewall rejects.",
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

/* What was said already. `finding` is the number of the finding, 0 if there is none. */
struct rejected {
    uint32_t finding;
};

struct reported {
    unsigned count;
};

struct capture {
    bool ipv4_works; /* a handshake over IPv4 was completed */
};

enum { KEY_REFUSED, KEY_UNREACHABLE, KEY_CLIENT };

struct pair_key {
    uint32_t path; /* networks with the same addresses are mirrored with a VNI each */
    struct ip_address client, server;
    uint16_t port; /* 0 where it does not matter */
};

static struct rejected *
rejected_of(struct context *context, unsigned kind, const struct flow *flow, const struct ip_address *server,
            uint16_t port)
{
    struct pair_key key;
    memset(&key, 0, sizeof key);
    key.path = flow->path;
    key.client = flow->client.address;
    key.server = *server;
    key.port = port;
    return keyed_state(context, kind, &key, sizeof key, sizeof(struct rejected));
}

/* Whether this client has too many findings already; it gets one more otherwise. */
static bool
said_enough(struct context *context, const struct flow *flow)
{
    struct reported *reported =
        keyed_state(context, KEY_CLIENT, &flow->client.address, sizeof flow->client.address, sizeof *reported);
    return reported->count++ >= REPORTED_MAX;
}

/* -- RST ------------------------------------------------------------------------------------- */

static void
check_refused(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;

    if (packet->from_client || !(packet->flags & TCP_RST) || handshake->syn_frame == 0 ||
        handshake->syn_ack_frame != 0 || flow->by_server.packets > 1 || flow->by_client.new_bytes > 0 ||
        packet->acknowledgment != flow->client_first_sequence)
        return;
    struct rejected *rejected = rejected_of(context, KEY_REFUSED, flow, &flow->server.address, flow->server.port);
    if (rejected->finding != 0) {
        report_again(context, rejected->finding);
        return;
    }
    if (said_enough(context, flow))
        return;
    struct finding *finding = report(context, &cases[REFUSED], CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    rejected->finding = finding_number(finding);
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_duration(finding, FACT_delay, packet->time - handshake->last_syn_time);
    report_evidence(finding, handshake->syn_frame);
}

/* -- ICMP ------------------------------------------------------------------------------------ */

struct icmp_reason {
    uint8_t code;
    const char *text;
};

/* RFC 792, RFC 1122 (3.2.2.1), RFC 1812 (5.2.7.1). Code 4 is path MTU discovery: the connection works. */
static const struct icmp_reason reasons4[] = {
    {0, "network unreachable"},
    {1, "host unreachable"},
    {2, "protocol unreachable"},
    {3, "port unreachable"},
    {5, "source route failed"},
    {6, "network unknown"},
    {7, "host unknown"},
    {9, "network administratively prohibited"},
    {10, "host administratively prohibited"},
    {11, "network unreachable for this type of service"},
    {12, "host unreachable for this type of service"},
    {13, "communication administratively prohibited"},
};

/* RFC 4443, 3.1. */
static const struct icmp_reason reasons6[] = {
    {0, "no route to destination"},
    {1, "communication administratively prohibited"},
    {2, "beyond the scope of the source address"},
    {3, "address unreachable"},
    {4, "port unreachable"},
    {5, "source address failed ingress or egress policy"},
    {6, "reject route to destination"},
};

static const char *
reason_of(const struct icmp_error *error)
{
    const struct icmp_reason *reasons = error->ipv6 ? reasons6 : reasons4;
    size_t count = error->ipv6 ? sizeof reasons6 / sizeof *reasons6 : sizeof reasons4 / sizeof *reasons4;
    if (error->type != (error->ipv6 ? 1 : 3))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (reasons[i].code == error->code)
            return reasons[i].text;
    return NULL;
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

static bool
is_expected(const struct flow *flow)
{
    uint16_t port = flow->server.port;
    return flow->protocol == PROTOCOL_UDP && (port >= EPHEMERAL_FIRST || port == NETBIOS_NAME ||
                                              port == NETBIOS_DATAGRAM || is_service(flow->client.port));
}

static bool
means_no_ipv6_route(const struct icmp_error *error)
{
    return error->ipv6 && (error->code == 0 || error->code == 3 || error->code == 5 || error->code == 6);
}

static void
check_unreachable(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const char *reason = reason_of(packet->icmp);
    bool attempt = flow->protocol == PROTOCOL_UDP || (flow->handshake.syn_frame != 0 && flow->by_client.new_bytes == 0);
    if (reason == NULL || !packet->from_client || !attempt || flow->by_server.packets > 0 || is_expected(flow) ||
        !address_is_unicast(&flow->server.address))
        return;
    /* A host without IPv6 fails alike at every destination: the router that says so stands for all of them. */
    const struct ip_address *culprit =
        means_no_ipv6_route(packet->icmp) ? &packet->source.address : &flow->server.address;
    struct rejected *rejected = rejected_of(context, KEY_UNREACHABLE, flow, culprit, 0);
    if (rejected->finding != 0) {
        report_again(context, rejected->finding);
        return;
    }
    if (said_enough(context, flow))
        return;
    struct finding *finding = report(context, &cases[UNREACHABLE], CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    rejected->finding = finding_number(finding);
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_address(finding, FACT_reporter, &packet->source.address);
    report_text(finding, FACT_reason, reason);
    report_duration(finding, FACT_delay, packet->time - flow->by_client.last_time);
    if (means_no_ipv6_route(packet->icmp)) {
        report_flag(finding, FACT_no_ipv6_route);
        if (((const struct capture *)capture_state(context))->ipv4_works)
            report_flag(finding, FACT_ipv4_works);
    }
    report_evidence(finding, flow->by_client.last_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL)
        check_unreachable(context, flow, packet);
    else if (packet->flags & TCP_RST)
        check_refused(context, flow, packet);
    else if (flow->handshake.completed_frame == packet->frame && flow->client.address.family == 4)
        ((struct capture *)capture_state(context))->ipv4_works = true;
}

const struct detector connect_rejected_detector = {
    .family = "connect",
    .summary = "Connection attempts that are turned down by an answer",
    .sees = SEES_END | SEES_ICMP | SEES_COMPLETED,
    DETECTOR_TABLE(case, cases),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
};
