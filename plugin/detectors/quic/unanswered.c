/* QUIC that does not get through.
 *
 * A client of HTTP/3 begins with a UDP datagram of at least 1200 bytes, an Initial packet, and sends it again after a second or less, each
 * time later. Any server answers it, if only to say which versions it speaks. Where nothing comes back, a firewall drops UDP although the
 * server offers HTTP/3. Browsers go on with TCP after a while, so the page is slow and not broken; other programs fail.
 *
 * Source: RFC 9000, 14.1 and 17.2.2; RFC 9002, 6.2; a site whose own firewall let TCP port 443 in only, and whose server offered HTTP/3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { INITIALS };

static const struct threshold thresholds[] = {
    [INITIALS] = {"initials",
                  {"QUIC: Initials without answer",
                   "The first packet of a QUIC connection must be sent so many times without any answer of the server"},
                  3,
                  2,
                  20},
};

enum { UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [UNANSWERED] = {
        .id = "quic.unanswered",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "QUIC server does not answer",
            .summary = "{client} sent the first packet of a QUIC connection to {server} {attempts} times (threshold {limit}) within {delay}, "
                       "and nothing came back[; TCP to the same port works{?server_up}].",
            .causes = "A firewall, security group or provider on the way drops UDP port {server.port}. Browsers go on with TCP after a while.\n"
                      "The server or its DNS offers HTTP/3, and no load balancer or program takes UDP port {server.port} there.\n"
                      "[The server is down, or nothing of it can be reached{!server_up}.]\n"
                      "Packets of 1200 bytes do not pass the path, or the answers do not.",
            .checks = "From another network, does HTTP/3 work: `curl --http3-only -skv -o /dev/null https://{server.address}:{server.port}/`\n"
                      "On the server. If the packets arrive, look there and at the way back: `tcpdump -ni any 'udp port {server.port} and host "
                      "{client.address}'`\n"
                      "On the server, does a program listen: `ss -lunp 'sport = :{server.port}'`\n"
                      "In the console, security group and listeners of the load balancer: is UDP {server.port} there beside TCP?\n"
                      "Until it passes, the server should not offer it: is there an Alt-Svc header? `curl -skI https://{server.address}/`",
            .disproof = "A UDP packet of {server} to {client}, later in this capture or in one made closer to the server.",
        },
        .source = "RFC 9000, 17.2.2; RFC 9002, 6.2; HTTP/3 behind a firewall that passes TCP port 443 only",
        .silent_on = "a race that TCP wins\none lost Initial\nblind direction",
    },
};
/* clang-format on */

/* A ClientHello may need two datagrams, which leave together. */
static const int64_t TOGETHER = MILLISECONDS(150);

/* A browser that has TCP by then gives QUIC up sooner. */
static const int64_t RUN_TIME = MILLISECONDS(500);

/* The slowest path and a busy server. */
static const int64_t ANSWER_TIME = SECONDS(1);

/* For so long the capture may show that it has both directions: often the connection by TCP does, which comes next. */
static const int64_t PROOF_TIME = SECONDS(30);

/* Of a flow that begins with an Initial, by its number: few do. */
struct quic_flow {
    uint8_t initials; /* up to the largest threshold; those that leave together count once */
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    uint32_t finding; /* number, 0 = not reported */
};

/* Whether anything was told yet: until then nothing can refute or confirm it. */
struct quic_capture {
    bool told;
};

static struct quic_flow *
state_of(struct context *context, const struct flow *flow)
{
    return keyed_state_of_all(context, 0, &flow->number, sizeof flow->number, sizeof(struct quic_flow));
}

static bool
nothing_told(struct context *context)
{
    const struct quic_capture *capture = capture_state(context);
    return !capture->told;
}

/* RFC 9000, 17.2 and 17.2.2; RFC 9369, 3.2. A client makes the datagram at least this large, so that the path is known to carry it. */
static bool
is_initial(const struct payload *payload)
{
    enum { LEAST = 1200, HEADER = 6, LONG_AND_FIXED = 0xc0, TYPE = 0x30, TYPE_OF_2 = 0x10, ID_LEAST = 8, ID_MOST = 20 };
    const uint8_t *bytes = payload->bytes;

    if (payload->length < LEAST || payload->captured < HEADER || (bytes[0] & LONG_AND_FIXED) != LONG_AND_FIXED)
        return false;
    uint32_t version = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    bool draft = version >> 8 == 0xff0000;
    uint8_t type = version == 0x6b3343cf ? TYPE_OF_2 : 0;
    return (version == 1 || draft || type == TYPE_OF_2) && (bytes[0] & TYPE) == type && bytes[5] >= ID_LEAST &&
           bytes[5] <= ID_MOST;
}

static void
note_initial(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct quic_flow *state = state_of(context, flow);
    unsigned limit = threshold_value(context, INITIALS);

    if (state->initials > 0 && time_gap(state->last_time, packet->time) < TOGETHER)
        return;
    if (state->initials == 0) {
        state->first_frame = packet->frame;
        state->first_time = packet->time;
    }
    if (state->initials < UINT8_MAX)
        state->initials++;
    state->last_frame = packet->frame;
    state->last_time = packet->time;
    if (state->finding != 0)
        report_again(context, state->finding);
    else if (state->initials >= limit && time_gap(state->first_time, packet->time) >= RUN_TIME)
        wake_at(context, packet->time + ANSWER_TIME);
}

/* An answer after all. */
static void
take_answer(struct context *context, const struct flow *flow)
{
    struct quic_flow *state = state_of(context, flow);
    struct finding *finding = state->finding != 0 ? reported_number(context, state->finding) : NULL;
    if (finding != NULL)
        report_withdraw(context, finding);
    state->finding = 0;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!packet->from_client) {
        if (!nothing_told(context))
            take_answer(context, flow);
    } else if (flow->by_server.packets == 0 && is_initial(&packet->payload)) {
        note_initial(context, flow, packet);
    }
}

/* TCP at the same port shows that the server is there. */
static void
report_server_up(struct finding *finding, uint32_t frame)
{
    report_flag(finding, FACT_server_up);
    report_ruled_out(finding, "a server that is down: it accepts TCP connections of this client at the same port",
                     "服务器宕机：它在同一端口接受该客户端的 TCP 连接", frame);
}

/* Nothing is due any more. Where an ICMP error came, that says why, and is a case of its own. */
static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    struct quic_flow *state = state_of(context, flow);
    struct client_at_server key;
    if (!conversations_visible(context, flow)) {
        if (time_gap(state->last_time, now) < PROOF_TIME)
            wake_at(context, now + ANSWER_TIME);
        return;
    }
    if (state->finding != 0 || flow->by_server.packets > 0 || flow->icmp_error_frame != 0 ||
        !answers_visible(context, flow, true))
        return;
    bool one_way = session_is_one_way_so_far(session_of(context, flow->by_client.session));
    flow_client_at_server(flow, &key);
    struct finding *finding = report_about(context, &cases[UNANSWERED],
                                           one_way ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    state->finding = finding_number(finding);
    ((struct quic_capture *)capture_state(context))->told = true;
    report_series(finding, state->initials, state->first_frame, state->first_time);
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, state->initials);
    report_count(finding, FACT_limit, threshold_value(context, INITIALS));
    report_duration(finding, FACT_delay, state->last_time - state->first_time);
    report_evidence(finding, state->first_frame);
    report_evidence(finding, state->last_frame);
    struct control_list ports = ports_tried(context, flow);
    const struct control *tcp = control_of_port(&ports, flow->server.port);
    if (tcp != NULL && tcp->good_frame != 0)
        report_server_up(finding, tcp->good_frame);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    if (flow->protocol != PROTOCOL_TCP || flow->attempt.outcome != OUTCOME_ANSWERED || nothing_told(context))
        return;
    flow_client_at_server(flow, &key);
    struct finding *finding = reported_about(context, &cases[UNANSWERED], &key, sizeof key);
    if (finding != NULL)
        report_server_up(finding, flow->attempt.frame);
}

const struct detector quic_unanswered_detector = {
    .family = "quic",
    .summary = "QUIC, which HTTP/3 runs on, that does not get through",
    .sees = SEES_UDP | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .capture_state_size = sizeof(struct quic_capture),
    .on_packet = on_packet,
    .on_wake = on_wake,
    .on_outcome = on_outcome,
};
