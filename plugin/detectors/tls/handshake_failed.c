/* TLS handshakes that end before they are complete.
 *
 * By an alert that names the reason, or by RST or FIN: because of certificates, versions, filters by server name, or because
 * nobody answers and the client gives up.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 8 (origin certificate). RFC 8446, 6.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A client that leaves the handshake this soon, without an alert, may just not need it any more: browsers
 * race connections and drop the loser. One that waited longer gave up. */
#define PATIENCE SECONDS(5)

enum { HANDSHAKE_FAILED };

/* clang-format off */
static const struct case_info cases[] = {
    [HANDSHAKE_FAILED] = {
        .id = "tls.handshake_failed",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "TLS handshake failed",
            .summary = "The TLS handshake of {client} with {server}[ ({server_name})] ended before it was "
                       "complete: {closer} sent [the alert {alert}][what looks like an encrypted "
                       "alert{?likely_alert}][RST{?by_reset}][FIN{?by_fin}] {delay} after the ClientHello[ "
                       "({reset_sender})][, before a single byte of the server{?gave_up}].",
            .causes = "[A device between {closer.address} and the place of the capture sent the RST in its name: a filter by server "
                      "name (SNI), a firewall, a load balancer{?nearer}.]\n"
                      "[The client may not have needed the connection any more: browsers race connections (QUIC, "
                      "IPv6) and drop the loser; then nothing is wrong{?dropped}.]\n"
                      "[The alert names the reason: {alert} (RFC 8446, 6.2).]\n"
                      "[The client gave up waiting: the server, or a device in front of it, took the ClientHello and did not answer in time, or its "
                      "answer is lost on the way back{?gave_up}.]\n"
                      "[The client refused what the server sent, most often its certificate: unknown CA, wrong "
                      "name, expired{?by_client}{!gave_up}.]\n"
                      "[The server refused the ClientHello: no common version or cipher suite, an unknown server "
                      "name, or a missing client certificate{?by_server}.]\n"
                      "[A device on the way filters by server name (SNI) and injected the RST; compare its TTL "
                      "with that of the other packets from the same address{?by_reset}{!nearer}.]",
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
};
/* clang-format on */

/* A record of the size of an alert in TLS 1.3, the last that its side said. */
struct hidden_alert {
    uint32_t of_client, of_server;
};

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

static uint32_t *
hidden_alert_of(struct context *context, bool from_client)
{
    struct hidden_alert *hidden = flow_state(context);
    return from_client ? &hidden->of_client : &hidden->of_server;
}

static void
note_hidden_alert(struct context *context, const struct packet *packet)
{
    const struct tls_records *records = packet->tls;
    bool hidden = records->whole && records->count > 0;
    for (unsigned i = 0; i < records->count; i++)
        hidden &= records->record[i].type == TLS_APPLICATION_DATA && records->record[i].length == TLS13_ALERT_LENGTH;
    if (hidden)
        *hidden_alert_of(context, packet->from_client) = packet->frame;
}

/* Whether the host that the RST names has sent it. */
static void
report_reset(struct context *context, struct finding *finding, const struct flow *flow, const struct packet *packet)
{
    struct sender sender;
    packet_sender(context, flow, packet, &sender);
    report_flag(finding, FACT_by_reset);
    report_sender(finding, &sender, &packet->source.address);
    if (sender.place == SENDER_NEARER)
        report_flag(finding, FACT_nearer);
}

/* What other handshakes with this server strike out. */
static void
report_controls(struct context *context, struct finding *finding, const struct flow *flow)
{
    struct tls_controls controls = tls_controls(context, flow);
    if (controls.other_name != 0)
        report_ruled_out(
            finding,
            "versions and cipher suites that the two don't share, or a way that is closed to TLS: the same client "
            "completes its handshake for another name",
            "双方没有共同的版本或加密套件，或路径不允许 TLS：同一客户端对另一个名称握手成功", controls.other_name);
    if (controls.of_client.frame != 0)
        report_ruled_out(finding, "a server that fails for everybody: another client completes the same handshake",
                         "服务端对所有人都失败：另一个客户端完成了同样的握手", controls.of_client.frame);
}

static void
report_failed(struct context *context, const struct flow *flow, const struct packet *packet,
              const struct tls_record *alert)
{
    uint32_t hidden = flow->tls.tls13 && alert == NULL ? *hidden_alert_of(context, packet->from_client) : 0;
    int64_t delay = packet->time - flow->tls.client_hello_time;
    bool dropped = packet->from_client && alert == NULL && hidden == 0 && delay < PATIENCE;
    bool gave_up = packet->from_client && alert == NULL && !dropped && flow->by_server.new_bytes == 0;
    enum confidence confidence = alert != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY;
    struct finding *finding = report(context, &cases[HANDSHAKE_FAILED], dropped ? CONFIDENCE_POSSIBLE : confidence);
    if (finding == NULL)
        return;
    if (dropped) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_dropped);
    }
    if (gave_up)
        report_flag(finding, FACT_gave_up);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_text(finding, FACT_server_name, flow->tls.server_name);
    report_duration(finding, FACT_delay, delay);
    if (alert != NULL)
        report_text(finding, FACT_alert, tls_alert_name(alert->alert_description));
    else if (hidden != 0)
        report_flag(finding, FACT_likely_alert);
    else if (packet->flags & TCP_RST)
        report_reset(context, finding, flow, packet);
    else
        report_flag(finding, FACT_by_fin);
    report_flag(finding, packet->from_client ? FACT_by_client : FACT_by_server);
    report_evidence(finding, flow->tls.client_hello_frame);
    report_evidence(finding, flow->tls.server_hello_frame);
    report_evidence(finding, hidden);
    report_controls(context, finding, flow);
}

/* Whether the side that ends first ends the handshake. A client that has sent data had no more to wait for, and a ClientHello that never
 * arrived began no handshake. */
static bool
ends_handshake(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *other = flow_receiver(flow, packet);
    const struct pending *hello = &flow->by_client.pending;
    bool client_done = packet->from_client && flow->tls.client_data;
    bool never_arrived = hello->frame == flow->tls.client_hello_frame && hello->third_frame != 0;
    return (packet->flags & (TCP_RST | TCP_FIN)) && !client_done && !never_arrived && other->fin_frame == 0 &&
           other->rst_frame == 0 && !flow->tls.blind && flow->by_server.packets > 0 &&
           answers_visible(context, flow, true) && answers_visible(context, flow, false);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!flow->tls.client_hello || flow->tls.finished)
        return;
    if (packet->tls != NULL)
        note_hidden_alert(context, packet);
    const struct tls_record *alert = fatal_alert(packet);
    if (alert != NULL || ends_handshake(context, flow, packet))
        report_failed(context, flow, packet, alert);
}

const struct detector tls_handshake_failed_detector = {
    .family = "tls",
    .summary = "TLS handshakes that end before they are complete",
    .sees = SEES_TLS | SEES_END,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct hidden_alert),
    .on_packet = on_packet,
};
