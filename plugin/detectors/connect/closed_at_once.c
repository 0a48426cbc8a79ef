/* Servers that accept a connection and close it at once.
 *
 * The kernel of a server accepts whatever comes to a port that somebody listens at. Whether the program wants the connection shows only
 * after that: an access list (TCP wrappers), a limit of connections, a proxy without a back end, a program that ends whenever it starts
 * for a client. Then FIN or RST follows the handshake within a round trip, without a byte. Protocols in which the server speaks first
 * say why instead: "Too many connections" of MySQL, 421 of FTP and SMTP.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { CONNECTIONS, AT_ONCE };

static const struct threshold thresholds[] = {
    [CONNECTIONS] = {"closed_connections",
                     {"Connect: closed at once",
                      "So many connections of one client, and all so far, must be closed at once"},
                     3,
                     1,
                     1000},
    [AT_ONCE] =
        {"closed_milliseconds",
         {"Connect: a close at once (ms)",
          "A server's FIN or RST this soon after the handshake, and a round trip more, ends the connection at once"},
         100,
         1,
         60000},
};

enum { CLOSED_AT_ONCE };

/* clang-format off */
static const struct case_info cases[] = {
    [CLOSED_AT_ONCE] = {
        .id = "connect.closed_at_once",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Accepted and closed at once",
            .summary = "[{server} accepted {attempts} of {attempts} connections of {client} and closed each within {delay}, before it "
                       "had sent a byte (threshold {limit})][, by FIN{?by_fin}{!by_reset}][, by RST{?by_reset}{!by_fin}][, by "
                       "FIN or RST{?by_fin}{?by_reset}][{server} greeted {client} with an error: {greeting}].",
            .causes = "[An access list turns the client away: hosts.deny, a list of the program or proxy itself{!greeting}.]\n"
                      "[A limit of connections is reached, in all or for each source: max_connections, maxconn, MaxStartups, "
                      "per_source of xinetd.]\n"
                      "[A proxy, load balancer or port forwarder accepts and has no back end that works{!greeting}.]\n"
                      "[The program ends as soon as it serves a client: its log says why{!greeting}.]\n"
                      "[Earlier connections of this client failed so often that the server blocks it (max_connect_errors, "
                      "penalties of sshd, a block list of mail servers){?greeting}.]",
            .checks = "On the server, what the program logs at this time, and which program it is: `ss -tlnp 'sport = "
                      ":{server.port}'`\n"
                      "On the server, how many connections there are now, to compare with the limits of the program: `ss -Htn "
                      "state established 'sport = :{server.port}' | wc -l`\n"
                      "[On the server, from itself: if this stays open, the client is turned away, and not everybody: `nc -v "
                      "{server.address} {server.port}`{!greeting}]",
            .disproof = "[A capture on the server in which it sends neither FIN nor RST: then a device on the way closes the "
                        "connection{!greeting}.][The client is served in the next moment: then the limit was reached for a moment "
                        "only{?greeting}.]",
        },
        .source = "xinetd and TCP wrappers; documentation of MySQL, error 1040 and 1129; RFC 5321, 3.8; RFC 959, 4.2",
        .silent_on = "health checks and others that close first\n"
                     "services that send something and close (daytime)\n"
                     "one of several is closed",
    },
};
/* clang-format on */

/* How one client fares at one server and port. */
struct fate {
    unsigned closed; /* at once */
    bool fin, reset;
    bool served; /* at least once it was treated in another way */
    int64_t longest;
    uint32_t first_frame;
    int64_t first_time;
};

static struct fate *
fate_of(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct fate));
}

static struct finding *
report_server(struct context *context, const struct flow *flow, enum confidence confidence)
{
    struct endpoint server;
    flow_server_key(flow, &server);
    struct finding *finding = report_about(context, &cases[CLOSED_AT_ONCE], confidence, &server, sizeof server, 1);
    if (finding != NULL)
        report_flow(finding, flow);
    return finding;
}

/* -- Without a word --------------------------------------------------------------------------- */

static bool
is_at_once(struct context *context, const struct flow *flow)
{
    return flow->attempt.lasted <= MILLISECONDS(threshold_value(context, AT_ONCE)) + flow->round_trip;
}

/* A RST behind data of the client may answer the data. A FIN that does not acknowledge them does not. */
static bool
is_closed_at_once(struct context *context, const struct flow *flow)
{
    const struct side *server = &flow->by_server;
    bool fin = server->fin_frame == flow->attempt.frame, reset = server->rst_frame == flow->attempt.frame;
    return flow->attempt.outcome == OUTCOME_CLOSED && (fin || (reset && flow->by_client.new_bytes == 0)) &&
           is_at_once(context, flow);
}

/* Whether what became of the attempt shows that the server takes this client. */
static bool
is_served(struct context *context, const struct flow *flow)
{
    switch (flow->attempt.outcome) {
    case OUTCOME_LEFT:
        return flow->by_client.new_bytes > 0 || !is_at_once(context, flow);
    case OUTCOME_CLOSED:
    case OUTCOME_DATA_LOST:
    case OUTCOME_WORKS:
        return true;
    default:
        return false;
    }
}

static void
note_close(struct fate *fate, const struct flow *flow)
{
    bool fin = flow->by_server.fin_frame == flow->attempt.frame;
    if (fate->closed++ == 0) {
        fate->first_frame = flow->first_frame;
        fate->first_time = flow->first_time;
    }
    fate->fin |= fin;
    fate->reset |= !fin;
    if (flow->attempt.lasted > fate->longest)
        fate->longest = flow->attempt.lasted;
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->protocol != PROTOCOL_TCP || flow->attempt.outcome < OUTCOME_LEFT)
        return;
    struct fate *fate = fate_of(context, flow);
    if (!is_closed_at_once(context, flow)) {
        fate->served |= is_served(context, flow);
        return;
    }
    note_close(fate, flow);
    if (fate->served || fate->closed < threshold_value(context, CONNECTIONS) || server_may_be_peer(context, flow) ||
        !answers_visible(context, flow, true) || !answers_visible(context, flow, false))
        return;
    struct finding *finding = report_server(context, flow, CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_series(finding, fate->closed, fate->first_frame, fate->first_time);
    report_count(finding, FACT_attempts, fate->closed);
    report_count(finding, FACT_limit, threshold_value(context, CONNECTIONS));
    report_duration(finding, FACT_delay, fate->longest);
    if (fate->fin)
        report_flag(finding, FACT_by_fin);
    if (fate->reset)
        report_flag(finding, FACT_by_reset);
    report_evidence(finding, fate->first_frame);
    report_evidence(finding, flow->handshake.completed_frame);
}

/* -- With a word ------------------------------------------------------------------------------ */

struct greeting {
    const char *begin;
    const char *english, *chinese;
};

static const struct greeting texts[] = {
    {"421 ", "421, service not available", "421，服务不可用"},
    {"421-", "421, service not available", "421，服务不可用"},
    {"554 ", "554, no SMTP service for this client", "554，不为该客户端提供 SMTP 服务"},
    {"554-", "554, no SMTP service for this client", "554，不为该客户端提供 SMTP 服务"},
    {"Exceeded MaxStartups\r\n", "sshd has too many connections that are not logged in (MaxStartups)",
     "sshd 未登录的连接过多（MaxStartups）"},
    {"Not allowed at this time\r\n", "sshd penalises this address (PerSourcePenalties)",
     "sshd 正在限制该地址（PerSourcePenalties）"},
};

/* An error packet of MySQL and MariaDB: length (3 bytes, low first), sequence number, 0xff, error number (low first), text. */
enum { MYSQL_NUMBER = 5, MYSQL_TEXT = 7, TOO_MANY_CONNECTIONS = 1040, HOST_BLOCKED = 1129 };

static const struct greeting too_many = {"", "1040, too many connections", "1040，连接数过多"};
static const struct greeting blocked = {"", "1129, this host is blocked after many connection errors",
                                        "1129，该主机因连接错误过多而被阻止"};

static const struct greeting *
mysql_greeting(const struct payload *payload)
{
    const uint8_t *bytes = payload->bytes;
    if (payload->captured < MYSQL_TEXT || bytes[4] != 0xff || bytes[1] != 0 || bytes[2] != 0 || bytes[3] > 1 ||
        bytes[0] + 4U != payload->length)
        return NULL;
    unsigned number = bytes[MYSQL_NUMBER] | (unsigned)bytes[MYSQL_NUMBER + 1] << 8;
    return number == TOO_MANY_CONNECTIONS ? &too_many : number == HOST_BLOCKED ? &blocked : NULL;
}

static const struct greeting *
greeting_of(const struct payload *payload)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t length = strlen(texts[i].begin);
        if (payload->captured >= length && memcmp(payload->bytes, texts[i].begin, length) == 0)
            return &texts[i];
    }
    return mysql_greeting(payload);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->from_client || packet->payload.length == 0 || flow->handshake.syn_frame == 0 ||
        flow->by_client.new_bytes > 0 || flow->by_server.new_bytes != packet->new_bytes)
        return;
    const struct greeting *greeting = greeting_of(&packet->payload);
    if (greeting == NULL)
        return;
    struct finding *finding = report_server(context, flow, CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    report_localized(finding, FACT_greeting, greeting->english, greeting->chinese);
    report_evidence(finding, flow->handshake.completed_frame);
}

const struct detector connect_closed_at_once_detector = {
    .family = "connect",
    .summary = "Servers that accept a connection and close it at once",
    .sees = SEES_FIRST_DATA | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
