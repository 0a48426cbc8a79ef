/* A port that is closed to one client only.
 *
 * A security policy lists a source address, or the pair of a source and a port: the anti-abuse system of a
 * cloud, an intrusion prevention system, fail2ban, an access list. From then on each connection of this source
 * to this port fails in the same way, while another port of the same server, or another source at the same
 * port, works. That comparison is the proof: without a control that works this is a server that is down.
 *
 * Source: a migration to a cloud whose relay host was reached by telnet in 0 of 10 attempts at its port 8703
 * ("connection closed by foreign host"), in 10 of 10 at its port 8702, at 8703 from elsewhere, and after the
 * client's public address was changed. The cloud's anti-abuse policy had listed the address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

enum { FINDINGS_MAX = 10 }; /* for one client */

enum { ATTEMPTS, AT_ONCE, CONTROL };

/* clang-format off */
static const struct threshold thresholds[] = {
    [ATTEMPTS] = {"port_attempts",
                  {"Policy: attempts at a port that fail",
                   "So many attempts in a row of one client at one port of a server must fail alike"}, 3, 2, 100},
    [AT_ONCE] = {"port_milliseconds",
                 {"Policy: a close at once (ms)",
                  "A server's RST or FIN this soon after the handshake or the first data ends the connection at once"},
                 2000, 1, 60000},
    [CONTROL] = {"control_minutes",
                 {"Policy: age of the control (min)", "The attempt that works must be this close to those that fail"},
                 10, 1, 1440},
};

enum { PORT_BLOCKED };

static const struct case_info cases[] = {
    [PORT_BLOCKED] = {
        .id = "policy.port_blocked",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Port blocked for one client",
            .summary = "{attempts} attempts in a row (threshold {limit}) of {client.address}[ and others of "
                       "{network}] at {server} failed alike within {delay}:[ RST of the server at once{?by_reset}"
                       "{!syn_refused}][ FIN of the server at once{?by_fin}][ no answer to the SYN{?unanswered}][ "
                       "RST for the SYN{?syn_refused}]. This works: {control}.",
            .causes = "[A security policy lists this source (a cloud's anti-abuse system, firewall, intrusion "
                      "prevention, DDoS protection): other clients reach the same port{?other_client}.]\n"
                      "[A security policy blocks this port for this source, or the security group or firewall "
                      "admits nobody at it: the same client reaches another port of this server{?other_port}"
                      "{!other_client}.]\n"
                      "The server itself turns the source away: an access list (hosts.deny, the application's own), "
                      "fail2ban, or a limit of connections for each source; then the RST or FIN is in the server's "
                      "own capture as sent.\n"
                      "[The service behind this port is broken for everybody: a proxy or port forwarder accepts and "
                      "finds nothing behind it{!other_client}{!unanswered}.]\n"
                      "[The server or the path was down for a while: the control did not work meanwhile, but before "
                      "or after{?unanswered}{!meanwhile}.]\n"
                      "Attempts that worked, of all: {row}.",
            .checks = "From this client, then from one with another public address; if only this one fails, its "
                      "address is listed: `for i in 1 2 3 4 5; do nc -vz -w 3 {server.address} {server.port}; done`\n"
                      "Through another source address or provider (change the SNAT address, a mobile phone): if that "
                      "works, the client's network and the service are not at fault.\n"
                      "On the server, does the SYN arrive, and does the server send what the client gets: `tcpdump "
                      "-ni any 'tcp port {server.port} and host {client.address}'`\n"
                      "On the server, its own lists and limits: `nft list ruleset; iptables-save; cat "
                      "/etc/hosts.deny; fail2ban-client status`\n"
                      "Ask the security team of the cloud or provider whether the public address behind "
                      "{client.address} is listed for port {server.port} (anti-abuse, DDoS protection, cloud "
                      "firewall), and have it allowed.",
            .disproof = "Another client fails at {server} in the same way, or this client connects to it in "
                        "between: then the service or the path is at fault, and no policy.",
        },
        .source = "a migration whose port was blocked",
        .silent_on = "all fail alike (server down)\n"
                     "one of many fails\n"
                     "closed port\n"
                     "port check that closes by itself\n"
                     "a server that answers and closes\n"
                     "TLS handshake that fails\n"
                     "blind direction\n"
                     "a restart of the service",
    },
};
/* clang-format on */

/* Who fails at which port: a client or, with the host part zero, the clients of a network. */
struct culprit {
    struct client_at_server who;
    uint8_t network;
};

static struct culprit
culprit_of(const struct client_at_server *who, bool network)
{
    struct culprit culprit;
    memset(&culprit, 0, sizeof culprit);
    culprit.who = *who;
    culprit.network = network;
    if (network)
        culprit.who.client = address_network(&who->client);
    return culprit;
}

static bool
belongs_to(const struct ip_address *client, const struct culprit *culprit)
{
    struct ip_address network = address_network(client);
    return address_equal(culprit->network ? &network : client, &culprit->who.client);
}

static struct finding *
finding_about(struct context *context, const struct culprit *culprit)
{
    return reported_about(context, &cases[PORT_BLOCKED], culprit, sizeof *culprit);
}

/* -- Controls --------------------------------------------------------------------------------- */

/* What works: another client at this port, another port of this client. */
struct controls {
    const struct control *client, *port;
    bool meanwhile;    /* one of them worked between the first and the last failure of the row */
    bool others_fail;  /* so the port is closed to all */
    bool worked_since; /* another port, since the row began, whatever became of it later */
};

/* When it worked, 0 if it does not. A handshake disproves that a SYN is dropped or refused, not that a connection is ended. */
static int64_t
worked_at(struct context *context, const struct control *control, const struct failures *row)
{
    if (control->kept >= MILLISECONDS(threshold_value(context, AT_ONCE)))
        return control->kept_time;
    return row->outcome != OUTCOME_CLOSED && control->good_time > control->bad_time ? control->good_time : 0;
}

static bool
is_meanwhile(const struct failures *row, int64_t time)
{
    return time >= row->first_time && time <= row->last_time;
}

static bool
is_near(struct context *context, const struct failures *row, int64_t time)
{
    int64_t window = SECONDS(60) * threshold_value(context, CONTROL);
    return time >= row->first_time - window && time <= row->last_time + window;
}

static void
add_control(struct controls *controls, const struct control **place, const struct control *control, bool meanwhile)
{
    if (*place == NULL || meanwhile)
        *place = control;
    controls->meanwhile |= meanwhile;
}

/* A service that restarts refuses, or fails for a whole network at once, and then works for somebody else: there only another client that
 * works in the midst of it proves something. A second client that fails takes away what another port would prove. What worked before the
 * client itself got through proves nothing: the host may have gone down since. */
static struct controls
find_controls(struct context *context, const struct culprit *culprit, const struct failures *row)
{
    struct control_list clients = clients_that_tried(context, &culprit->who);
    struct control_list ports = ports_tried_by(context, &culprit->who);
    const struct control *own = control_of_port(&ports, culprit->who.server.port);
    int64_t since = own == NULL ? 0 : row->outcome == OUTCOME_CLOSED ? own->served_time : own->good_time;
    bool strict = row->outcome == OUTCOME_REFUSED || culprit->network;
    struct controls controls = {0};

    for (unsigned i = 0; i < clients.count; i++) {
        const struct control *client = &clients.control[i];
        int64_t time = worked_at(context, client, row);
        bool meanwhile = is_meanwhile(row, time);
        if (belongs_to(&client->client, culprit))
            continue;
        controls.others_fail |= time == 0 && client->bad_outcome != 0 && is_near(context, row, client->bad_time);
        if (time > since && is_near(context, row, time) && (meanwhile || !strict))
            add_control(&controls, &controls.client, client, meanwhile);
    }
    for (unsigned i = 0; i < ports.count && !strict && !controls.others_fail; i++) {
        const struct control *port = &ports.control[i];
        int64_t time = worked_at(context, port, row);
        controls.worked_since |= port != own && port->served_time >= row->first_time;
        if (port != own && time > since && time >= port->time && is_near(context, row, time))
            add_control(&controls, &controls.port, port, is_meanwhile(row, time));
    }
    return controls;
}

/* -- The finding ------------------------------------------------------------------------------ */

/* A line of the table: who worked how many times, of all. */
static void
report_way(struct finding *finding, const struct client_at_server *who, uint32_t worked, uint32_t failed, bool control)
{
    char from[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE], way[144], text[192];
    address_format(&who->client, from);
    address_format(&who->server.address, to);
    snprintf(way, sizeof way, who->server.address.family == 6 ? "%s > [%s]:%u" : "%s > %s:%u", from, to,
             (unsigned)who->server.port);
    snprintf(text, sizeof text, "%s %lu/%lu", way, (unsigned long)worked, (unsigned long)worked + failed);
    report_text(finding, FACT_row, text);
    if (control)
        report_text(finding, FACT_control, way);
}

static void
report_control(struct context *context, struct finding *finding, enum fact_name kind, const struct control *control,
               const struct ip_address *server)
{
    if (control == NULL)
        return;
    struct client_at_server who = client_at_server(&control->client, server, control->port);
    report_flag(finding, kind);
    report_way(finding, &who, control->served > 0 ? control->served : 1, failures_of(context, &who)->of_all, true);
    report_evidence(finding, control->kept_frame != 0 ? control->kept_frame : control->good_frame);
}

static void
report_failures(struct context *context, struct finding *finding, const struct culprit *culprit,
                const struct client_at_server *client, const struct failures *row)
{
    struct control_list ports = ports_tried_by(context, client);
    const struct control *own = control_of_port(&ports, client->server.port);
    report_endpoint(finding, FACT_client, &(struct endpoint){.address = client->client});
    report_endpoint(finding, FACT_server, &client->server);
    report_count(finding, FACT_attempts, row->count);
    report_count(finding, FACT_limit, threshold_value(context, ATTEMPTS));
    report_duration(finding, FACT_delay, row->last_time - row->first_time);
    if (row->by_reset)
        report_flag(finding, FACT_by_reset);
    if (row->by_fin)
        report_flag(finding, FACT_by_fin);
    if (row->outcome == OUTCOME_UNANSWERED)
        report_flag(finding, FACT_unanswered);
    if (row->outcome == OUTCOME_REFUSED)
        report_flag(finding, FACT_syn_refused);
    if (culprit->network) {
        char network[ADDRESS_TEXT_SIZE], prefix[ADDRESS_TEXT_SIZE + 4];
        address_format(&culprit->who.client, network);
        snprintf(prefix, sizeof prefix, "%s/%d", network, culprit->who.client.family == 4 ? 24 : 64);
        report_text(finding, FACT_network, prefix);
    }
    report_way(finding, client, own != NULL ? own->served : 0, row->of_all, false);
    report_evidence(finding, row->first_frame);
    report_evidence(finding, row->last_frame);
}

/* Silence is likely a policy if the control worked meanwhile: else the server, or the path to it, may have been down. A connection that is
 * ended shows that the server is up, but not that the service works for anybody. */
static enum confidence
confidence_of(const struct failures *row, const struct controls *controls)
{
    bool proved = row->outcome == OUTCOME_UNANSWERED ? controls->meanwhile : controls->client != NULL;
    return proved ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* A client that tries whatever it finds is not told for each. */
static bool
is_told_enough(struct context *context, const struct client_at_server *client)
{
    unsigned *told = keyed_state(context, 0, &client->client, sizeof client->client, sizeof *told);
    return (*told)++ >= FINDINGS_MAX;
}

static bool
is_block(struct context *context, const struct failures *row)
{
    int64_t at_once = MILLISECONDS(threshold_value(context, AT_ONCE));
    return row->count >= threshold_value(context, ATTEMPTS) &&
           (row->outcome == OUTCOME_UNANSWERED || row->outcome == OUTCOME_REFUSED ||
            (row->outcome == OUTCOME_CLOSED && !row->hello && row->longest <= at_once));
}

/* Says what the row of the culprit proves; `client` is the one of it that failed last. */
static void
judge(struct context *context, const struct culprit *culprit, const struct client_at_server *client,
      const struct failures *row)
{
    if (!is_block(context, row))
        return;
    struct controls controls = find_controls(context, culprit, row);
    enum confidence confidence = confidence_of(row, &controls);
    struct finding *finding = finding_about(context, culprit);

    if (controls.client == NULL && controls.port == NULL)
        return;
    if (finding == NULL) {
        if (is_told_enough(context, client))
            return;
        finding = report_about(context, &cases[PORT_BLOCKED], confidence, culprit, sizeof *culprit, 1);
        report_series(finding, row->count, row->first_frame, row->first_time);
    } else {
        if (!report_adds(finding, confidence))
            return;
        report_stronger(context, finding, confidence);
        report_forget(finding, FACT_control);
        report_forget(finding, FACT_row);
    }
    report_failures(context, finding, culprit, client, row);
    if (controls.meanwhile)
        report_flag(finding, FACT_meanwhile);
    report_control(context, finding, FACT_other_client, controls.client, &client->server.address);
    report_control(context, finding, FACT_other_port, controls.port, &client->server.address);
}

static void
judge_client(struct context *context, const struct client_at_server *who)
{
    struct culprit culprit = culprit_of(who, false);
    judge(context, &culprit, who, failures_of(context, who));
}

/* -- Outcomes --------------------------------------------------------------------------------- */

/* Takes back what was said if nothing is left that proves it: all fail by now, or the port that worked before the row only does not any
 * more. */
static void
reconsider(struct context *context, const struct client_at_server *who)
{
    struct culprit culprit = culprit_of(who, false);
    struct finding *finding = finding_about(context, &culprit);
    const struct failures *row = failures_of(context, who);
    if (finding == NULL || row->count == 0 || row->outcome == OUTCOME_REFUSED)
        return;
    struct controls controls = find_controls(context, &culprit, row);
    if (controls.client == NULL && controls.port == NULL && !controls.worked_since)
        report_withdraw(context, finding);
}

/* For each port that the client tried and each client that tried the port, and failed, but for the client at the port. */
static void
for_related(struct context *context, const struct client_at_server *who,
            void (*look)(struct context *context, const struct client_at_server *who))
{
    struct control_list clients = clients_that_tried(context, who), ports = ports_tried_by(context, who);

    for (unsigned i = 0; i < clients.count + ports.count; i++) {
        const struct control *control = i < clients.count ? &clients.control[i] : &ports.control[i - clients.count];
        struct client_at_server other = client_at_server(&control->client, &who->server.address, control->port);
        if (control->bad_outcome != 0 && memcmp(&other, who, sizeof other) != 0)
            look(context, &other);
    }
}

static void
on_failure(struct context *context, const struct client_at_server *who)
{
    struct culprit client = culprit_of(who, false), network = culprit_of(who, true);
    const struct culprit *told = finding_about(context, &network) != NULL ? &network : &client;
    struct failures all;

    for_related(context, who, reconsider);
    if (finding_about(context, told) != NULL)
        report_about(context, &cases[PORT_BLOCKED], CONFIDENCE_POSSIBLE, told, sizeof *told, 1);
    if (told == &client)
        judge_client(context, who);
    if (told == &client && finding_about(context, &client) == NULL && network_fails(context, who, &all))
        judge(context, &network, who, &all);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    const struct attempt *attempt = &flow->attempt;
    struct client_at_server who;
    flow_client_at_server(flow, &who);
    struct culprit client = culprit_of(&who, false);
    const struct failures *row = failures_of(context, &who);

    if (row->count > 0 && row->decided_frame == attempt->frame) {
        on_failure(context, &who);
        return;
    }
    bool late = attempt->before == OUTCOME_UNANSWERED && row->outcome == OUTCOME_UNANSWERED;
    if (late && finding_about(context, &client) != NULL)
        report_withdraw(context, finding_about(context, &client));
    if (attempt->outcome >= OUTCOME_ANSWERED)
        for_related(context, &who, judge_client);
}

const struct detector policy_port_detector = {
    .family = "policy",
    .summary = "Ports that are closed to one client",
    .sees = SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_outcome = on_outcome,
};
