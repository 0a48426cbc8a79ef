/* Clients that connect to a TLS port and never start TLS.
 *
 * A client without a working TLS library completes the TCP handshake and says nothing. The same is seen of those that mean no
 * harm: health checks connect and close, browsers open spare connections beside one that they use.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 8 (PHP without openssl).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A client that closes this soon after the handshake looks like a port check: connect, and close. */
#define AT_ONCE SECONDS(1)

/* Connections of one client to one server that were opened this close belong to one page. */
#define TOGETHER SECONDS(1)

/* So many connections of one client to one server without a ClientHello are reported: more say nothing new. */
enum { SILENT_REPORTED = 10 };

enum { NO_CLIENT_HELLO };

/* clang-format off */
static const struct case_info cases[] = {
    [NO_CLIENT_HELLO] = {
        .id = "tls.no_client_hello",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Client connects to a TLS port and never starts TLS",
            .summary = "[{client} completed the TCP handshake with {server} and sent no ClientHello; {closer} "
                       "ended the connection after {delay}.{!plain_http}][ It ended within 1 s, as health checks "
                       "do{?connect_close}.][ Another connection of this client, opened at the same time, speaks TLS with "
                       "the same server{?spare}.][{client} speaks plain HTTP to {server}, a TLS port: there is no "
                       "ClientHello to wait for.{?plain_http}]",
            .causes = "[A spare connection: browsers and other clients open several at once and use those that they need; nothing "
                      "is wrong{?spare}.]\n"
                      "[A health check or port probe: it connects and closes, nothing is wrong{?connect_close}.]\n"
                      "[The client's TLS library is missing or failed before its first message (PHP without its "
                      "openssl extension, an unreadable CA file){!plain_http}{!spare}.]\n"
                      "[One side gave up before the client spoke: its own timeout ran out{!plain_http}{!spare}.]\n"
                      "[The URL says http:// with the port of TLS, or TLS ends before this hop{?plain_http}.]",
            .checks = "[Is {client.address} a load balancer, monitor or scanner? Then ignore it{?connect_close}.]\n"
                      "[On the client. If this works, the application's own TLS set-up is at fault (PHP: php -m | "
                      "grep openssl; its error log, its CA bundle): `openssl s_client -connect {server} "
                      "</dev/null`{!plain_http}{!spare}]\n"
                      "[Compare a client that works with one that fails: same library, same "
                      "configuration?{!plain_http}{!spare}]\n"
                      "[Which of the two does the port speak: `curl -gvk http://{server}/; curl -gvk "
                      "https://{server}/`{?plain_http}]",
            .disproof = "[A ClientHello of this connection in a capture made on the client{!plain_http}.][Plain "
                        "HTTP is what this port is meant to speak: then take it out of the TLS ports in the "
                        "preferences{?plain_http}.]",
        },
        .source = "Alibaba Cloud security product handbook, ch. 8",
        .silent_on = "port checks: the same client repeats SYN, SYN-ACK, RST or connect-and-close at a steady period: one "
                     "note saying health check\n"
                     "plain HTTP on 443 (say so)\n"
                     "a ClientHello lost or unseen",
    },
};
/* clang-format on */

enum { SIBLINGS = 4 };

/* What one client did at one server: connect-and-close, and when the newest connections were opened on which the server spoke TLS. */
struct client {
    unsigned checks;
    int64_t last, period;
    unsigned siblings; /* all that were */
    int64_t sibling[SIBLINGS];
};

static struct client *
client_of(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct client));
}

static void
note_sibling(struct context *context, const struct flow *flow)
{
    if (flow->handshake.completed_frame == 0)
        return;
    struct client *client = client_of(context, flow);
    client->sibling[client->siblings++ % SIBLINGS] = flow->handshake.completed_time;
}

static bool
is_spare(const struct client *client, const struct flow *flow)
{
    bool spare = false;
    for (unsigned i = 0; i < SIBLINGS && i < client->siblings; i++) {
        int64_t apart = flow->handshake.completed_time - client->sibling[i];
        spare |= apart <= TOGETHER && apart >= -TOGETHER;
    }
    return spare;
}

/* Whether this connect-and-close is to be reported: the first one as a note, because a port check looks
 * the same; later ones only if they don't come at a steady period (give or take a third: checkers add
 * jitter and wait for busy hosts), which shows that they are none. */
static bool
is_worth_reporting(struct client *client, int64_t now, bool *note)
{
    int64_t since = now - client->last;
    int64_t deviation = since > client->period ? since - client->period : client->period - since;

    client->last = now;
    client->checks++;
    *note = client->checks == 1;
    if (client->checks <= 2) {
        client->period = since;
        return client->checks == 1;
    }
    bool steady = deviation <= client->period / 3;
    if (steady)
        client->period = (client->period + since) / 2;
    return !steady;
}

/* Payload of the client that was lost or not captured proves nothing. */
static bool
client_said_nothing(const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    uint32_t first = client->next_sequence - (client->fin_frame != 0 ? 1 : 0);

    if (client->new_bytes > 0 || server->new_bytes > 0 || client->packets == 0)
        return false;
    if (packet->from_client && (packet->flags & TCP_RST) && sequence_difference(packet->sequence, first) > 0)
        return false;
    if (client->fin_frame != 0 && client->fin_sequence != flow->client_first_sequence)
        return false;
    return !server->acknowledgment_known || sequence_difference(server->acknowledgment, client->next_sequence) <= 0;
}

static void
report_silent(struct context *context, const struct flow *flow, const struct packet *packet, bool check, bool spare)
{
    enum confidence confidence = check && !spare ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct finding *finding = report_about(context, &cases[NO_CLIENT_HELLO], confidence, &key, sizeof key,
                                           check || spare ? 1 : SILENT_REPORTED);
    if (finding == NULL)
        return;
    if (check || spare)
        report_severity(finding, SEVERITY_NOTE);
    if (spare)
        report_flag(finding, FACT_spare);
    else if (check)
        report_flag(finding, FACT_connect_close);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_delay, packet->time - flow->handshake.completed_time);
    report_evidence(finding, flow->handshake.completed_frame);
}

static void
check_silent(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    bool first_end = (closer->fin_frame == packet->frame || closer->fin_frame == 0) && other->fin_frame == 0 &&
                     other->rst_frame == 0 && (closer->rst_frame == packet->frame || closer->rst_frame == 0);
    bool note = false;

    if (!first_end || flow->handshake.completed_frame == 0 || !speaks_tls(context, flow) ||
        !client_said_nothing(flow, packet) || !answers_visible(context, flow, true) ||
        !answers_visible(context, flow, false))
        return;
    struct client *client = client_of(context, flow);
    bool at_once = packet->from_client && packet->time - flow->handshake.completed_time < AT_ONCE;
    bool spare = is_spare(client, flow);
    if (at_once && !is_worth_reporting(client, packet->time, &note))
        return;
    report_silent(context, flow, packet, note, spare);
}

static bool
begins_http(const struct payload *payload)
{
    static const char *const methods[] = {"GET ", "POST ", "HEAD ", "PUT ", "OPTIONS ", "DELETE ", "PATCH "};
    for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
        size_t length = strlen(methods[i]);
        if (payload->captured >= length && memcmp(payload->bytes, methods[i], length) == 0)
            return true;
    }
    return false;
}

static void
check_plain_http(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!packet->from_client || packet->new_bytes == 0 || flow->by_client.new_bytes != packet->new_bytes ||
        !speaks_tls(context, flow) || !begins_http(&packet->payload))
        return;
    struct endpoint server;
    flow_server_key(flow, &server);
    struct finding *finding =
        report_about(context, &cases[NO_CLIENT_HELLO], CONFIDENCE_CONFIRMED, &server, sizeof server, 1);
    if (finding == NULL)
        return;
    report_severity(finding, SEVERITY_NOTE);
    report_flag(finding, FACT_plain_http);
    report_flow(finding, flow);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (flow->tls.server_hello && flow->tls.server_hello_frame == packet->frame)
        note_sibling(context, flow);
    if (flow->tls.seen)
        return;
    if (packet->flags & (TCP_FIN | TCP_RST))
        check_silent(context, flow, packet);
    else if (packet->payload.length > 0)
        check_plain_http(context, flow, packet);
}

const struct detector tls_no_client_hello_detector = {
    .family = "tls",
    .summary = "Clients that connect to a TLS port and never start TLS",
    .sees = SEES_TLS | SEES_FIRST_DATA | SEES_END,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
};
