/* TLS connections that fail, or end, in a way that the application does not tell.
 *
 * A proxy or WAF that closes an idle TLS connection sends a close_notify and a FIN: an "Encrypted
 * Alert" in the capture, and the client's next request fails (tls.alert_fin, tls.late_reset). A client
 * without a working TLS library connects and never speaks (tls.no_client_hello). A handshake ends by
 * alert, RST or FIN because of certificates, versions or filters (tls.handshake_failed), or the
 * ClientHello never gets through (tls.hello_unanswered).
 *
 * Source: Alibaba Cloud, security product handbook, ch. 7 (WAF, alert and FIN 119.89 s after the last
 * packet, client RST 14.95 s later) and ch. 8 (PHP without openssl; origin certificate). RFC 8446, 6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* An alert and the FIN behind it belong together if they are this close. */
#define TOGETHER MILLISECONDS(500)

/* A RST this long after the acknowledged FIN is a decision of its own, not an echo. */
#define LATE MILLISECONDS(100)

/* A client that leaves the handshake this soon, without an alert, may just not need it any more: browsers
 * race connections and drop the loser. One that waited longer gave up. */
#define PATIENCE SECONDS(5)

/* A client that closes this soon after the handshake looks like a port check: connect, and close. */
#define AT_ONCE SECONDS(1)

/* So many connections of one client to one server without a ClientHello are reported: more say nothing new. */
enum { SILENT_REPORTED = 10 };

enum { ALERT_FIN, LATE_RESET, NO_CLIENT_HELLO, HANDSHAKE_FAILED, HELLO_UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [ALERT_FIN] = {
        .id = "tls.alert_fin",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Idle TLS connection closed by alert and FIN",
            .summary = "{closer} sent [an encrypted alert{?encrypted}][what looks like an encrypted "
                       "alert{?likely_alert}] and FIN together after {idle} without data (timer or level: "
                       "{threshold}): the TLS connection was closed for being idle.",
            .causes = "An idle timer of {closer} ran out (WAF, proxy, load balancer, or a client's connection "
                      "pool); the alert is then its close_notify, not an error.\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "The application on this side closed the connection on purpose after that time.",
            .checks = "Compare {idle} with the keep-alive or session timeout of the product in front of the origin "
                      "(WAF, load balancer; Tengine or nginx: keepalive_timeout, proxy_read_timeout).\n"
                      "Let the side that sends requests drop idle connections earlier, or retry on a new connection "
                      "when a reused one was closed.\n"
                      "Only the keys show what the alert says: set SSLKEYLOGFILE for the client and look for "
                      "close_notify.",
            .disproof = "The decrypted alert is not close_notify, or other connections of {server} are closed "
                        "after quite different idle times.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
        .silent_on = "alert+FIN right after the answer\n"
                     "alert+FIN by the side that just finished its request\n"
                     "a fatal plaintext alert",
    },
    [LATE_RESET] = {
        .id = "tls.late_reset",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "RST instead of FIN after the TLS close",
            .summary = "{closer} acknowledged the alert and FIN of the other side but never closed; {delay} later "
                       "it sent RST. Connection {client} to {server}.",
            .causes = "The application kept the closed connection (CLOSE_WAIT) until its own timer or its exit "
                      "threw it away.\n"
                      "The connection pool found the connection dead only when it cleaned up.",
            .checks = "This follows from the idle close before it (tls.alert_fin): look at that first.\n"
                      "On the host that sent the RST, processes that keep closed connections: `ss -tnop state "
                      "close-wait`",
            .disproof = "The application used the connection again and was refused: then a request failed, it was "
                        "not just a late close.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
        .silent_on = "RST with no alert before",
    },
    [NO_CLIENT_HELLO] = {
        .id = "tls.no_client_hello",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Client connects to a TLS port and never starts TLS",
            .summary = "[{client} completed the TCP handshake with {server} and sent no ClientHello; {closer} "
                       "ended the connection after {delay}.{!plain_http}][ It ended within 1 s, as health checks "
                       "do{?connect_close}.][{client} speaks plain HTTP to {server}, a TLS port: there is no "
                       "ClientHello to wait for.{?plain_http}]",
            .causes = "[A health check or port probe: it connects and closes, nothing is wrong{?connect_close}.]\n"
                      "[The client's TLS library is missing or failed before its first message (PHP without its "
                      "openssl extension, an unreadable CA file){!plain_http}.]\n"
                      "[One side gave up before the client spoke: its own timeout ran out{!plain_http}.]\n"
                      "[The URL says http:// with the port of TLS, or TLS ends before this hop{?plain_http}.]",
            .checks = "[Is {client.address} a load balancer, monitor or scanner? Then ignore it{?connect_close}.]\n"
                      "[On the client. If this works, the application's own TLS set-up is at fault (PHP: php -m | "
                      "grep openssl; its error log, its CA bundle): `openssl s_client -connect {server} "
                      "</dev/null`{!plain_http}]\n"
                      "[Compare a client that works with one that fails: same library, same "
                      "configuration?{!plain_http}]\n"
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
    [HANDSHAKE_FAILED] = {
        .id = "tls.handshake_failed",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "TLS handshake failed",
            .summary = "The TLS handshake of {client} with {server}[ ({server_name})] ended before it was "
                       "complete: {closer} sent [the alert {alert}][what looks like an encrypted "
                       "alert{?likely_alert}][RST{?by_reset}][FIN{?by_fin}] {delay} after the ClientHello.",
            .causes = "[The client may not have needed the connection any more: browsers race connections (QUIC, "
                      "IPv6) and drop the loser; then nothing is wrong{?dropped}.]\n"
                      "[The alert names the reason: {alert} (RFC 8446, 6.2).]\n"
                      "[The client refused what the server sent, most often its certificate: unknown CA, wrong "
                      "name, expired{?by_client}.]\n"
                      "[The server refused the ClientHello: no common version or cipher suite, an unknown server "
                      "name, or a missing client certificate{?by_server}.]\n"
                      "[A device on the way filters by server name (SNI) and injected the RST; compare its TTL "
                      "with that of the other packets from the same address{?by_reset}.]",
            .checks = "Certificate chain, version and alert, as the server shows them: `openssl s_client -connect "
                      "{server}[ -servername {server_name}] </dev/null`\n"
                      "Behind a WAF or anti-DDoS product: check the origin's certificate (complete chain, name, "
                      "expiry date), and that the origin admits the product's back-to-origin addresses.\n"
                      "Compare versions, and a client that works: `openssl s_client -tls1_2 -connect {server}[ "
                      "-servername {server_name}] </dev/null`",
            .disproof = "The handshake completes in a capture made on the other side, or the user cancelled the "
                        "request.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 8; RFC 8446, 6",
        .silent_on = "an alert after the handshake",
    },
    [HELLO_UNANSWERED] = {
        .id = "tls.hello_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "ClientHello is never acknowledged",
            .summary = "The TCP handshake with {server} works, but the ClientHello[ for {server_name}] ({bytes}) "
                       "was retransmitted {retransmissions} times (threshold 3) within {delay} without any "
                       "acknowledgment.",
            .causes = "A filter on the way let the TCP handshake pass and drops ClientHellos by server name (SNI).\n"
                      "The path MTU is smaller than the packet of the ClientHello, and the ICMP message that says "
                      "so is lost: large packets vanish, small ones pass.\n"
                      "The server or a device in front of it stopped answering right after the TCP handshake.",
            .checks = "Try another server name. If that is answered, the name is filtered: `openssl s_client "
                      "-connect {server} -servername example.com </dev/null`\n"
                      "Try the path MTU, with 1472 and smaller sizes (IPv6: 1452). If only small ones are answered, "
                      "lower the client's MSS: `ping -M do -s 1472 {server.address}`\n"
                      "On the server, does the ClientHello arrive: `tcpdump -ni any 'tcp port {server.port} and host "
                      "{client.address}'`",
            .disproof = "An acknowledgment of the ClientHello in a capture made on the server: then the answer is "
                        "lost, not the ClientHello.",
        },
        .source = "Documented SNI filters and MTU black holes",
        .silent_on = "ClientHello retransmitted, then answered\n"
                     "blind direction",
    },
};
/* clang-format on */

/* The last thing a side said, if it was an alert or a record of that size and nothing else. */
struct goodbye {
    uint32_t frame, end_sequence;
    int64_t time, idle, quiet;
    bool encrypted;
};

struct tls_flow {
    struct goodbye by_client, by_server;
    uint32_t alert_fin_frame; /* tls.alert_fin was reported at this FIN */
    bool alert_fin_by_client;
    bool failed; /* some case explains the end of the handshake already */
};

/* What one client did at one server without starting TLS. */
struct silent_client {
    unsigned checks; /* connect-and-close */
    unsigned reported;
    int64_t last, period;
};

/* -- Alert and FIN ---------------------------------------------------------------------------- */

/* Alerts in plain text tell themselves what they mean: they end a handshake, not an idle connection. */
static bool
only_alerts(const struct tls_records *records)
{
    for (unsigned i = 0; i < records->count; i++) {
        const struct tls_record *record = &records->record[i];
        bool hidden = record->type == TLS_APPLICATION_DATA && record->length == TLS13_ALERT_LENGTH;
        if (!hidden && (record->type != TLS_ALERT || record->alert_plain))
            return false;
    }
    return records->count > 0 && records->whole;
}

static void
note_goodbye(const struct packet *packet, struct tls_flow *state)
{
    struct goodbye *goodbye = packet->from_client ? &state->by_client : &state->by_server;
    if (!only_alerts(packet->tls))
        return;
    *goodbye = (struct goodbye){.frame = packet->frame,
                                .end_sequence = packet->sequence + packet->payload.length,
                                .time = packet->time,
                                .idle = packet->idle,
                                .quiet = packet->quiet,
                                .encrypted = packet->tls->record[0].type == TLS_ALERT};
}

static void
check_alert_fin(struct context *context, const struct flow *flow, const struct packet *packet, struct tls_flow *state)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    const struct goodbye *goodbye = packet->from_client ? &state->by_client : &state->by_server;

    /* The other side may answer the alert with its FIN before this side's own FIN is out. */
    if (closer->fin_frame != packet->frame || goodbye->frame == 0 || goodbye->end_sequence != closer->fin_sequence ||
        packet->time - goodbye->time > TOGETHER || (other->fin_frame != 0 && other->fin_frame < goodbye->frame))
        return;
    int64_t level = level_passed(context, goodbye->idle), timer = timer_reached(context, goodbye->idle);
    if (level == 0)
        return;
    struct finding *finding =
        report(context, &cases[ALERT_FIN], goodbye->encrypted && timer != 0 ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->alert_fin_frame = packet->frame;
    state->alert_fin_by_client = packet->from_client;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_flag(finding, goodbye->encrypted ? FACT_encrypted : FACT_likely_alert);
    report_duration(finding, FACT_idle, goodbye->idle);
    report_duration(finding, FACT_quiet, goodbye->quiet);
    report_duration(finding, FACT_threshold, timer != 0 ? timer : level);
    report_timers(context, finding, TIMER_CLOSE, goodbye->idle);
    report_bracket(context, finding, flow, goodbye->idle);
    report_evidence(finding, goodbye->frame);
}

/* The other side acknowledged the FIN, sent none itself, and resets. */
static void
check_late_reset(struct context *context, const struct flow *flow, const struct packet *packet,
                 const struct tls_flow *state)
{
    const struct side *resetter = flow_sender(flow, packet), *closer = flow_receiver(flow, packet);

    if (state->alert_fin_frame == 0 || packet->from_client == state->alert_fin_by_client || resetter->fin_frame != 0 ||
        sequence_difference(resetter->acknowledgment, closer->fin_sequence + 1) < 0 ||
        packet->time - closer->fin_time < LATE)
        return;
    struct finding *finding = report(context, &cases[LATE_RESET], CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_delay, packet->time - closer->fin_time);
    report_evidence(finding, state->alert_fin_frame);
}

/* -- No ClientHello --------------------------------------------------------------------------- */

static struct silent_client *
silent_client_of(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct silent_client));
}

/* Whether this connect-and-close is to be reported: the first one as a note, because a port check looks
 * the same; later ones only if they don't come at a steady period (give or take a third: checkers add
 * jitter and wait for busy hosts), which shows that they are none. */
static bool
is_worth_reporting(struct silent_client *client, int64_t now, bool *note)
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
check_no_hello(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    bool first_end = (closer->fin_frame == packet->frame || closer->fin_frame == 0) && other->fin_frame == 0 &&
                     other->rst_frame == 0 && (closer->rst_frame == packet->frame || closer->rst_frame == 0);
    bool note = false;

    if (!first_end || flow->handshake.completed_frame == 0 || !speaks_tls(context, flow) ||
        !client_said_nothing(flow, packet) || !answers_visible(context, flow, true) ||
        !answers_visible(context, flow, false))
        return;
    int64_t lived = packet->time - flow->handshake.completed_time;
    bool at_once = packet->from_client && lived < AT_ONCE;
    struct silent_client *client = silent_client_of(context, flow);
    if ((at_once && !is_worth_reporting(client, packet->time, &note)) || client->reported >= SILENT_REPORTED)
        return;
    client->reported++;
    struct finding *finding = report(context, &cases[NO_CLIENT_HELLO], note ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    if (note) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_connect_close);
    }
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_delay, lived);
    report_evidence(finding, flow->handshake.completed_frame);
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
        flow->tls.seen || !speaks_tls(context, flow) || !begins_http(&packet->payload))
        return;
    struct endpoint key;
    memset(&key, 0, sizeof key);
    key.address = flow->server.address;
    key.port = flow->server.port;
    bool *reported = keyed_state(context, 1, &key, sizeof key, sizeof *reported);
    if (reported == NULL || *reported)
        return;
    *reported = true;
    struct finding *finding = report(context, &cases[NO_CLIENT_HELLO], CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    report_severity(finding, SEVERITY_NOTE);
    report_flag(finding, FACT_plain_http);
    report_flow(finding, flow);
}

/* -- The handshake ---------------------------------------------------------------------------- */

static const struct tls_record *
fatal_alert(const struct packet *packet)
{
    for (unsigned i = 0; packet->tls != NULL && i < packet->tls->count; i++) {
        const struct tls_record *record = &packet->tls->record[i];
        if (record->alert_plain && record->alert_level == TLS_ALERT_FATAL)
            return record;
    }
    return NULL;
}

static void
report_failed(struct context *context, const struct flow *flow, const struct packet *packet,
              const struct tls_record *alert, struct tls_flow *state)
{
    const struct goodbye *goodbye = packet->from_client ? &state->by_client : &state->by_server;
    bool likely_alert = alert == NULL && flow->tls.tls13 && goodbye->frame != 0 && !goodbye->encrypted;
    int64_t delay = packet->time - flow->tls.client_hello_time;
    bool dropped = packet->from_client && alert == NULL && !likely_alert && delay < PATIENCE;
    enum confidence confidence = alert != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY;
    struct finding *finding = report(context, &cases[HANDSHAKE_FAILED], dropped ? CONFIDENCE_POSSIBLE : confidence);
    state->failed = true;
    if (finding == NULL)
        return;
    if (dropped) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_dropped);
    }
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_text(finding, FACT_server_name, flow->tls.server_name);
    report_duration(finding, FACT_delay, delay);
    if (alert != NULL)
        report_text(finding, FACT_alert, tls_alert_name(alert->alert_description));
    else if (likely_alert)
        report_flag(finding, FACT_likely_alert);
    else
        report_flag(finding, packet->flags & TCP_RST ? FACT_by_reset : FACT_by_fin);
    report_flag(finding, packet->from_client ? FACT_by_client : FACT_by_server);
    report_evidence(finding, flow->tls.client_hello_frame);
    report_evidence(finding, flow->tls.server_hello_frame);
    report_evidence(finding, goodbye->frame);
}

/* The handshake ends by a fatal alert, or by RST or FIN where all of its records were seen. */
static void
check_failed(struct context *context, const struct flow *flow, const struct packet *packet, struct tls_flow *state)
{
    const struct tls_record *alert = fatal_alert(packet);

    if (state->failed || !flow->tls.client_hello || flow->tls.finished)
        return;
    if (alert == NULL) {
        bool ends = (packet->flags & (TCP_RST | TCP_FIN)) != 0;
        /* The side that ends first decides; a client that has sent data had no more to wait for. */
        const struct side *other = flow_receiver(flow, packet);
        bool client_done = packet->from_client && flow->tls.client_data;
        if (!ends || client_done || other->fin_frame != 0 || other->rst_frame != 0 || flow->tls.blind ||
            flow->by_server.packets == 0 || !answers_visible(context, flow, true) ||
            !answers_visible(context, flow, false))
            return;
    }
    report_failed(context, flow, packet, alert, state);
}

static void
check_hello_unanswered(struct context *context, const struct flow *flow, const struct packet *packet,
                       struct tls_flow *state)
{
    const struct pending *pending = &flow->by_client.pending;

    if (flow->tls.client_hello_frame == 0 || pending->frame != flow->tls.client_hello_frame ||
        pending->third_frame != packet->frame || pending->answered || flow->handshake.completed_frame == 0 ||
        !answers_visible(context, flow, true))
        return;
    struct finding *finding = report(context, &cases[HELLO_UNANSWERED], CONFIDENCE_LIKELY);
    state->failed = true;
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_server_name, flow->tls.server_name);
    report_count(finding, FACT_bytes, packet->payload.length);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    report_duration(finding, FACT_delay, packet->time - pending->time);
    report_evidence(finding, pending->frame);
    report_evidence(finding, flow->handshake.syn_ack_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    bool ends = (packet->flags & (TCP_FIN | TCP_RST)) != 0;

    if (!flow->tls.seen) {
        if (ends)
            check_no_hello(context, flow, packet);
        else if (packet->payload.length > 0)
            check_plain_http(context, flow, packet);
        return;
    }
    /* Bulk data needs no state: only alerts, repeated hellos and ends do. */
    bool goodbye = packet->tls != NULL && only_alerts(packet->tls);
    if (!goodbye && !ends && (flow->tls.finished || (packet->tls == NULL && !packet->retransmission)))
        return;
    struct tls_flow *state = flow_state(context);
    if (goodbye)
        note_goodbye(packet, state);
    check_hello_unanswered(context, flow, packet, state);
    if (packet->flags & TCP_FIN)
        check_alert_fin(context, flow, packet, state);
    if (packet->flags & TCP_RST)
        check_late_reset(context, flow, packet, state);
    check_failed(context, flow, packet, state);
}

const struct detector tls_tls_detector = {
    .family = "tls",
    .summary = "TLS connections that fail, or are closed while idle",
    .sees = SEES_TLS | SEES_FIRST_DATA | SEES_END | SEES_REPEATED,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct tls_flow),
    .on_packet = on_packet,
};
