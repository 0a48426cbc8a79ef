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

/* A client that closes this soon after the handshake looks like a port check: connect, and close. */
#define AT_ONCE SECONDS(1)

enum { ALERT_FIN, LATE_RESET, NO_CLIENT_HELLO, HANDSHAKE_FAILED, HELLO_UNANSWERED };

static const struct case_info cases[] = {
    [ALERT_FIN] = {
        .id = "tls.alert_fin",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Idle TLS connection closed by alert and FIN",
            .summary = "{closer} sent [an encrypted alert{?encrypted}][what looks like an encrypted alert{?likely_alert}] and FIN "
                       "together after {idle} without data (level {threshold}): an idle timer closed the TLS connection.",
            .causes = "The idle timer of a proxy, WAF or load balancer ran out; the alert is its close_notify, not an "
                      "error[. This server and port survived {survived} and closed after {died}].\n"
                      "[Documented timers that match: {timer}[, and {timers_more} more].]\n"
                      "The application on this side closed the connection on purpose after that time.",
            .checks = "Compare {idle} with the keep-alive or session timeout of the product in front of the origin (WAF, load "
                      "balancer, Tengine or nginx: keepalive_timeout, proxy_read_timeout).\n"
                      "Let the client's connection pool drop idle connections earlier, or retry on a new connection when "
                      "a reused one was closed.\n"
                      "Only keys reveal the alert: SSLKEYLOGFILE on the client shows whether it is close_notify.",
            .disproof = "The decrypted alert is fatal or other than close_notify, or other connections of this server close after "
                        "quite different idle times.",
        },
        .chinese = {
            .title = "空闲 TLS 连接被 Alert+FIN 关闭",
            .summary = "{closer} 在 {idle} 无数据后（阈值 {threshold}）同时发出[加密告警（Encrypted Alert）{?encrypted}][疑似加密告警的记录{?likely_alert}]和 FIN："
                       "空闲定时器关闭了 TLS 连接。",
            .causes = "代理、WAF 或负载均衡的空闲定时器到期；该告警是 close_notify，并非错误[。该服务端口空闲 {survived} 仍保持，空闲 {died} 被关闭]。\n"
                      "[与之吻合的已知定时器：{timer}[，另有 {timers_more} 个]。]\n"
                      "这一侧的应用在该时间后主动关闭了连接。",
            .checks = "将 {idle} 与源站前产品（WAF、负载均衡、Tengine 或 nginx：keepalive_timeout、proxy_read_timeout）的会话保持或空闲超时对比。\n"
                      "让客户端连接池更早回收空闲连接，或在复用的连接已关闭时换新连接重试。\n"
                      "告警内容需要密钥才能看到：在客户端设置 SSLKEYLOGFILE，确认是否为 close_notify。",
            .disproof = "解密后的告警是致命告警或不是 close_notify，或该服务端的其他连接在相差很大的空闲时间后关闭。",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
    },
    [LATE_RESET] = {
        .id = "tls.late_reset",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "RST instead of FIN after the TLS close",
            .summary = "{closer} acknowledged the alert and FIN of the other side, but never closed; {delay} later it sent RST.",
            .causes = "The application kept the closed connection (CLOSE_WAIT) until its own timer or its exit threw it away; "
                      "the data that the other side might still have sent is refused by RST.\n"
                      "The connection pool found the connection dead only when it cleaned up.",
            .checks = "This follows from the idle close before it: look at that first.\n"
                      "On this host: ss -tnop state close-wait shows which process keeps closed connections.",
            .disproof = "The application used the connection again and was refused: then it is a request that failed, not a "
                        "late close.",
        },
        .chinese = {
            .title = "TLS 关闭后以 RST 代替 FIN",
            .summary = "{closer} 确认了对端的告警和 FIN，但没有关闭连接，{delay} 后发出 RST。",
            .causes = "应用一直持有已关闭的连接（CLOSE_WAIT），直到自身定时器到期或进程退出才丢弃，于是以 RST 收尾。\n"
                      "连接池在清理时才发现连接已失效。",
            .checks = "这是前面空闲关闭的后果，请先看那一条。\n"
                      "在该主机上执行 ss -tnop state close-wait，查看哪个进程持有已关闭的连接。",
            .disproof = "应用又使用了该连接并被拒绝：那是请求失败，而不是迟到的关闭。",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
    },
    [NO_CLIENT_HELLO] = {
        .id = "tls.no_client_hello",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Client connects to a TLS port and never starts TLS",
            .summary = "[{client} completed the handshake with {server} and sent no ClientHello; {closer} closed after {delay}.{!plain_http}]"
                       "[ Closed at once: health checks look the same{?connect_close}.]"
                       "[{client} speaks plain HTTP to {server}, a TLS port: there is no ClientHello to wait for.{?plain_http}]",
            .causes = "[A health check or port probe: it connects and closes, nothing is wrong{?connect_close}.]\n"
                      "[The client's TLS library is missing or failed before the first message (PHP without its openssl "
                      "extension, unreadable CA file, no entropy){!plain_http}.]\n"
                      "[The client gave up: its own timeout ran out before it spoke{!plain_http}.]\n"
                      "[The URL says http:// with port {server}, or TLS ends before this hop{?plain_http}.]",
            .checks = "[Is {client} a load balancer, monitor or scanner? Then ignore it{?connect_close}.]\n"
                      "[On the client: openssl s_client -connect {server}. If that works, the application's TLS "
                      "set-up is at fault: php -m | grep openssl, its error log, its CA bundle{!plain_http}.]\n"
                      "[Compare a client that works with one that fails: same library, same configuration?{!plain_http}]\n"
                      "[curl -v http:// and https:// with {server} shows which of the two the port speaks{?plain_http}.]",
            .disproof = "[A ClientHello of this connection in a capture made on the client{!plain_http}.]"
                        "[The server speaks TLS on this port to other clients: then this client is configured wrongly{?plain_http}.]",
        },
        .chinese = {
            .title = "客户端连上 TLS 端口却不发起 TLS",
            .summary = "[{client} 与 {server} 完成三次握手后没有发送 ClientHello，{delay} 后由 {closer} 关闭。{!plain_http}]"
                       "[连接后立即关闭：健康检查也是如此{?connect_close}。]"
                       "[{client} 在 TLS 端口 {server} 上使用明文 HTTP：不会有 ClientHello。{?plain_http}]",
            .causes = "[健康检查或端口探测：连上即断，属于正常现象{?connect_close}。]\n"
                      "[客户端的 TLS 库缺失，或在发出第一条消息前就失败（PHP 未启用 openssl 扩展、CA 文件不可读、熵不足）{!plain_http}。]\n"
                      "[客户端在发送之前自身超时而放弃{!plain_http}。]\n"
                      "[URL 写成了 http:// 加 {server} 的端口，或 TLS 在上一跳已终结{?plain_http}。]",
            .checks = "[{client} 是否为负载均衡、监控或扫描器？若是可忽略{?connect_close}。]\n"
                      "[在客户端执行 openssl s_client -connect {server}：若成功，问题在应用的 TLS 配置：php -m | grep openssl、应用错误日志、CA 证书{!plain_http}。]\n"
                      "[对比正常与异常的客户端：库和配置是否一致？{!plain_http}]\n"
                      "[分别用 curl -v 以 http:// 和 https:// 访问 {server}，确认端口使用的协议{?plain_http}。]",
            .disproof = "[在客户端抓包能看到该连接的 ClientHello{!plain_http}。]"
                        "[该端口对其他客户端使用 TLS：那是此客户端配置有误{?plain_http}。]",
        },
        .source = "Alibaba Cloud security product handbook, ch. 8",
    },
    [HANDSHAKE_FAILED] = {
        .id = "tls.handshake_failed",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "TLS handshake failed",
            .summary = "The TLS handshake of {client} with {server}[ ({server_name})] ended before it was complete: {closer} sent "
                       "[the alert {alert}][what looks like an encrypted alert{?likely_alert}][RST{?by_reset}][FIN{?by_fin}] {delay} "
                       "after the ClientHello.",
            .causes = "[The alert names the reason: {alert} (RFC 8446, 6.2).]\n"
                      "[The client refused what the server sent, most often its certificate: unknown CA, wrong name, "
                      "expired{?by_client}.]\n"
                      "[The server refused the ClientHello: no common version or cipher, an unknown server name, or a "
                      "client certificate is missing{?by_server}.]\n"
                      "[A device on the way filters by server name and injected the RST; compare its TTL with that of "
                      "the server's other packets{?by_reset}.]",
            .checks = "openssl s_client -connect {server}[ -servername {server_name}] shows certificate chain, version and "
                      "alert.\n"
                      "Behind a WAF or anti-DDoS product: check the origin's certificate (complete chain, name, date) and "
                      "that the origin accepts the product's addresses.\n"
                      "Compare with a client that works: openssl s_client -tls1_2, and curl -v.",
            .disproof = "The handshake completes in a capture made on the other side, or the client was cancelled by its user.",
        },
        .chinese = {
            .title = "TLS 握手失败",
            .summary = "{client} 与 {server}[（{server_name}）] 的 TLS 握手未完成即结束：ClientHello 后 {delay}，{closer} 发送了"
                       "[告警 {alert}][疑似加密告警的记录{?likely_alert}][RST{?by_reset}][FIN{?by_fin}]。",
            .causes = "[告警给出了原因：{alert}（RFC 8446 第 6.2 节）。]\n"
                      "[客户端拒绝了服务端的内容，最常见的是证书：CA 不受信任、域名不符、已过期{?by_client}。]\n"
                      "[服务端拒绝了 ClientHello：没有共同的版本或加密套件、SNI 未配置，或缺少客户端证书{?by_server}。]\n"
                      "[途中设备按 SNI 过滤并注入 RST；请将其 TTL 与服务端其他报文对比{?by_reset}。]",
            .checks = "openssl s_client -connect {server}[ -servername {server_name}]，查看证书链、版本和告警。\n"
                      "若经过 WAF 或高防：检查源站证书（链完整、域名、有效期），以及源站是否放行了回源地址。\n"
                      "与正常的客户端对比：openssl s_client -tls1_2，以及 curl -v。",
            .disproof = "在另一侧抓包看到握手完成，或客户端由用户主动取消。",
        },
        .source = "Alibaba Cloud security product handbook, ch. 8; RFC 8446, 6",
    },
    [HELLO_UNANSWERED] = {
        .id = "tls.hello_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "ClientHello is never acknowledged",
            .summary = "The TCP handshake with {server} works, but the ClientHello[ for {server_name}] of {bytes} bytes was sent again "
                       "{retransmissions} times within {delay} without any acknowledgment.",
            .causes = "A filter on the way drops ClientHellos by server name (SNI) after it let the TCP handshake pass.\n"
                      "The path's MTU is smaller than the ClientHello's packet and the ICMP message that says so is lost: large "
                      "packets vanish, small ones pass.\n"
                      "The server or a device in front of it stopped answering right after the handshake.",
            .checks = "Try another server name: openssl s_client -connect {server} -servername example.com. If that is answered, "
                      "the name is filtered.\n"
                      "Try the path's MTU: ping -M do -s 1400 and smaller sizes, or lower the client's MSS (ip route ... advmss "
                      "1300).\n"
                      "Capture on the server: does the ClientHello arrive?",
            .disproof = "An acknowledgment of the ClientHello in a capture made on the server side: then the answer is lost, not the "
                        "ClientHello.",
        },
        .chinese = {
            .title = "ClientHello 一直未被确认",
            .summary = "与 {server} 的三次握手正常，但 {bytes} 字节的 ClientHello[（{server_name}）]在 {delay} 内重传 {retransmissions} 次仍未被确认。",
            .causes = "途中设备放行三次握手后，按 SNI 丢弃了 ClientHello。\n"
                      "路径 MTU 小于 ClientHello 报文，而提示的 ICMP 报文丢失：大包消失，小包正常。\n"
                      "服务器或其前面的设备在握手后不再应答。",
            .checks = "换一个 SNI：openssl s_client -connect {server} -servername example.com。若有应答，说明按域名过滤。\n"
                      "探测路径 MTU：ping -M do -s 1400 并逐步减小，或降低客户端 MSS（ip route ... advmss 1300）。\n"
                      "在服务端抓包：ClientHello 是否到达？",
            .disproof = "在服务端抓包看到对 ClientHello 的确认：那是应答丢失，而不是 ClientHello 丢失。",
        },
        .source = "Documented SNI filters and MTU black holes",
    },
};

/* The last thing a side said, if it was an alert or a record of that size and nothing else. */
struct goodbye {
    uint32_t frame, end_sequence;
    int64_t time, idle, quiet;
    bool encrypted;
};

struct tls_flow {
    struct goodbye by_client, by_server;
    uint32_t alert_fin_frame;  /* tls.alert_fin was reported at this FIN */
    bool alert_fin_by_client;
    bool failed;               /* some case explains the end of the handshake already */
};

/* What one client did at one server without starting TLS. */
struct silent_client {
    unsigned checks;           /* connect-and-close */
    int64_t last, period;
};

/* -- Alert and FIN ---------------------------------------------------------------------------- */

static bool
only_alerts(const struct tls_records *records)
{
    for (unsigned i = 0; i < records->count; i++) {
        const struct tls_record *record = &records->record[i];
        if (record->type != TLS_ALERT &&
            !(record->type == TLS_APPLICATION_DATA && record->length == TLS13_ALERT_LENGTH))
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
    int64_t level = level_passed(context, goodbye->idle);
    if (level == 0)
        return;
    struct finding *finding =
        report(context, &cases[ALERT_FIN], goodbye->encrypted ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->alert_fin_frame = packet->frame;
    state->alert_fin_by_client = packet->from_client;
    int64_t timer = timer_reached(context, goodbye->idle);
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
    struct {
        struct ip_address client;
        struct endpoint server;
    } key;
    memset(&key, 0, sizeof key);
    key.client = flow->client.address;
    key.server.address = flow->server.address;
    key.server.port = flow->server.port;
    return keyed_state(context, &key, sizeof key, sizeof(struct silent_client));
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
    if (at_once) {
        struct silent_client *client = silent_client_of(context, flow);
        if (client == NULL || !is_worth_reporting(client, packet->time, &note))
            return;
    }
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
    bool *reported = keyed_state(context, &key, sizeof key, sizeof *reported);
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
    struct finding *finding =
        report(context, &cases[HANDSHAKE_FAILED], alert != NULL ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    state->failed = true;
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_text(finding, FACT_server_name, flow->tls.server_name);
    report_duration(finding, FACT_delay, packet->time - flow->tls.client_hello_time);
    if (alert != NULL)
        report_text(finding, FACT_alert, tls_alert_name(alert->alert_description));
    else if (flow->tls.tls13 && goodbye->frame != 0 && !goodbye->encrypted)
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
        if (!ends || flow->tls.blind || flow->by_server.packets == 0 || !answers_visible(context, flow, true) ||
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

const struct detector tls_detector = {
    .family = "tls",
    .summary = "TLS connections that fail, or are closed while idle",
    .sees = SEES_TCP,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct tls_flow),
    .on_packet = on_packet,
};
