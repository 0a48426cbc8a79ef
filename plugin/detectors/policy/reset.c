/* RSTs that the peer did not send, and RSTs that tell why.
 *
 * A filter on the way (by keyword, server name or port), an IPS or a scrubbing centre ends a connection with a
 * RST in the name of the peer. It does not stop the packets themselves, so it races them, and loses traces: the
 * peer, which knows nothing of it, talks on after "its" RST; the RST comes from another distance (TTL); its
 * sequence number is guessed ahead, or there are several. Each such sign is shown. A load balancer or NAT that
 * resets in the peer's name leaves some of the same signs and means no harm, so the TTL alone is no more than
 * "possible".
 *
 * What a stack does itself is no sign: it answers each segment that reaches a closed socket with a RST of its
 * own, numbered by the acknowledgment of that segment; what it had sent before its RST may arrive after it.
 *
 * Source: a migration that a cloud's security policy cut off; Weaver, Sommer, Paxson, "Detecting Forged TCP Reset
 * Packets" (NDSS 2009); Clayton, Murdoch, Watson, "Ignoring the Great Firewall of China" (2006); gfw.report on the
 * RSTs of 2025-08-20 and on Henan; RFC 9293, 3.5.2 and 3.10.7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "detector.h"

/* Packets of one sender overtake each other by less than this. */
#define REORDERED MILLISECONDS(10)

/* RSTs "of both sides" this close have one sender: neither side can have known of the other's. */
#define TOGETHER MILLISECONDS(10)

/* RSTs of one burst. */
#define BURST MILLISECONDS(100)

/* A RST further away from the sequence numbers of its connection belongs to another one. */
enum { NEAR = 1 << 20 };

/* What one guess after the other is apart: multiples of the segment size of Ethernet (Clayton 2006: 1460, 4380), or 12503
 * (a traffic manager of a cable provider in 2007, in captures of that time). */
enum { GUESS_STEP = 1460, GUESS_FAR = 12503, GUESS_MAX = 65535 };

/* A filter near the client resets its connections to any server: more findings about one client say nothing new. */
enum { REPORTED_MAX = 10 };

/* "Packet matches no known connection" (Citrix CTX695832). */
enum { NETSCALER_NO_CONNECTION = 8201 };

enum { TTL_DIFFERENCE };

static const struct threshold thresholds[] = {
    [TTL_DIFFERENCE] = {"reset_ttl_difference",
                        {"Injected RST: TTL difference",
                         "The TTL of a RST must differ by more than this from the other packets of its sender"},
                        2,
                        1,
                        254},
};

enum { INJECTED, REASON };

/* clang-format off */
static const struct case_info cases[] = {
    [INJECTED] = {
        .id = "policy.reset_injected",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "RST that the peer did not send",
            .summary = "A RST came in the name of {closer}, and the packets speak for another sender: {signal}. Connection "
                       "{client} to {server}.",
            .causes = "A filter on the way (IPS, DPI of a provider or country, a cloud's security policy) resets "
                      "connections by keyword, server name, address or port.\n"
                      "A load balancer, scrubbing centre, SYN proxy or NAT in front of {closer.address} resets in its name: "
                      "that explains another TTL as well, and is harmless if the connection was meant to end.\n"
                      "Packets of one connection reach two hosts (load balancing without a shared session table, ECMP, "
                      "anycast, an address used twice), and the one that does not know the connection resets it.",
            .checks = "On {closer.address} itself. A RST that is not in this capture came from the way: `tcpdump -ni "
                      "any 'tcp port {server.port} and (host {client.address} or host {server.address})'`\n"
                      "TTL, IP ID and window of the RST and of the packets around it (FILE is this capture): `tshark "
                      "-r FILE -Y 'tcp.port == {server.port}' -T fields -e frame.number -e ip.src -e ip.ttl -e ip.id "
                      "-e tcp.flags.str -e tcp.window_size_value`\n"
                      "How many hops away is the peer, and where does the TTL of the RST point to: `mtr -nrwc 5 -T "
                      "-P {server.port} {server.address}`\n"
                      "On the client, as a test only. If the connection goes on without the RST, it was injected: "
                      "`iptables -I INPUT -p tcp -s {server.address} --sport {server.port} --tcp-flags RST RST -j "
                      "DROP`\n"
                      "Try another port, another server name and another source address. If one of them works, ask "
                      "who filters (security centre of the cloud, the provider) and have the address put on the "
                      "allow list.",
            .disproof = "A capture on {closer.address} that shows it sending this very RST (same sequence number and IP ID).",
        },
        .source = "a migration that was cut off by a security policy; Weaver, Sommer, Paxson, NDSS 2009; gfw.report",
        .silent_on = "data on its way when its sender resets\n"
                     "RSTs of a closed socket, one for each segment\n"
                     "RST of a load balancer after an idle time\n"
                     "RST for a SYN\n"
                     "a host that restarted and does not know the connection\n"
                     "RST with another initial TTL from the same distance\n"
                     "a TTL that differs by two hops\n"
                     "SYN-ACK and RST of a SYN proxy with a TTL of their own\n"
                     "the kernel of a scanner resets what the scanner opened",
    },
    [REASON] = {
        .id = "policy.reset_reason",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "RST that tells its reason",
            .summary = "The RST of {closer} carries a reason: {reason}. Connection {client} to {server}.",
            .causes = "Text: the stack or device says why it reset (RFC 9293, 3.5.2), for example a BIG-IP with tm.rstcause.pkt "
                      "turned on; take it at its word.\n"
                      "Window 8201: a NetScaler (Citrix ADC) that knows no connection for the packet: its entry timed out, or "
                      "the first data came out of order while SYN cookies were in use. Another stack may use this window by "
                      "chance.\n"
                      "Payload 01 02 03 04 05 06 07 08 09 00: known from RSTs that a provincial filter injects "
                      "(policy.reset_injected).",
            .checks = "Ask the owner of {closer.address}, or of the device in front of it, what the reason means "
                      "there.\n"
                      "On a BIG-IP, what it has reset and why: `tmsh show net rst-cause`\n"
                      "On a NetScaler, resets by cause: `nsconmsg -K /var/nslog/newnslog -g rst -d current`",
            .disproof = "The payload belongs to the application's data, or other RSTs of {closer.address} for the same cause look "
                        "different.",
        },
        .source = "RFC 9293, 3.5.2; RFC 1122, 4.2.2.12; Citrix CTX695832; gfw.report on Henan",
        .silent_on = "a data segment that a device turned into a RST\nRST without payload and with an ordinary window",
    },
};
/* clang-format on */

/* The first RST in the name of a side, and what was known when it came. */
struct reset {
    uint32_t frame, last_frame;
    int64_t time;
    uint32_t sequence, acknowledgment;
    uint32_t other_next; /* next sequence number of the other side */
    uint32_t window;
    uint8_t ttl;
    bool acknowledges, timestamp, for_syn;
    bool over; /* the connection had rested or ended */
    unsigned count;
};

struct reset_flow {
    struct reset by_client, by_server;
    unsigned said; /* confidence + 1 of what was reported, 0 = nothing */
};

/* What speaks for another sender. A HINT needs company; one WEAK sign makes it possible, two or a STRONG one likely. */
enum strength { HINT, WEAK, STRONG };
enum { SIGNALS_MAX = 5, SIGNAL_SIZE = 80 };

struct signals {
    unsigned count, of[STRONG + 1];
    struct {
        char english[SIGNAL_SIZE], chinese[SIGNAL_SIZE];
    } words[SIGNALS_MAX + 1]; /* the last one is for those that are too many */
};

struct culprit {
    uint32_t finding;  /* number, 0 = not reported */
    unsigned reported; /* findings about a client */
};

__attribute__((format(printf, 3, 4))) static void
add_signal(struct signals *signals, enum strength strength, const char *english, ...)
{
    va_list arguments;
    signals->of[strength]++;
    va_start(arguments, english);
    vsnprintf(signals->words[signals->count].english, SIGNAL_SIZE, english, arguments);
    va_end(arguments);
}

/* The words of the signal that was added last; without them it is not told. */
__attribute__((format(printf, 2, 3))) static void
in_chinese(struct signals *signals, const char *chinese, ...)
{
    va_list arguments;
    va_start(arguments, chinese);
    vsnprintf(signals->words[signals->count].chinese, SIGNAL_SIZE, chinese, arguments);
    va_end(arguments);
    if (signals->count < SIGNALS_MAX)
        signals->count++;
}

static struct culprit *
culprit_of(struct context *context, unsigned kind, const struct endpoint *endpoint)
{
    struct endpoint key;
    memset(&key, 0, sizeof key);
    key.address = endpoint->address;
    key.port = endpoint->port;
    return keyed_state(context, kind, &key, sizeof key, sizeof(struct culprit));
}

/* -- The finding ------------------------------------------------------------------------------- */

enum { KEY_POSSIBLE, KEY_LIKELY, KEY_CLIENT, KEY_CODE, KEY_PAYLOAD };

/* One for each server and port as "possible", one as better than that, however many connections are reset. */
static void
report_injected(struct context *context, const struct flow *flow, const struct packet *packet, struct reset_flow *state,
                const struct signals *signals, enum confidence confidence)
{
    struct culprit *of_server =
        culprit_of(context, confidence > CONFIDENCE_POSSIBLE ? KEY_LIKELY : KEY_POSSIBLE, &flow->server);
    bool first_of_flow = state->said == 0;

    state->said = confidence + 1u;
    struct endpoint client = {.address = flow->client.address};
    struct culprit *of_client = culprit_of(context, KEY_CLIENT, &client);
    struct culprit *known = of_server->finding != 0               ? of_server
                            : of_client->reported >= REPORTED_MAX ? of_client
                                                                  : NULL;
    if (known != NULL) {
        if (first_of_flow)
            report_again(context, known->finding);
        return;
    }
    struct finding *finding = report(context, &cases[INJECTED], confidence);
    if (finding == NULL)
        return;
    of_server->finding = of_client->finding = finding_number(finding);
    of_client->reported++;
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    for (unsigned i = 0; i < signals->count; i++)
        report_localized(finding, FACT_signal, signals->words[i].english, signals->words[i].chinese);
    report_evidence(finding, state->by_client.frame);
    report_evidence(finding, state->by_server.frame);
}

/* -- Signs of the RST itself ------------------------------------------------------------------- */

/* The TTL that a sender most likely began with. */
static int
initial_ttl(int ttl)
{
    return ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
}

/* Whether a packet came from another distance. Some hosts begin their RSTs with another TTL than the rest, so the same
 * distance from another beginning is no difference, unless it is 255, with which routers and firewalls begin. */
static bool
ttl_differs(struct context *context, int reset, int other)
{
    int limit = (int)threshold_value(context, TTL_DIFFERENCE);
    int hops = (initial_ttl(reset) - reset) - (initial_ttl(other) - other);

    if (reset - other <= limit && other - reset <= limit)
        return false;
    return initial_ttl(reset) == initial_ttl(other) || initial_ttl(reset) == 255 || hops > limit || hops < -limit;
}

/* Nothing is strange about a device that ends what has rested or has ended. */
static bool
was_over(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct pending *pending = &flow_receiver(flow, packet)->pending;
    return flow->by_client.fin_frame != 0 || flow->by_server.fin_frame != 0 ||
           level_passed(context, packet->idle) != 0 ||
           (pending->frame != 0 && level_passed(context, pending->idle) != 0);
}

static void
look_at_ttl(struct context *context, const struct flow *flow, const struct packet *packet, struct signals *signals)
{
    const struct side *sender = flow_sender(flow, packet);
    uint8_t data = sender->data_ttl != 0 ? sender->data_ttl : sender->ttl;

    /* A scanner writes its SYN itself, with any TTL, and the kernel below it resets the answer. */
    if (packet->from_client && flow->handshake.completed_frame == 0)
        return;
    /* Both, because control packets may come from a SYN proxy, whose TTL differs from that of the data. */
    if (ttl_differs(context, packet->ttl, sender->ttl) && ttl_differs(context, packet->ttl, data) &&
        !was_over(context, flow, packet)) {
        add_signal(signals, WEAK, "TTL %u, of its other packets %u", packet->ttl, data);
        in_chinese(signals, "TTL 为 %u，其他报文为 %u", packet->ttl, data);
    }
}

static bool
is_diagnostic(const struct payload *payload)
{
    static const uint8_t pattern[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
    enum { ENOUGH = 4 };
    uint32_t captured = payload->captured;
    return payload->length == sizeof pattern && captured >= ENOUGH && captured <= sizeof pattern &&
           memcmp(payload->bytes, pattern, captured) == 0;
}

/* Windows of the RSTs of 2025-08-20: 1980, 1981, 1982 for a SYN; 3293, 3294, 3295 for a SYN-ACK. */
static bool
are_known_windows(uint32_t first, uint32_t next)
{
    return next == first + 1 && ((first >= 1980 && next <= 1982) || (first >= 3293 && next <= 3295));
}

/* What one more RST of a burst says. Those of a closed socket repeat what was acknowledged: never more than was sent. */
static void
look_at_burst(const struct flow *flow, const struct packet *packet, const struct reset *first, uint32_t last_window,
              struct signals *signals)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int32_t ahead = sequence_difference(packet->sequence, first->sequence);

    if (packet->time - first->time > BURST)
        return;
    if (are_known_windows(last_window, packet->window)) {
        add_signal(signals, STRONG, "windows %u, %u of an injector", last_window, packet->window);
        in_chinese(signals, "窗口值 %u、%u 是注入设备的特征", last_window, packet->window);
    }
    if (ahead > 0 && ahead <= GUESS_MAX && sender->sequence_known &&
        sequence_difference(packet->sequence, sender->next_sequence) > 0) {
        add_signal(signals, ahead % GUESS_STEP == 0 || ahead == GUESS_FAR ? STRONG : HINT,
                   "a second RST %d bytes ahead", (int)ahead);
        in_chinese(signals, "第二个 RST 的序号超前 %d 字节", (int)ahead);
    }
    if (first->count >= 3 && first->count > other->packets && flow->handshake.syn_frame != 0) {
        add_signal(signals, STRONG, "%u RSTs for %u packets", first->count, other->packets);
        in_chinese(signals, "%u 个 RST，而对端只发了 %u 个报文", first->count, other->packets);
    }
}

static void
look_at_reset(struct context *context, const struct flow *flow, const struct packet *packet, const struct reset *mine,
              const struct reset *theirs, struct signals *signals)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);

    if (is_diagnostic(&packet->payload)) {
        add_signal(signals, STRONG, "payload 01 02 03 04 05 06 07 08 09 00");
        in_chinese(signals, "载荷为 01 02 03 04 05 06 07 08 09 00");
    }
    if (!mine->for_syn && sender->packets > mine->count)
        look_at_ttl(context, flow, packet, signals);
    if (mine->count > 1)
        return;
    if (sender->sequence_known && sequence_difference(packet->sequence, sender->next_sequence) > 0) {
        add_signal(signals, HINT, "sequence number %d ahead",
                   (int)sequence_difference(packet->sequence, sender->next_sequence));
        in_chinese(signals, "序号超前 %d", (int)sequence_difference(packet->sequence, sender->next_sequence));
    }
    int64_t apart = packet->time - theirs->time;
    if (theirs->frame != 0 && theirs->last_frame == other->last_frame && apart <= TOGETHER &&
        !was_over(context, flow, packet)) {
        add_signal(signals, WEAK, "RSTs to both sides within %d ms", (int)(apart / MILLISECONDS(1)) + 1);
        in_chinese(signals, "%d 毫秒内双方都收到 RST", (int)(apart / MILLISECONDS(1)) + 1);
    }
}

/* -- The RST ----------------------------------------------------------------------------------- */

/* Whether the connection is one that this RST can end: not an attempt that it refuses (but see for_syn), not a stray
 * number, not a client that answers a SYN-ACK which it did not ask for. */
static bool
belongs(const struct flow *flow, const struct packet *packet, bool *for_syn)
{
    const struct handshake *handshake = &flow->handshake;
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);

    *for_syn = !packet->from_client && handshake->syn_frame != 0 && !sender->sequence_known;
    if (*for_syn)
        return (packet->flags & TCP_ACK) && packet->acknowledgment == flow->client_first_sequence;
    if (!sender->sequence_known || !other->sequence_known)
        return false;
    if (packet->from_client && !flow->began_before && other->acknowledgment_known &&
        sequence_difference(other->acknowledgment, flow->client_first_sequence) < 0)
        return false;
    if (packet->from_client && handshake->completed_frame == 0 && !flow->began_before && handshake->syn_ack_frame == 0)
        return false;
    int32_t away = sequence_difference(packet->sequence, sender->next_sequence);
    return away > -NEAR && away < NEAR;
}

static void
take_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct signals signals = {0};
    bool for_syn;

    if (!belongs(flow, packet, &for_syn))
        return;
    struct reset_flow *state = flow_state(context);
    struct reset *mine = packet->from_client ? &state->by_client : &state->by_server;
    const struct reset *theirs = packet->from_client ? &state->by_server : &state->by_client;
    uint32_t last_window = mine->window;
    if (mine->frame == 0)
        *mine = (struct reset){.frame = packet->frame,
                               .time = packet->time,
                               .sequence = packet->sequence,
                               .acknowledgment = packet->acknowledgment,
                               .other_next = flow_receiver(flow, packet)->next_sequence,
                               .ttl = packet->ttl,
                               .acknowledges = (packet->flags & TCP_ACK) != 0,
                               .timestamp = packet->has_timestamp,
                               .for_syn = for_syn,
                               .over = was_over(context, flow, packet)};
    mine->window = packet->window;
    mine->last_frame = packet->frame;
    mine->count++;
    if (state->said > CONFIDENCE_POSSIBLE + 1)
        return;
    look_at_reset(context, flow, packet, mine, theirs, &signals);
    if (mine->count > 1)
        look_at_burst(flow, packet, mine, last_window, &signals);
    bool likely = signals.of[STRONG] > 0 || (signals.of[WEAK] > 0 && signals.of[WEAK] + signals.of[HINT] > 1);
    if (likely)
        report_injected(context, flow, packet, state, &signals, CONFIDENCE_LIKELY);
    else if (signals.of[WEAK] > 0 && state->said == 0)
        report_injected(context, flow, packet, state, &signals, CONFIDENCE_POSSIBLE);
}

/* -- What comes after it ----------------------------------------------------------------------- */

/* The SYN-ACK for a SYN that was refused already. A repeated SYN may be accepted though the first was not. */
static bool
accepts_refused_syn(const struct flow *flow, const struct packet *packet)
{
    return (packet->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && flow->handshake.syn_count == 1;
}

/* Whether the packet can't have been sent before a RST of the same host, and only been overtaken by it. A RST with ACK
 * says how far its sender had sent and received. One without answers a segment that its sender did not accept. */
static bool
contradicts(const struct reset *reset, const struct packet *packet)
{
    uint32_t end = packet->sequence + packet->payload.length + ((packet->flags & TCP_FIN) ? 1 : 0);
    bool late = packet->time - reset->time >= REORDERED;
    bool beyond = sequence_difference(end, reset->sequence) > 0;
    int32_t acknowledged = sequence_difference(reset->acknowledgment, reset->other_next);

    if (reset->acknowledges && acknowledged > -NEAR && acknowledged < NEAR)
        return (beyond && (late || !packet->retransmission)) ||
               sequence_difference(packet->acknowledgment, reset->acknowledgment) > 0;
    return sequence_difference(packet->acknowledgment, reset->other_next) >= 0 && (beyond || (late && !reset->over));
}

static void
add_late_signals(struct context *context, const struct packet *packet, const struct reset *reset,
                 struct signals *signals)
{
    if (ttl_differs(context, reset->ttl, packet->ttl)) {
        add_signal(signals, WEAK, "TTL %u, now %u", reset->ttl, packet->ttl);
        in_chinese(signals, "RST 的 TTL 为 %u，之后为 %u", reset->ttl, packet->ttl);
    }
    if (reset->acknowledges && !reset->timestamp && packet->has_timestamp && !reset->for_syn) {
        add_signal(signals, HINT, "no timestamps option in the RST");
        in_chinese(signals, "RST 没有时间戳选项");
    }
}

static void
check_talks_on(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct reset_flow *state = flow_state(context);
    const struct reset *reset = packet->from_client ? &state->by_client : &state->by_server;
    const struct side *other = flow_receiver(flow, packet);
    enum confidence confidence = CONFIDENCE_LIKELY;
    struct signals signals = {0};

    if (reset->frame == 0 || state->said > CONFIDENCE_POSSIBLE + 1)
        return;
    if (reset->for_syn) {
        if (!accepts_refused_syn(flow, packet))
            return;
        add_signal(&signals, STRONG, "it accepts the SYN after its RST");
        in_chinese(&signals, "该端在 RST 之后又接受了这个 SYN");
    } else {
        int32_t away = sequence_difference(packet->sequence, reset->sequence);
        int32_t later = sequence_difference(packet->acknowledgment, reset->other_next);
        if ((packet->flags & (TCP_SYN | TCP_ACK)) != TCP_ACK || away <= -NEAR || away >= NEAR)
            return;
        if (later > 0 && sequence_difference(packet->acknowledgment, other->next_sequence) <= 0) {
            confidence = CONFIDENCE_CONFIRMED;
            add_signal(&signals, STRONG, "it acknowledges what came after its RST");
            in_chinese(&signals, "该端确认了 RST 之后的数据");
        } else if (contradicts(reset, packet)) {
            add_signal(&signals, STRONG, "it talks on after its RST");
            in_chinese(&signals, "该端在 RST 之后仍继续通信");
        } else {
            return;
        }
    }
    add_late_signals(context, packet, reset, &signals);
    report_injected(context, flow, packet, state, &signals, confidence);
}

/* -- Reasons ------------------------------------------------------------------------------------ */

enum { TEXT_MAX = 80, REASON_SIZE = TEXT_MAX + 16 };

/* Some devices turn a passing data segment into a RST and leave its payload in. */
static bool
is_http(const struct payload *payload)
{
    static const char *const beginnings[] = {"GET ", "POST ", "HEAD ", "PUT ", "CONNECT ", "HTTP/"};
    for (unsigned i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (payload->captured >= length && memcmp(payload->bytes, beginnings[i], length) == 0)
            return true;
    }
    return false;
}

/* The text of a RST's payload, '?' for bytes that can't be printed. False if it is not mostly text. */
static bool
read_text(const struct payload *payload, char text[TEXT_MAX + 1])
{
    uint32_t size = payload->captured < TEXT_MAX ? payload->captured : TEXT_MAX, printable = 0;
    while (size > 0 && payload->bytes[size - 1] == 0)
        size--;
    for (uint32_t i = 0; i < size; i++) {
        bool prints = payload->bytes[i] >= ' ' && payload->bytes[i] <= '~';
        text[i] = prints ? (char)payload->bytes[i] : '?';
        printable += prints;
    }
    text[size] = '\0';
    return size >= 4 && printable * 10 >= size * 9;
}

/* In both languages, each with room for REASON_SIZE; false if it carries none. */
static bool
read_reason(const struct packet *packet, char *english, char *chinese)
{
    char text[TEXT_MAX + 1];
    if (packet->payload.length == 0) {
        snprintf(english, REASON_SIZE, "window %u", packet->window);
        snprintf(chinese, REASON_SIZE, "窗口值 %u", packet->window);
    } else if (is_diagnostic(&packet->payload)) {
        snprintf(english, REASON_SIZE, "payload 01 02 03 04 05 06 07 08 09 00");
        snprintf(chinese, REASON_SIZE, "载荷 01 02 03 04 05 06 07 08 09 00");
    } else if (!is_http(&packet->payload) && read_text(&packet->payload, text)) {
        snprintf(english, REASON_SIZE, "\"%s\"", text);
        snprintf(chinese, REASON_SIZE, "“%s”", text);
    } else {
        return false;
    }
    return true;
}

static void
check_reason(struct context *context, const struct flow *flow, const struct packet *packet)
{
    char english[REASON_SIZE], chinese[REASON_SIZE];
    bool code = packet->payload.length == 0;

    if (!read_reason(packet, english, chinese))
        return;
    struct culprit *culprit = culprit_of(context, code ? KEY_CODE : KEY_PAYLOAD, &packet->source);
    if (culprit->finding != 0) {
        report_again(context, culprit->finding);
        return;
    }
    struct finding *finding = report(context, &cases[REASON], code ? CONFIDENCE_POSSIBLE : CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    culprit->finding = finding_number(finding);
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_localized(finding, FACT_reason, english, chinese);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!(packet->flags & TCP_RST)) {
        check_talks_on(context, flow, packet);
        return;
    }
    take_reset(context, flow, packet);
    if (packet->payload.length > 0 || packet->window == NETSCALER_NO_CONNECTION)
        check_reason(context, flow, packet);
}

const struct detector policy_reset_detector = {
    .family = "policy",
    .summary = "Connections that a policy on the way ends or hinders",
    .sees = SEES_AFTER_RESET,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct reset_flow),
    .on_packet = on_packet,
};
