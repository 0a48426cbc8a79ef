/* Applications that do not read what arrives for them.
 *
 * A receive window of 0 tells the sender to stop (RFC 9293, 3.8.6): the receiver's buffer is full, because its application does not
 * read. The sender probes, and each answer says the same. In a fast transfer that is over at once. If it lasts, the transfer hangs,
 * and the network is blamed although it carries every probe and every answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { ZERO_MILLISECONDS };

static const struct threshold thresholds[] = {
    [ZERO_MILLISECONDS] = {"zero_window_milliseconds",
                           {"App: receive window closed for (ms)",
                            "A receive window must be 0 for so many milliseconds"},
                           1000,
                           100,
                           3600000},
};

enum { ZERO };

/* clang-format off */
static const struct case_info cases[] = {
    [ZERO] = {
        .id = "app.zero_window",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Application does not read its data",
            .summary = "[{client}{?by_client}][{server}{?by_server}] kept its receive window at 0 for {delay} (threshold {threshold}, "
                       "{closed_share} % of the connection's time so far) although the other side had data for it. Probes were answered. "
                       "Connection {client} to {server}.",
            .causes = "The application on this side does not read from its socket: it is blocked (lock, disk, a call to another service), "
                      "overloaded, stopped, or has forgotten the connection. The network has carried each probe and its answer.\n"
                      "It writes what it gets to something that is slow itself, such as a disk or the next service.\n"
                      "It slows the sender down on purpose: a player whose buffer is full, a rate limit.",
            .checks = "[On the client, Recv-Q of the connection and its process. A large one is not read: `ss -tnmp dst {server.address}`"
                      "{?by_client}]\n"
                      "[On the server, Recv-Q of the connection and its process. A large one is not read: `ss -tnmp 'sport = "
                      ":{server.port}'`{?by_server}]\n"
                      "What that process waits for: a thread dump (jstack, py-spy dump, gdb) or strace.",
            .disproof = "The process reads all the time (strace) and Recv-Q is empty: then a device on the way closes the window in its "
                        "name.",
        },
        .source = "RFC 9293, 3.8.6",
        .silent_on = "short closings in bulk transfer\n"
                     "window of a RST\n"
                     "SYNPROXY",
    },
};
/* clang-format on */

/* Of one side as a receiver, the newest time in which it was closed. */
struct closed {
    uint32_t frame; /* 0 = it was not */
    uint32_t acknowledgment;
    uint32_t probe_frame; /* of the other side's newest probe, or data that it sends again */
    int64_t since, lasted;
    int64_t before; /* how long it was closed at other times */
};

struct zero_window {
    struct closed by_client, by_server;
};

/* The SYN-ACK of a proxy (SYNPROXY) has window 0, too, as long as it has no connection to the server; what was accepted tells that there
 * is one. And who has closed reads no more. */
static bool
is_reader(const struct flow *flow, const struct packet *packet)
{
    const struct side *side = flow_sender(flow, packet);
    bool began =
        packet->from_client || flow->handshake.syn_frame == 0 || side->acknowledgment != flow->client_first_sequence;
    return began && side->fin_frame == 0 && side->rst_frame == 0;
}

static void
report_closed(struct context *context, const struct flow *flow, const struct packet *packet,
              const struct closed *closed)
{
    int64_t age = time_gap(flow->first_time, packet->time);
    struct finding *finding = report(context, &cases[ZERO], CONFIDENCE_CONFIRMED);
    if (finding != NULL) {
        report_flow(finding, flow);
        report_flag(finding, packet->from_client ? FACT_by_client : FACT_by_server);
        report_duration(finding, FACT_threshold, MILLISECONDS(threshold_value(context, ZERO_MILLISECONDS)));
        report_evidence(finding, closed->frame);
        report_evidence(finding, closed->probe_frame);
    } else {
        finding = reported(context, &cases[ZERO]);
    }
    report_duration(finding, FACT_delay, closed->lasted);
    report_count(finding, FACT_closed_share, (uint64_t)((closed->before + closed->lasted) / (age / 100 + 1)));
}

/* Nothing more was accepted: it is closed all the time. */
static void
take_closed(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct zero_window *state = flow_state(context);
    struct closed *closed = packet->from_client ? &state->by_client : &state->by_server;
    if (closed->frame == 0 || closed->acknowledgment != packet->acknowledgment) {
        *closed = (struct closed){.frame = packet->frame,
                                  .acknowledgment = packet->acknowledgment,
                                  .since = packet->time,
                                  .before = closed->before + closed->lasted};
        return;
    }
    if (closed->probe_frame == 0)
        return;
    closed->lasted = time_gap(closed->since, packet->time);
    if (closed->lasted >= MILLISECONDS(threshold_value(context, ZERO_MILLISECONDS)))
        report_closed(context, flow, packet, closed);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->copy_of != 0)
        return; /* another mirror session has brought it */
    if (flow_receiver(flow, packet)->closed_window && (packet->keepalive_probe || packet->retransmission)) {
        struct zero_window *state = flow_state(context);
        struct closed *closed = packet->from_client ? &state->by_server : &state->by_client;
        closed->probe_frame = packet->frame;
    }
    if (flow_sender(flow, packet)->closed_window && packet->window == 0 && is_reader(flow, packet))
        take_closed(context, flow, packet);
}

const struct detector app_zero_window_detector = {
    .family = "app",
    .summary = "Applications that do not read what arrives for them",
    .sees = SEES_REPEATED | SEES_CLOSED,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct zero_window),
    .on_packet = on_packet,
};
