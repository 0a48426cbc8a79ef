/* Connection attempts that are answered by RST.
 *
 * A RST for a SYN says that somebody is there who does not want the connection: the host itself because nothing listens on
 * the port, or a firewall in its name. Who it was shows in comparison: the server's own answers, at another port of it,
 * come from as far away and take as long. A RST that comes from nearer was sent by a device on the way, or by the client's
 * own host.
 *
 * Source: a migration whose ports were tested by hand; a node with a rule left over that redirected port 80 of all servers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* What is refused is told for so many servers and ports of a client, one for each port: a list of peers that are gone, or a list of
 * ports, says no more when it is long. The others are counted as one. */
enum { TOLD_MAX = 3 };

/* What worms and scanners of the Internet knock at (RPC, NetBIOS, SMB, Telnet, SQL, RDP, VNC). */
static bool
is_knocked_at(uint16_t port)
{
    static const uint16_t ports[] = {23, 135, 137, 139, 445, 1433, 1434, 2323, 3389, 5900};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i] == port)
            return true;
    return false;
}

/* The next attempt is accepted this soon: the RST was no closed port. */
static const int64_t NEXT_ATTEMPT = SECONDS(1);

/* Nearer: so many hops, or in less than this part of the time. */
enum { HOPS_NEARER = 2, DELAY_PART = 10 };

enum { REFUSED };

/* clang-format off */
static const struct case_info cases[] = {
    [REFUSED] = {
        .id = "connect.refused",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Connection refused",
            .summary = "The SYN of {client} to {server} was answered with RST after {delay}[ ({reset_sender})][: {server} does "
                       "not accept the connection{!nearer}][; the RST came from nearer than {server.address}, whose own answers take "
                       "{usual}{?nearer}][; this port had accepted connections before{?worked_before}][; 127.0.0.1 accepts the "
                       "connection, so a program that tries both works{?other_family}].",
            .causes = "[Strangers try ports of {server.address}, as they do with every public address; it turns them down, as it "
                      "should{?stranger}.]\n"
                      "[A device on the way, or the client's own host, answers in the name of {server.address}: a redirect or reject "
                      "rule left over (iptables REDIRECT, a transparent proxy), a firewall{?nearer}.]\n"
                      "[The service crashed or is being restarted{?worked_before}{!nearer}.]\n"
                      "[The service listens on 127.0.0.1 and not on [[::1]]: harmless where the client tries the next "
                      "address{?other_family}.]\n"
                      "[No process listens on this port, or it listens on another address only (127.0.0.1, IPv4 but not "
                      "IPv6){!nearer}{!worked_before}{!other_family}{!stranger}.]\n"
                      "[The service has not started yet, or has crashed{!nearer}{!worked_before}{!other_family}{!stranger}.]\n"
                      "[A firewall in front of the server rejects with a RST instead of dropping the SYN{!nearer}.]\n"
                      "[The client uses a wrong port or address{!nearer}{!worked_before}{!stranger}.]",
            .checks = "[On the client and on each device on the way, is there a rule that redirects or rejects this port: `nft "
                      "list ruleset; iptables-save`{?nearer}]\n"
                      "[On the server, does a process listen, and on which address: `ss -ltnp 'sport = "
                      ":{server.port}'`{!nearer}]\n"
                      "[On the server, does a rule reject with tcp-reset: `nft list ruleset; iptables-save`{!nearer}]\n"
                      "[If the server's own capture shows no RST, a device on the way has sent it: `tcpdump -ni any "
                      "'tcp port {server.port} and host {client.address}'`{!at_server}]\n"
                      "From another host: `nc -vz -w 5 {server.address} {server.port}`",
            .disproof = "Connections to {server} from the same client that are accepted at the same time: then the RST "
                        "did not come from a closed port.",
        },
        .source = "a migration whose port was blocked; RFC 9293, 3.10.7.1",
        .silent_on = "RST of a connection that was established",
    },
};
/* clang-format on */

/* A client, and a port at which it is refused; 0 for all of them. */
struct refused_client {
    struct ip_address client;
    uint16_t port;
};

static struct client_at_server
key_of(const struct flow *flow, uint16_t port)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    key.server.port = port;
    return key;
}

/* -- Who has sent it -------------------------------------------------------------------------- */

static bool
is_nearer(const struct control *refused, const struct control *good)
{
    return sender_hops(good->good_ttl) - sender_hops(refused->bad_ttl) >= HOPS_NEARER ||
           (good->good_delay > MILLISECONDS(1) && refused->bad_delay < good->good_delay / DELAY_PART);
}

/* A port of the server accepted this client, perhaps the same one before: its answer is the server's own, which the RST is
 * compared with. */
static void
compare_with_answers(struct finding *finding, const struct control_list *ports, uint16_t refused_port)
{
    const struct control *refused = control_of_port(ports, refused_port);
    for (unsigned i = 0; refused != NULL && i < ports->count; i++) {
        const struct control *good = &ports->control[i];
        if (good->good_frame == 0 || !is_nearer(refused, good))
            continue;
        report_flag(finding, FACT_nearer);
        report_duration(finding, FACT_usual, good->good_delay);
        report_evidence(finding, good->good_frame);
    }
}

/* -- Outcomes --------------------------------------------------------------------------------- */

static struct refused_client
client_of(const struct flow *flow, uint16_t port)
{
    struct refused_client client;
    memset(&client, 0, sizeof client);
    client.client = flow->client.address;
    client.port = port;
    return client;
}

/* Somebody on the Internet who tries what everybody there tries, or any port with a SYN that a scanner has made: as it should be,
 * and one finding for the host. */
static bool
is_stranger(const struct flow *flow)
{
    return address_is_public(&flow->client.address) && (is_knocked_at(flow->server.port) || flow->handshake.bare) &&
           sender_hops(flow->by_client.ttl) > 0;
}

static struct finding *
report_culprit(struct context *context, const struct flow *flow)
{
    const struct case_info *info = &cases[REFUSED];
    struct client_at_server key = key_of(flow, flow->server.port);
    if (is_stranger(flow))
        return report_about(context, info, CONFIDENCE_CONFIRMED, &key.server.address, sizeof key.server.address, 1);
    if (reported_about(context, info, &key, sizeof key) != NULL)
        return report_about(context, info, CONFIDENCE_CONFIRMED, &key, sizeof key, 1);

    struct refused_client there = client_of(flow, flow->server.port), client = client_of(flow, 0);
    unsigned *at_port = keyed_state(context, 0, &there, sizeof there, sizeof *at_port);
    unsigned *in_all = keyed_state(context, 0, &client, sizeof client, sizeof *in_all);
    if (*at_port > 0 || *in_all >= TOLD_MAX)
        return report_about(context, info, CONFIDENCE_CONFIRMED, &client, sizeof client, 1);
    ++*at_port;
    ++*in_all;
    return report_about(context, info, CONFIDENCE_CONFIRMED, &key, sizeof key, 1);
}

static void
report_refused(struct context *context, const struct flow *flow)
{
    struct finding *finding = report_culprit(context, flow);
    if (finding == NULL)
        return;
    struct control_list ports = ports_tried(context, flow);
    struct sender sender;
    const struct control *before = control_of_port(&ports, flow->server.port);
    report_flow(finding, flow);
    if (is_stranger(flow)) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_stranger);
    }
    report_duration(finding, FACT_delay, flow->attempt.time - flow->handshake.last_syn_time);
    if (attempt_sender(context, flow, &sender))
        report_sender(finding, &sender, &flow->server.address);
    struct client_control other;
    uint32_t accepted = before != NULL ? before->good_frame : 0;
    if (accepted == 0 && other_client_connected(context, flow, &other))
        accepted = other.frame;
    if (accepted != 0) {
        report_flag(finding, FACT_worked_before);
        report_ruled_out(finding, "a port at which nothing has ever listened: it accepted a connection before",
                         "该端口从来没有进程监听：此前它接受过连接", accepted);
    }
    report_capture_point(context, finding, flow);
    compare_with_answers(finding, &ports, flow->server.port);
    report_evidence(finding, flow->handshake.syn_frame);
}

/* getaddrinfo() gives [::1] before 127.0.0.1 for "localhost". */
static void
check_loopback(struct context *context, const struct flow *flow)
{
    static const struct ip_address loopback4 = {.family = 4, .bytes = {127, 0, 0, 1}};
    static const struct ip_address loopback6 = {.family = 6, .bytes = {[15] = 1}};
    struct client_at_server key = key_of(flow, flow->server.port);
    if (!address_equal(&flow->server.address, &loopback4))
        return;
    key.client = key.server.address = loopback6;
    struct finding *finding = reported_about(context, &cases[REFUSED], &key, sizeof key);
    if (finding == NULL)
        return;
    report_milder(context, finding, SEVERITY_NOTE);
    report_flag(finding, FACT_other_family);
}

/* The finding about the client at this port of the server, or the one that counts its other ones. */
static struct finding *
find_refused(struct context *context, const struct flow *flow, uint16_t port)
{
    struct client_at_server key = key_of(flow, port);
    struct refused_client client = client_of(flow, 0);
    struct finding *finding = reported_about(context, &cases[REFUSED], &key, sizeof key);
    return finding != NULL ? finding : reported_about(context, &cases[REFUSED], &client, sizeof client);
}

static void
on_accepted(struct context *context, const struct flow *flow)
{
    struct control_list ports = ports_tried(context, flow);

    struct finding *of_this_syn = flow->attempt.before == OUTCOME_REFUSED ? reported(context, &cases[REFUSED]) : NULL;
    if (of_this_syn != NULL)
        report_withdraw(context, of_this_syn);
    check_loopback(context, flow);
    for (unsigned i = 0; i < ports.count; i++) {
        const struct control *refused = &ports.control[i];
        struct client_at_server key = key_of(flow, refused->port);
        struct finding *finding =
            refused->bad_outcome == OUTCOME_REFUSED ? find_refused(context, flow, refused->port) : NULL;
        if (finding == NULL)
            continue;
        if (refused->port != flow->server.port)
            compare_with_answers(finding, &ports, refused->port);
        else if (flow->attempt.time - refused->bad_time <= NEXT_ATTEMPT &&
                 finding == reported_about(context, &cases[REFUSED], &key, sizeof key))
            report_withdraw(context, finding);
    }
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->attempt.outcome == OUTCOME_REFUSED)
        report_refused(context, flow);
    else if (flow->attempt.outcome == OUTCOME_ANSWERED)
        on_accepted(context, flow);
}

const struct detector connect_refused_detector = {
    .family = "connect",
    .summary = "Connection attempts that are answered by RST",
    .sees = SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .on_outcome = on_outcome,
};
