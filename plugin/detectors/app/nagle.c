/* Small writes that wait for a delayed acknowledgment.
 *
 * A program writes a message in two pieces, such as a header and a body. Nagle's algorithm holds the second one back until the first is
 * acknowledged (RFC 9293, 3.7.4). The receiver has nothing to send before it has all of the message, so it delays its ACK (RFC 9293,
 * 3.8.6.3): by about 40 ms on Linux, by up to 200 ms on others. Each message takes that much longer, on whatever network.
 *
 * A program that sends something at a steady pace may hit that moment as well, but then each of its segments does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { WAITS };

static const struct threshold thresholds[] = {
    [WAITS] = {"nagle_waits",
               {"App: waits for delayed ACKs",
                "So many small segments of a connection must have waited for a delayed ACK"},
               5,
               2,
               10000},
};

enum { NAGLE };

/* clang-format off */
static const struct case_info cases[] = {
    [NAGLE] = {
        .id = "app.nagle_delayed_ack",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "Small writes wait for delayed ACKs",
            .summary = "[{client}{?by_client}][{server}{?by_server}] held back {attempts} small segments (threshold {limit}) until the "
                       "one before was acknowledged, the newest for {delay}, although the round trip is {round_trip}. Connection "
                       "{client} to {server}.",
            .causes = "The program on this side writes a message in several pieces (header, then body), or one small message after the "
                      "other, without TCP_NODELAY, and the other side delays its ACK: Nagle's algorithm and delayed ACK together. It "
                      "costs this time again and again; the network takes the round trip only.\n"
                      "The TCP of this side can have one segment on its way at a time only (small devices: uIP, lwIP).",
            .checks = "On this side, in the program or its driver: write each message at once (buffer, writev), or set TCP_NODELAY. "
                      "That cures it.\n"
                      "[On the client, which process it is. strace shows in which pieces it writes, and whether it sets "
                      "TCP_NODELAY when it connects: `ss -tnp dst {server.address}`{?by_client}]\n"
                      "[On the server, which process it is. strace shows in which pieces it writes, and whether it sets "
                      "TCP_NODELAY when it accepts: `ss -tlnp 'sport = :{server.port}'`{?by_server}]\n"
                      "[If the program can't be changed and the server is Linux: the option quickack of the server's route to the "
                      "client, see ip-route(8). The route is: `ip route get {client.address}`{?by_client}]\n"
                      "[If the program can't be changed and the client is Linux: the option quickack of the client's route to the "
                      "server, see ip-route(8). The route is: `ip route get {server.address}`{?by_server}]",
            .disproof = "The program writes the later piece only after the ACK has come, as strace shows: then it paces itself.",
        },
        .source = "RFC 9293, 3.7.4 and 3.8.6.3; RFC 896",
        .silent_on = "a path of that round trip\n"
                     "a program that sends at a steady pace",
    },
};
/* clang-format on */

/* How long receivers delay an ACK: Linux at least 40 ms, and what its timer is late; others, such as Windows, up to 200 ms. On a path of
 * LONGEST_PATH and more, round trips look like that. */
static const int64_t LINUX_LEAST = MILLISECONDS(35), LINUX_MOST = MILLISECONDS(45);
static const int64_t OTHER_LEAST = MILLISECONDS(190), OTHER_MOST = MILLISECONDS(210);
static const int64_t LONGEST_PATH = MILLISECONDS(10);
/* What a kernel takes to send what it has held back. */
static const int64_t AT_ONCE = MILLISECONDS(1);
/* What comes later by less than this is sent at a pace. */
static const int64_t A_LITTLE_LATER = MILLISECONDS(10);

/* Of one side. */
struct waits {
    uint32_t count;
    uint32_t first_frame;
    int64_t first_time;
    uint32_t end; /* sequence number behind the newest segment that waited */
};

struct nagle_flow {
    struct waits by_client, by_server;
};

static bool
is_delayed(int64_t wait, int64_t round_trip)
{
    return (wait >= LINUX_LEAST && wait <= LINUX_MOST + round_trip) ||
           (wait >= OTHER_LEAST && wait <= OTHER_MOST + round_trip);
}

/* The culprit is a program of the client that talks to this service, or the service. */
static struct finding *
report_program(struct context *context, const struct flow *flow, bool from_client)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    if (!from_client)
        memset(&key.client, 0, sizeof key.client);
    return report_about(context, &cases[NAGLE], CONFIDENCE_LIKELY, &key, sizeof key, 1);
}

static void
report_waits(struct context *context, const struct flow *flow, const struct packet *packet, const struct waits *waits,
             int64_t round_trip)
{
    struct finding *finding = report_program(context, flow, packet->from_client);
    if (finding == NULL)
        return;
    report_series(finding, waits->count, waits->first_frame, waits->first_time);
    report_flow(finding, flow);
    report_flag(finding, packet->from_client ? FACT_by_client : FACT_by_server);
    report_count(finding, FACT_attempts, waits->count);
    report_count(finding, FACT_limit, threshold_value(context, WAITS));
    report_duration(finding, FACT_delay, packet->released);
    report_duration(finding, FACT_round_trip, round_trip);
    report_evidence(finding, waits->first_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *sender = flow_sender(flow, packet);
    int64_t round_trip = flow->round_trip != 0 ? flow->round_trip : sender->shortest_round_trip;
    if (round_trip == 0 || round_trip >= LONGEST_PATH || sender->shortest_round_trip >= LONGEST_PATH ||
        sender->sends_at_once || packet->copy_of != 0 || !is_delayed(packet->released, round_trip))
        return;
    struct nagle_flow *state = flow_state(context);
    struct waits *waits = packet->from_client ? &state->by_client : &state->by_server;
    if (packet->quiet > AT_ONCE + flow->round_trip) {
        if (packet->quiet < A_LITTLE_LATER + flow->round_trip)
            waits->count = 0;
        return;
    }
    bool paced = waits->end == packet->sequence && waits->count > 0;
    waits->end = packet->sequence + packet->payload.length;
    if (paced)
        return;
    if (waits->count++ == 0) {
        waits->first_frame = packet->frame;
        waits->first_time = packet->time;
    }
    if (waits->count >= threshold_value(context, WAITS))
        report_waits(context, flow, packet, waits, round_trip);
}

const struct detector app_nagle_detector = {
    .family = "app",
    .summary = "Small writes that wait for a delayed acknowledgment",
    .sees = SEES_RELEASED,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct nagle_flow),
    .on_packet = on_packet,
};
