/* RSTs that the peer did not send.
 *
 * A filter on the way (by keyword, server name or port) or an IPS ends a connection with a RST in the name of the peer. It does not
 * stop the packets themselves, so it races them, and loses traces: the peer talks on after "its" RST; the RST comes from another
 * distance, or sooner than the peer can answer; its sequence number is guessed ahead, or there are several. Signs are collected
 * over the whole flow, each is shown, and one more only adds. A load balancer or NAT that resets in the peer's name leaves some
 * of them and means no harm, so one weak sign is no more than "possible", and the shape of an ending alone (ending.h) is none.
 *
 * What a stack does itself is no sign: a closed socket answers each segment by a RST, numbered by its acknowledgment; what was sent
 * before a RST may arrive after it; a NAT may answer what comes after a RST of the host; and a host whose connection
 * tracking takes a late segment for a stranger's resets that and goes on.
 *
 * Source: a migration that a cloud's security policy cut off; Weaver, Sommer, Paxson (NDSS 2009); Clayton, Murdoch, Watson (2006);
 * Sundara Raman et al. (SIGCOMM 2023); gfw.report on the RSTs of 2025-08-20 and on Henan; RFC 9293, 3.5.2 and 3.10.7.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* RSTs "of both sides" closer than half a round trip have one sender: neither side can have known of the other's. Where the round
 * trip is not known or long, this close. */
#define TOGETHER         MILLISECONDS(10)
#define TOGETHER_UNKNOWN MILLISECONDS(1)
#define BURST            MILLISECONDS(100) /* of RSTs */

/* What one guess after the other is apart: multiples of the segment size of Ethernet (Clayton 2006: 1460, 4380), or 12503
 * (a traffic manager of a cable provider in 2007, in captures of that time). */
enum { GUESS_STEP = 1460, GUESS_FAR = 12503, GUESS_MAX = 65535 };

/* A filter near the client resets its connections to any server: more findings about one client say nothing new. */
enum { SERVERS_MAX = 10 };

static const struct threshold thresholds[] = {
    {"reset_ttl_difference",
     {"Injected RST: TTL difference",
      "The TTL of a RST must differ by more than this from the other packets of its sender"},
     2,
     1,
     254},
};

enum { INJECTED };
/* clang-format off */
static const struct case_info cases[] = {
    [INJECTED] = {
        .id = "policy.reset_injected",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "RST that the peer did not send",
            .summary = "A RST came in the name of {closer}, and the packets speak for another sender: {signal}[. Shape: "
                       "{ending}, one of the 19 signatures of connection tampering]. Connection {client} to {server}.",
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
        .source = "a migration that was cut off by a security policy; Weaver et al., NDSS 2009; Sundara Raman et al., SIGCOMM "
                  "2023; gfw.report",
        .silent_on = "data on its way when its sender resets\n"
                     "RSTs of a closed socket, one for each segment\nRST of a load balancer after an idle time\n"
                     "RST for a SYN\nRSTs of both ends, more than half a round trip apart\n"
                     "a host that restarted and does not know the connection\n"
                     "RST with another initial TTL from the same distance\na TTL that differs by two hops\n"
                     "SYN-ACK and RST of a SYN proxy with a TTL of their own\nthe kernel of a scanner resets what the scanner opened",
    },
};
/* clang-format on */

/* -- Signs --------------------------------------------------------------------------------------- */

/* What speaks for another sender, in words, with the two numbers that belong to it. A HINT needs company; one WEAK sign makes it
 * possible, two or a STRONG one likely. */
enum strength { HINT, WEAK, STRONG };
/* clang-format off */
#define SIGNS_OF_INJECTION \
    SIGN(INJECTORS_DATA, STRONG, "payload 01 02 03 04 05 06 07 08 09 00", "载荷为 01 02 03 04 05 06 07 08 09 00") \
    SIGN(TTL, WEAK, "TTL %d, of its other packets %d", "TTL 为 %d，其他报文为 %d") \
    SIGN(TTL_LATER, WEAK, "TTL %d of the RST, %d of what follows", "RST 的 TTL 为 %d，之后的报文为 %d") \
    SIGN(TOO_SOON, HINT, "%d ms after what it answers, where the host needs %d ms", "%d 毫秒后即应答，而该主机需要 %d 毫秒") \
    SIGN(AHEAD, HINT, "sequence number %d ahead", "序号超前 %d") \
    SIGN(TOGETHER_RESETS, WEAK, "RSTs to both sides within %d ms", "%d 毫秒内双方都收到 RST") \
    SIGN(WINDOWS, STRONG, "windows %d, %d of an injector", "窗口值 %d、%d 是注入设备的特征") \
    SIGN(SECOND_AHEAD, HINT, "a second RST %d bytes ahead", "第二个 RST 的序号超前 %d 字节") \
    SIGN(SECOND_GUESSED, STRONG, "a second RST %d bytes ahead", "第二个 RST 的序号超前 %d 字节") \
    SIGN(MORE_THAN_PACKETS, STRONG, "%d RSTs, more than there were packets to answer (%d)", "%d 个 RST，多于需要应答的报文（%d 个）") \
    SIGN(ACCEPTS_SYN, STRONG, "it accepts the SYN after its RST", "该端在 RST 之后又接受了这个 SYN") \
    SIGN(TALKS_ON, STRONG, "it talks on after its RST", "该端在 RST 之后仍继续通信") \
    SIGN(ACKNOWLEDGES, STRONG, "it acknowledges what came after its RST", "该端确认了 RST 之后的数据") \
    SIGN(NO_TIMESTAMPS, HINT, "no timestamps option in the RST", "RST 没有时间戳选项")

enum sign {
#define SIGN(name, strength, english, chinese) name,
    SIGNS_OF_INJECTION
#undef SIGN
    SIGNS
};

static const struct {
    enum strength strength;
    const char *english, *chinese;
} signs[SIGNS] = {
#define SIGN(name, strength, english, chinese) {strength, english, chinese},
    SIGNS_OF_INJECTION
#undef SIGN
};
/* clang-format on */

/* RSTs in the name of a side. */
struct resets {
    struct reset first;
    uint32_t last_frame, window; /* of the newest */
    unsigned count;
    bool over;        /* nothing is strange about a device that ends what has rested or has ended */
    bool of_the_host; /* the first came from as far away as the host's other packets */
};

struct reset_flow {
    struct resets by_client, by_server;
    uint16_t found, told; /* signs: bits, by enum sign */
    int32_t value[SIGNS][2];
    bool counted, client_told; /* whether the finding names RSTs of the client */
    struct endpoint about;     /* the server that its finding is about */
};

/* The first of its kind in the flow. */
static void
note_sign(struct reset_flow *state, enum sign sign, int32_t first, int32_t second)
{
    if (state->found & 1u << sign)
        return;
    state->found |= (uint16_t)(1u << sign);
    state->value[sign][0] = first;
    state->value[sign][1] = second;
}

/* -- The finding ------------------------------------------------------------------------------- */

struct told_client {
    unsigned servers;
    struct endpoint newest;
};
/* The server that a finding of the flow is about: its own, or the last one of a client that is told about often enough. */
static void
choose_subject(struct context *context, const struct flow *flow, struct reset_flow *state)
{
    struct told_client *client =
        keyed_state(context, 0, &flow->client.address, sizeof flow->client.address, sizeof *client);

    flow_server_key(flow, &state->about);
    if (reported_about(context, &cases[INJECTED], &state->about, sizeof state->about) != NULL)
        return;
    if (client->servers >= SERVERS_MAX)
        state->about = client->newest;
    else
        client->servers++;
    client->newest = state->about;
}

/* False if the signs of the flow do not suffice. */
static bool
confidence_of(const struct reset_flow *state, enum confidence *confidence)
{
    unsigned of[STRONG + 1] = {0};
    for (unsigned sign = 0; sign < SIGNS; sign++)
        of[signs[sign].strength] += (state->found >> sign) & 1u;
    *confidence = CONFIDENCE_POSSIBLE;
    if (state->found & 1u << ACKNOWLEDGES)
        *confidence = CONFIDENCE_CONFIRMED;
    else if (of[STRONG] > 0 || (of[WEAK] > 0 && of[WEAK] + of[HINT] > 1))
        *confidence = CONFIDENCE_LIKELY;
    return of[STRONG] + of[WEAK] > 0;
}

/* Signs that were not told yet. */
static void
report_signs(struct finding *finding, struct reset_flow *state)
{
    enum { TEXT = 96 };
    for (unsigned sign = 0; sign < SIGNS; sign++) {
        char english[TEXT], chinese[TEXT];
        if ((state->found & ~state->told & 1u << sign) == 0)
            continue;
        snprintf(english, sizeof english, signs[sign].english, state->value[sign][0], state->value[sign][1]);
        snprintf(chinese, sizeof chinese, signs[sign].chinese, state->value[sign][0], state->value[sign][1]);
        report_localized(finding, FACT_signal, english, chinese);
    }
    state->told = state->found;
}

/* One finding for each server and port, however many connections are reset. What a later connection shows is told if it makes the
 * finding stronger. */
static void
tell(struct context *context, const struct flow *flow, const struct packet *packet, struct reset_flow *state)
{
    enum confidence confidence;
    struct finding *finding = NULL;

    if (state->found == state->told || !confidence_of(state, &confidence))
        return;
    if (!state->counted) {
        choose_subject(context, flow, state);
        finding = report_about(context, &cases[INJECTED], confidence, &state->about, sizeof state->about, 1);
        state->counted = true;
    }
    if (finding != NULL) {
        report_flow(finding, flow);
        report_endpoint(finding, FACT_closer, &packet->source);
        report_ending(finding, flow, packet->from_client);
        state->client_told = packet->from_client;
        report_evidence(finding, state->by_client.first.frame);
        report_evidence(finding, state->by_server.first.frame);
    } else {
        finding = reported(context, &cases[INJECTED]);
        if (finding == NULL)
            finding = reported_about(context, &cases[INJECTED], &state->about, sizeof state->about);
        if (finding == NULL || (state->told == 0 && !report_adds(finding, confidence)))
            return;
        report_stronger(context, finding, confidence);
    }
    if (confidence >= CONFIDENCE_LIKELY)
        report_flag(finding, FACT_forged);
    report_signs(finding, state);
}

/* -- Signs of the RST itself ------------------------------------------------------------------- */

static bool
ttl_differs(struct context *context, uint8_t reset, uint8_t other)
{
    return ttl_is_from_elsewhere(reset, other, (int)threshold_value(context, 0));
}

/* Another distance than that of the SYN-ACK, which a SYN proxy may have sent, and of the data. */
static void
look_at_sender(struct context *context, const struct flow *flow, const struct packet *packet, const struct resets *mine,
               const struct resets *theirs, const struct sender *sender, struct reset_flow *state)
{
    const struct side *side = flow_sender(flow, packet);
    uint8_t data = side->data_ttl != 0 ? side->data_ttl : side->ttl;

    if (mine->first.for_syn || mine->over || (mine->count > 1 && mine->of_the_host))
        return;
    if (ttl_differs(context, packet->ttl, side->ttl) && ttl_differs(context, packet->ttl, data))
        note_sign(state, TTL, packet->ttl, data);
    if (sender->too_soon && theirs->count == 0)
        note_sign(state, TOO_SOON, (int32_t)(sender->delay / MILLISECONDS(1)),
                  (int32_t)(sender->usual_delay / MILLISECONDS(1)));
}

/* Windows of the RSTs of 2025-08-20: 1980, 1981, 1982 for a SYN; 3293, 3294, 3295 for a SYN-ACK. */
static bool
are_known_windows(uint32_t first, uint32_t next)
{
    return next == first + 1 && ((first >= 1980 && next <= 1982) || (first >= 3293 && next <= 3295));
}

/* What one more RST of a burst says. Those of a closed socket repeat what was acknowledged: never more than was sent. */
static void
look_at_burst(const struct flow *flow, const struct packet *packet, const struct resets *mine, struct reset_flow *state)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int32_t ahead = sequence_difference(packet->sequence, mine->first.sequence);

    if (mine->count == 1 || packet->time - mine->first.time > BURST)
        return;
    if (are_known_windows(mine->window, packet->window))
        note_sign(state, WINDOWS, (int32_t)mine->window, (int32_t)packet->window);
    if (ahead > 0 && ahead <= GUESS_MAX && sender->sequence_known &&
        sequence_difference(packet->sequence, sender->next_sequence) > 0)
        note_sign(state, ahead % GUESS_STEP == 0 || ahead == GUESS_FAR ? SECOND_GUESSED : SECOND_AHEAD, ahead, 0);
    if (mine->count >= 3 && mine->count > other->packets && flow->handshake.syn_frame != 0)
        note_sign(state, MORE_THAN_PACKETS, (int32_t)mine->count, (int32_t)other->packets);
}

static void
look_at_first(const struct flow *flow, const struct packet *packet, const struct resets *mine,
              const struct resets *theirs, struct reset_flow *state)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int64_t round_trip = flow->round_trip > 0 ? flow->round_trip : flow->usual_round_trip;
    int64_t limit = round_trip == 0 ? TOGETHER_UNKNOWN : round_trip / 2 < TOGETHER ? round_trip / 2 : TOGETHER;
    int64_t apart = packet->time - theirs->first.time;
    int32_t ahead = sequence_difference(packet->sequence, sender->next_sequence);

    if (mine->count > 1)
        return;
    if (sender->sequence_known && ahead > 0)
        note_sign(state, AHEAD, ahead, 0);
    if (theirs->count > 0 && theirs->last_frame == other->last_frame && apart <= limit && !mine->over)
        note_sign(state, TOGETHER_RESETS, (int32_t)(apart / MILLISECONDS(1)) + 1, 0);
}

/* -- The RST ----------------------------------------------------------------------------------- */

/* Whether the connection is one that this RST can end: not an attempt that it refuses (but see for_syn), not a stray number,
 * not an answer to a late segment, and not that of a client to a SYN-ACK: of one that it did not ask for, or its kernel's, where a
 * program writes its packets itself (a scanner). */
static bool
belongs(const struct flow *flow, const struct packet *packet, bool *for_syn)
{
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);

    *for_syn = !packet->from_client && flow->handshake.syn_frame != 0 && !sender->sequence_known;
    if (*for_syn)
        return (packet->flags & TCP_ACK) && packet->acknowledgment == flow->client_first_sequence;
    if (!sender->sequence_known || !other->sequence_known || reset_answers_stale(flow, packet))
        return false;
    if (packet->from_client && !flow->began_before && flow->handshake.completed_frame == 0)
        return false;
    int32_t away = sequence_difference(packet->sequence, sender->next_sequence);
    return away > -RESET_NEAR && away < RESET_NEAR;
}

/* Captured at the other side: what was sent in its name is its own. */
static bool
captured_at_other(struct context *context, const struct flow *flow, const struct packet *packet)
{
    return capture_point(context, flow) == (packet->from_client ? CAPTURED_AT_SERVER : CAPTURED_AT_CLIENT);
}

static void
take_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct sender sender;
    bool for_syn;

    if (!belongs(flow, packet, &for_syn))
        return;
    struct reset_flow *state = flow_state(context);
    struct resets *mine = packet->from_client ? &state->by_client : &state->by_server;
    const struct resets *theirs = packet->from_client ? &state->by_server : &state->by_client;
    packet_sender(context, flow, packet, &sender);
    if (mine->count++ == 0) {
        reset_take(&mine->first, flow, packet, for_syn);
        mine->over = connection_was_over(context, flow, packet) ||
                     (theirs->count > 0 && captured_at_other(context, flow, packet));
        mine->of_the_host = sender.place == SENDER_HOST;
    }
    if (reset_data_of(&packet->payload) == RESET_INJECTOR)
        note_sign(state, INJECTORS_DATA, 0, 0);
    look_at_sender(context, flow, packet, mine, theirs, &sender, state);
    look_at_first(flow, packet, mine, theirs, state);
    look_at_burst(flow, packet, mine, state);
    mine->window = packet->window;
    mine->last_frame = packet->frame;
    tell(context, flow, packet, state);
    struct finding *finding = reported(context, &cases[INJECTED]);
    if (finding != NULL)
        report_ending(finding, flow, state->client_told);
}

/* The RST came from as far away as the handshake, and what comes after it from elsewhere: not the RST is forged. */
static bool
is_forged_after(const struct flow *flow, const struct packet *packet, const struct reset *reset)
{
    uint8_t own = flow_sender(flow, packet)->ttl;
    return own != 0 && reset->ttl == own && packet->ttl != own;
}

/* What comes after it. */
static void
check_goes_on(struct context *context, const struct flow *flow, const struct packet *packet)
{
    static const enum sign of[] = {
        [RESET_ACCEPTS_SYN] = ACCEPTS_SYN, [RESET_GOES_ON] = TALKS_ON, [RESET_IS_UNKNOWN] = ACKNOWLEDGES};
    struct reset_flow *state = flow_state(context);
    struct resets *resets = packet->from_client ? &state->by_client : &state->by_server;
    struct reset *reset = &resets->first;
    enum reset_denial denial = resets->count > 0 ? reset_denied(reset, flow, packet, !resets->over) : RESET_STANDS;

    if (denial == RESET_STANDS || is_forged_after(flow, packet, reset))
        return;
    note_sign(state, of[denial], 0, 0);
    if (ttl_differs(context, reset->ttl, packet->ttl) && !(state->found & 1u << TTL))
        note_sign(state, TTL_LATER, reset->ttl, packet->ttl);
    if (reset->acknowledges && !reset->timestamp && packet->has_timestamp && !reset->for_syn)
        note_sign(state, NO_TIMESTAMPS, 0, 0);
    tell(context, flow, packet, state);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->flags & TCP_RST)
        take_reset(context, flow, packet);
    else
        check_goes_on(context, flow, packet);
}

const struct detector policy_injected_detector = {
    .family = "policy",
    .summary = "RSTs that the peer did not send",
    .sees = SEES_AFTER_RESET,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct reset_flow),
    .on_packet = on_packet,
};
