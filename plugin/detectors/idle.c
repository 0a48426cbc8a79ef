/* Connections that die while nothing is said.
 *
 * Every box on the way keeps a timer for silent connections: load balancers and proxies close or
 * forget a connection that carried no data for 15, 60 or 120 s, firewalls and NAT gateways drop its
 * state. The ends learn it by the next request: it is answered by RST (idle.reset), or vanishes
 * (idle.blackhole), or crosses the server's FIN (idle.race). A timer that closes properly hurts
 * nobody but explains the rest (idle.close).
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6: a request 14.94 s after the response of an
 * SLB with a 15 s keepalive, retransmitted and answered by RST. Keep-alive race: RFC 9112, 9.5.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A FIN this long after the last byte was sent by a timer or a person, not at the end of an answer. */
#define RACE_IDLE SECONDS(1)

/* Where the handshake was not captured, two crossing packets are taken to be at most this apart. */
#define RACE_WINDOW MILLISECONDS(200)

/* Over a shorter path a FIN that answers the request can't be told from one that crossed it: then only
 * an idle time that a timer explains speaks for the race. */
#define RACE_ROUND_TRIP MILLISECONDS(2)

/* A FIN this close behind the data belongs to it: the sender was closing, not asking. */
#define CLOSING_WINDOW MILLISECONDS(100)

/* The third retransmission of a fast sender may still be answered: a path that answers at all does
 * so within this time. */
#define SILENCE_TIME SECONDS(3)

enum { RESET, BLACKHOLE, CLOSE, RACE };

static const struct case_info cases[] = {
    [RESET] = {
        .id = "idle.reset",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Connection reset after an idle period",
            .summary = "Idle for {idle} (level {threshold}), then what {client} and {server} had left to say was "
                       "never acknowledged: {closer} answered with RST after {delay}.",
            .causes = "A load balancer, proxy or firewall on the way dropped the idle connection: its timer is at "
                      "most {idle}[ (this server and port survived {survived}, died after {died}: the timer lies "
                      "between)].\n"
                      "[Documented timers that match: {timer}[, and {timers_more} more].]\n"
                      "[A keepalive probe, not data, found the connection dead{?keepalive}.]\n"
                      "The server process or host was restarted during the idle time; then all its connections die "
                      "at the same moment.",
            .checks = "Compare the idle timeout of the load balancer or proxy (console: listener > idle timeout; "
                      "nginx: keepalive_timeout; HAProxy: timeout client / http-keep-alive) with {idle}.\n"
                      "Set the client's connection pool to drop idle connections earlier than the shortest timer on "
                      "the way, or raise that timer.\n"
                      "On the client: ss -tnoi dst {server} shows whether TCP keepalive is on; set it below {threshold} "
                      "(sysctl net.ipv4.tcp_keepalive_time applies only to sockets that ask for keepalive).\n"
                      "Capture on both sides of the box at the same time: the side without the RST's original sender "
                      "shows which box it was.",
            .disproof = "A connection of the same server and port that goes on normally after a longer idle time, or "
                        "server logs that show a restart or crash at the time of the RST.",
        },
        .chinese = {
            .title = "连接空闲后被重置",
            .summary = "连接空闲 {idle}（阈值 {threshold}）后再发送的数据一直未被确认，{delay} 后收到 {closer} 的 RST。",
            .causes = "链路上的负载均衡、代理或防火墙清理了空闲连接：其空闲超时不超过 {idle}[（该服务端口空闲 {survived} "
                      "仍正常，空闲 {died} 已失效，超时值在两者之间）]。\n"
                      "[与之吻合的已知定时器：{timer}[，另有 {timers_more} 个]。]\n"
                      "[发现连接失效的是 keepalive 探测包，而不是业务数据{?keepalive}。]\n"
                      "服务进程或主机在空闲期间重启；此时它的所有连接会同时失效。",
            .checks = "核对负载均衡或代理的空闲超时（控制台：监听 > 连接空闲超时；nginx：keepalive_timeout；HAProxy："
                      "timeout client / http-keep-alive），与 {idle} 比较。\n"
                      "让客户端连接池的空闲回收时间小于链路上最短的超时，或调大该超时。\n"
                      "在客户端执行 ss -tnoi dst {server}，确认是否启用 TCP keepalive，间隔应小于 {threshold}（sysctl "
                      "net.ipv4.tcp_keepalive_time 只对启用了 keepalive 的套接字生效）。\n"
                      "在设备两侧同时抓包：看 RST 最先从哪一侧出现，即可定位是哪台设备。",
            .disproof = "同一服务端口有连接空闲更久后仍正常通信，或服务端日志表明 RST 时刻发生了重启或崩溃。",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6",
    },
    [BLACKHOLE] = {
        .id = "idle.blackhole",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Data vanishes after an idle period",
            .summary = "Idle for {idle} (level {threshold}), then the same data was sent again {retransmissions} times "
                       "within {delay} and nothing at all came back: {client} -> {server}.",
            .causes = "A stateful box on the way (firewall, NAT gateway, security group, load balancer) silently "
                      "forgot the idle connection and drops what belongs to no state[; this server and port survived "
                      "{survived} and died after {died}, its timer lies between].\n"
                      "[Documented timers that match: {timer}[, and {timers_more} more].]\n"
                      "The path or the other host went down during the idle time; then new connections fail as well.",
            .checks = "Open a new connection to {server} now: if it works, the path is fine and a state table lost "
                      "this connection.\n"
                      "Look up the TCP idle timeout of each NAT gateway, firewall and load balancer on the way; on "
                      "Linux: conntrack -L -d with the server's address, sysctl net.netfilter.nf_conntrack_tcp_timeout_established.\n"
                      "Turn on TCP keepalive in the application below {threshold}, or let the pool drop idle "
                      "connections before.",
            .disproof = "The same data arrives at a capture made on the server, or other connections of the same "
                        "server stop at the same moment (then the path is broken, not a timer).",
        },
        .chinese = {
            .title = "连接空闲后数据石沉大海",
            .summary = "连接空闲 {idle}（阈值 {threshold}）后，同一数据在 {delay} 内重传 {retransmissions} 次，对端没有任何回应：{client} -> {server}。",
            .causes = "链路上的有状态设备（防火墙、NAT 网关、安全组、负载均衡）静默清除了空闲会话，之后的报文因无会话被丢弃[；"
                      "该服务端口空闲 {survived} 仍正常，空闲 {died} 已失效，超时值在两者之间]。\n"
                      "[与之吻合的已知定时器：{timer}[，另有 {timers_more} 个]。]\n"
                      "空闲期间链路或对端主机中断；此时新建连接同样会失败。",
            .checks = "立即新建一条到 {server} 的连接：若成功，说明链路正常，是会话表丢失了这条连接。\n"
                      "逐一核对链路上 NAT 网关、防火墙、负载均衡的 TCP 空闲超时；Linux 上用 conntrack -L -d 加服务端地址，"
                      "并查看 sysctl net.netfilter.nf_conntrack_tcp_timeout_established。\n"
                      "在应用中启用间隔小于 {threshold} 的 TCP keepalive，或让连接池提前回收空闲连接。",
            .disproof = "在服务端抓包能看到这些数据，或同一服务端的其他连接在同一时刻中断（那是链路故障，不是定时器）。",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6; documented state timeouts",
    },
    [CLOSE] = {
        .id = "idle.close",
        .severity = SEVERITY_CHAT,
        .english = {
            .title = "Idle connection closed by a timer",
            .summary = "{closer} closed the connection properly after {idle} without data, when a timer of {threshold} "
                       "was due.",
            .causes = "The keep-alive timer of this side ran out[; documented timers that match: {timer}[, and "
                      "{timers_more} more]].\n"
                      "[This server and port survived {survived} and closed after {died}.]",
            .checks = "Nothing is wrong by itself. Clients that reuse connections must drop them before {threshold}, "
                      "else some requests meet the FIN.",
            .disproof = "Other connections of {server} close after quite different idle times.",
        },
        .chinese = {
            .title = "空闲连接被定时器关闭",
            .summary = "连接 {idle} 无数据后由 {closer} 正常关闭（FIN），与 {threshold} 的定时器相符。",
            .causes = "这一侧的 keep-alive 定时器到期[；与之吻合的已知定时器：{timer}[，另有 {timers_more} 个]]。\n"
                      "[该服务端口空闲 {survived} 仍保持，空闲 {died} 被关闭。]",
            .checks = "这本身不是故障。复用连接的客户端应在 {threshold} 之前回收连接，否则偶尔会有请求撞上 FIN。",
            .disproof = "{server} 的其他连接在相差很大的空闲时间后关闭。",
        },
        .source = "Documented timers of load balancers and servers",
    },
    [RACE] = {
        .id = "idle.race",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Request met the close of an idle connection",
            .summary = "{server} closed the connection after {idle} idle; a request of {client} crossed or followed the "
                       "FIN by {delay} and was answered by RST.",
            .causes = "Keep-alive race: the client reused a connection in the moment in which the server's idle timer "
                      "closed it. Proxies report it as a sporadic 502.\n"
                      "[Documented timers that match: {timer}[, and {timers_more} more].]\n"
                      "The client did not notice the FIN (connection in CLOSE_WAIT) and used the dead connection.",
            .checks = "Make the idle timeout of the side that sends requests shorter than that of the server (nginx "
                      "upstream: keepalive_timeout below the back end's; Node.js: server.keepAliveTimeout above the "
                      "load balancer's).\n"
                      "On the client: ss -tn state close-wait shows connections that the application forgot to close.\n"
                      "Let the client retry idempotent requests on a new connection (RFC 9112, 9.3.1).",
            .disproof = "The server log shows that it read the request, or the FIN follows an answer with "
                        "\"Connection: close\".",
        },
        .chinese = {
            .title = "请求撞上了空闲连接的关闭",
            .summary = "连接空闲 {idle} 后被 {server} 关闭；{client} 的请求与 FIN 相差 {delay}，被 RST 拒绝。",
            .causes = "keep-alive 竞争：客户端复用连接的瞬间，服务端空闲定时器恰好关闭了它。代理侧表现为偶发 502。\n"
                      "[与之吻合的已知定时器：{timer}[，另有 {timers_more} 个]。]\n"
                      "客户端没有察觉 FIN（连接停在 CLOSE_WAIT），继续使用已关闭的连接。",
            .checks = "让发起请求一侧的空闲超时小于服务端（nginx upstream 的 keepalive_timeout 小于后端；Node.js 的 "
                      "server.keepAliveTimeout 大于负载均衡）。\n"
                      "在客户端执行 ss -tn state close-wait，查看应用忘记关闭的连接。\n"
                      "让客户端对幂等请求在新连接上重试（RFC 9112 第 9.3.1 节）。",
            .disproof = "服务端日志显示它读到了该请求，或 FIN 之前的应答带有 \"Connection: close\"。",
        },
        .source = "RFC 9112, 9.5; documented timers",
    },
};

/* Frames in which a side sent nothing but a TLS alert, or a record of that size: a goodbye, no request. */
struct idle_flow {
    uint32_t client_alert_frame;
    bool died;
};

static bool
is_goodbye(const struct packet *packet)
{
    const struct tls_records *records = packet->tls;
    if (records == NULL || records->count != 1)
        return false;
    return records->record[0].type == TLS_ALERT ||
           (records->record[0].type == TLS_APPLICATION_DATA && records->record[0].length == TLS13_ALERT_LENGTH);
}

static void
report_times(struct context *context, struct finding *finding, const struct flow *flow, const struct pending *pending,
             int64_t now, enum timer_end end)
{
    report_flow(finding, flow);
    report_duration(finding, FACT_idle, pending->idle);
    report_duration(finding, FACT_quiet, pending->quiet);
    report_duration(finding, FACT_threshold, level_passed(context, pending->idle));
    report_duration(finding, FACT_delay, now - pending->time);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    if (pending->probe)
        report_flag(finding, FACT_keepalive);
    report_timers(context, finding, end, pending->idle);
    report_bracket(context, finding, flow, pending->idle);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
}

/* A RST for what the other side had sent after an idle period. */
static void
check_reset(struct context *context, const struct flow *flow, const struct packet *packet, struct idle_flow *state)
{
    const struct side *resetter = flow_sender(flow, packet), *victim = flow_receiver(flow, packet);
    const struct pending *pending = &victim->pending;

    if (state->died || pending->frame == 0 || level_passed(context, pending->idle) == 0 || resetter->fin_frame != 0)
        return;
    if (victim->fin_frame != 0 && victim->fin_time - pending->time < CLOSING_WINDOW)
        return;
    struct finding *finding = report(context, &cases[RESET], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->died = true;
    report_endpoint(finding, FACT_closer, &packet->source);
    report_times(context, finding, flow, pending, packet->time, TIMER_RESET);
}

/* The server's RST for a request that crossed or followed its idle FIN. */
static void
check_race(struct context *context, const struct flow *flow, const struct packet *packet,
           const struct idle_flow *state)
{
    const struct side *server = &flow->by_server;
    const struct pending *request = &flow->by_client.pending;
    int64_t window = flow->round_trip > 0 ? flow->round_trip : RACE_WINDOW;

    if (packet->from_client || server->fin_frame == 0 || request->frame == 0 || request->probe ||
        request->frame == state->client_alert_frame || flow->by_client.fin_frame == request->frame)
        return;
    bool follows = server->fin_frame < request->frame;
    int64_t idle = follows ? server->fin_idle : request->idle;
    if (idle < RACE_IDLE || (!follows && server->fin_time - request->time > window))
        return;
    if (!follows && flow->round_trip < RACE_ROUND_TRIP && level_passed(context, idle) == 0)
        return;
    struct finding *finding = report(context, &cases[RACE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, idle);
    report_duration(finding, FACT_delay,
                    follows ? request->time - server->fin_time : server->fin_time - request->time);
    report_timers(context, finding, TIMER_CLOSE, idle);
    report_evidence(finding, server->fin_frame);
    report_evidence(finding, request->frame);
}

/* Retransmissions that nobody hears. The sender's own FIN or RST after them means that it gave up. */
static void
check_blackhole(struct context *context, const struct flow *flow, const struct packet *packet,
                struct idle_flow *state)
{
    const struct side *sender = flow_sender(flow, packet), *receiver = flow_receiver(flow, packet);
    const struct pending *pending = &sender->pending;

    if (state->died || pending->frame == 0 || pending->probe || pending->retransmissions < 3 || pending->answered ||
        pending->frame == flow->tls.client_hello_frame || receiver->packets == 0)
        return;
    bool gave_up = (packet->flags & (TCP_FIN | TCP_RST)) != 0;
    bool waited = pending->retransmissions > 3 || packet->time - pending->time >= SILENCE_TIME;
    if (level_passed(context, pending->idle) == 0 || !(gave_up || waited) ||
        !answers_visible(context, flow, packet->from_client))
        return;
    struct finding *finding = report(context, &cases[BLACKHOLE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    state->died = true;
    report_times(context, finding, flow, pending, packet->time, TIMER_SILENCE);
}

/* A proper close with nothing pending. The last word must have been the server's: a request without
 * an answer is pending for the application even if TCP acknowledged it. */
static void
check_close(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (closer->fin_frame != packet->frame || other->fin_frame != 0 || packet->payload.length > 0 ||
        closer->pending.frame != 0 || other->pending.frame != 0 ||
        (client->last_payload_frame > server->last_payload_frame))
        return;
    int64_t timer = timer_reached(context, packet->idle);
    if (timer == 0)
        return;
    struct finding *finding = report(context, &cases[CLOSE], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_idle, packet->idle);
    report_duration(finding, FACT_quiet, packet->quiet);
    report_duration(finding, FACT_threshold, timer);
    report_timers(context, finding, TIMER_CLOSE, packet->idle);
    report_bracket(context, finding, flow, packet->idle);
    report_evidence(finding, server->last_payload_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    /* Most packets say nothing here: keep them away from the state, which costs memory. */
    bool ends = (packet->flags & (TCP_FIN | TCP_RST)) != 0;
    bool goodbye = packet->from_client && is_goodbye(packet);
    if (!ends && !goodbye && flow_sender(flow, packet)->pending.retransmissions < 3)
        return;

    struct idle_flow *state = flow_state(context);
    if (goodbye)
        state->client_alert_frame = packet->frame;
    check_blackhole(context, flow, packet, state);
    if (packet->flags & TCP_RST) {
        check_reset(context, flow, packet, state);
        check_race(context, flow, packet, state);
    } else if (packet->flags & TCP_FIN) {
        check_close(context, flow, packet);
    }
}

const struct detector idle_detector = {
    .family = "idle",
    .summary = "Connections that die, or are closed, after an idle period",
    .sees = SEES_TCP,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct idle_flow),
    .on_packet = on_packet,
};
