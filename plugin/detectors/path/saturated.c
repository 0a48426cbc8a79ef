/* Links that are full.
 *
 * A link that gets more than it can carry shows it by three things at once: the throughput stops growing and
 * sits on a plateau, the queue before the bottleneck fills so that round trips grow, and what no longer fits into
 * it is lost. All who share the link suffer, also those who send little: a mesh of nodes flaps because one
 * compromised host fills the uplink; a migration stalls because 200 Mbit/s were purchased.
 *
 * One of the three alone means nothing: a sender or receiver that is limited by its window or its disk makes a
 * plateau as well, a bad line loses, a long way or a busy host answers late. And a burst of some seconds is what
 * links are for. A single connection on a plateau may be what its own ends make of it: then the queue must drain when
 * it is over.
 *
 * Source: a migration whose uplink was at its limit of 200 Mbit/s; an operator's report on an uplink that a
 * compromised host filled.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

/* Throughput is the mean of two INTERVALs, as senders do not send evenly; a longer one than PAUSE says that little
 * is going on. Rates are equal if they reach EQUAL_PERCENT of the highest. Slower than SLOW (bytes per second) is
 * no link that is full, but something that happens regularly. When senders have found the limit, they lose little
 * for a while: the LEAD intervals before the plateau count as well. */
static const int64_t INTERVAL = SECONDS(1), PAUSE = SECONDS(2);
enum { EQUAL_PERCENT = 80, SLOW = 12500, LEAD = 5 };

/* A round trip has grown if it is twice the usual one, and by more than a busy host or a neighbour's Wi-Fi adds.
 * Under NEAR the other host is a neighbour, which the link does not concern. Samples of one moment are one. */
enum { ROUND_TRIPS = 3 };
static const int64_t GROWN = MILLISECONDS(10), NEAR = MILLISECONDS(1), MOMENT = MILLISECONDS(100);

/* Percent of the bytes that one connection must leave to others on a plateau that is theirs together. */
enum { LEFT_TO_OTHERS = 10 };

/* So many of the hosts that sent most are named, each with so many percent at least. */
enum { TALKERS_SHOWN = 3, SHARE_SHOWN = 10 };

enum { PLATEAU_SECONDS, LOSSES };

static const struct threshold thresholds[] = {
    [PLATEAU_SECONDS] = {"saturated_seconds",
                         {"Saturation: plateau (s)", "The throughput must sit on a plateau for so many seconds"},
                         5,
                         2,
                         3600},
    [LOSSES] = {"saturated_losses",
                {"Saturation: retransmissions", "So many packets must be sent again during the plateau"},
                3,
                1,
                100000},
};

enum { SATURATED };

/* clang-format off */
static const struct case_info cases[] = {
    [SATURATED] = {
        .id = "path.saturated",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "A link is full",
            .summary = "The throughput has been at {bit_rate} for {delay} (threshold {threshold})[, which matches "
                       "{purchased}]; meanwhile the round trip grew from {round_trip_before} to {round_trip}, and "
                       "{retransmissions} packets were sent again (threshold {limit}).",
            .causes = "The bandwidth that was purchased, or that a traffic shaper allows, is used up: the queue before the "
                      "bottleneck is full. By bytes sent: {row}.\n"
                      "A host that sends what it should not: compromised (floods to many destinations), a backup or a "
                      "migration at the wrong time.\n"
                      "An attack fills the link from outside.\n"
                      "A device on the way (firewall, NAT, gateway) is at its limit of packets or CPU, not the link.",
            .checks = "On the router or gateway, is the interface (IF) at its limit, and by whom: `iftop -nP -i IF; "
                      "sar -n DEV 1 5; tc -s qdisc show dev IF`\n"
                      "Console: bandwidth graph of the public address or line, against what was purchased; are "
                      "packets dropped by the limit?\n"
                      "The same with less load; the round trip must fall at once: `ping -i 0.2 {server.address}`\n"
                      "If one host fills the link, limit it first (IF is its interface): `tc qdisc add dev IF root "
                      "tbf rate 20mbit burst 32k latency 50ms`\n"
                      "Give the migration or backup a rate limit below the bandwidth: rsync --bwlimit, curl "
                      "--limit-rate, iperf3 -b to measure.",
            .disproof = "The interface counters of the suspected link stay well below its bandwidth, or the round trip to "
                        "{server.address} stays long when the transfer is stopped.",
        },
        .source = "a migration whose uplink reached its 200 Mbit/s; an operator's report on a full uplink; RFC 7567",
        .silent_on = "a short burst\na rate limit at the server\na receive window that limits\nloss on a path that has room",
    },
};
/* clang-format on */

/* What a stretch of equal throughput showed so far. */
struct plateau {
    bool is_on;
    int64_t start;
    uint64_t start_bytes;
    uint64_t lowest, highest; /* bytes per second */
    uint32_t first_frame;
    unsigned losses;
    unsigned grown, usual;   /* round trips that had grown, and that had not */
    int64_t sample_time;     /* of the newest round trip */
    int64_t sum, sum_before; /* of those that had grown */
    struct endpoint server;  /* of the last of those */
    struct endpoint client;
    uint32_t grown_flow;    /* on which they had first */
    bool grown_elsewhere;   /* on another one as well */
    uint32_t largest_flow;  /* that has more bytes than all others, if one has: by the method of Boyer and Moore */
    uint64_t largest_lead;  /* bytes that it has more than the others, at least */
    struct talkers talkers; /* of the packets that were sampled */
};

/* A place of the capture: outside of sessions, or one session. */
struct vantage {
    bool reported, started;
    uint32_t session; /* its number, 0 = none */
    int64_t interval_start;
    uint64_t interval_bytes;
    uint64_t previous_rate;                   /* of the interval before */
    unsigned losses, lead[LEAD], lead_losses; /* in this interval, in those before, and all of these */
    struct plateau plateau;
    struct plateau over; /* the newest plateau that was one connection's, and is over */
    int64_t over_time;
    uint64_t over_bytes;
};

/* -- Reporting ------------------------------------------------------------------------------- */

/* Sizes in which bandwidth is sold, up to a tenth less as headers of lower layers count, or a little more. */
static void
report_purchased(struct finding *finding, uint64_t bits)
{
    static const unsigned sizes[] = {1, 2, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t size = sizes[i] * UINT64_C(1000000);
        if (bits * 100 < size * 93 || bits * 100 > size * 102)
            continue;
        char text[32];
        snprintf(text, sizeof text, "%u Mbit/s", sizes[i]);
        report_text(finding, FACT_purchased, text);
    }
}

static void
report_talkers(struct finding *finding, const struct plateau *plateau)
{
    struct talkers rest = plateau->talkers;
    for (unsigned shown = 0; shown < TALKERS_SHOWN; shown++) {
        struct talker most = talkers_take(&rest);
        uint64_t share = rest.bytes > 0 ? most.bytes * 100 / rest.bytes : 0;
        if (share < SHARE_SHOWN && shown > 0)
            return;
        char address[ADDRESS_TEXT_SIZE], text[ADDRESS_TEXT_SIZE + 16];
        address_format(&most.address, address);
        snprintf(text, sizeof text, "%s %u %%", address, (unsigned)share);
        report_text(finding, FACT_row, text);
    }
}

static void
report_plateau(struct context *context, struct vantage *vantage, const struct plateau *plateau, int64_t time,
               uint64_t bytes)
{
    int64_t lasted = time - plateau->start;
    const struct session *session = session_of(context, vantage->session);
    bool copies_lost = session != NULL && session->gaps > 0;
    struct finding *finding = report(context, &cases[SATURATED], copies_lost ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);

    if (finding == NULL)
        return;
    vantage->reported = true;
    uint64_t bits = (bytes - plateau->start_bytes) * 8000 / ((uint64_t)lasted / MILLISECONDS(1));
    report_endpoint(finding, FACT_client, &plateau->client);
    report_endpoint(finding, FACT_server, &plateau->server);
    report_count(finding, FACT_bit_rate, bits);
    report_purchased(finding, bits);
    report_duration(finding, FACT_delay, lasted);
    report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, PLATEAU_SECONDS)));
    report_duration(finding, FACT_round_trip_before, plateau->sum_before / plateau->grown);
    report_duration(finding, FACT_round_trip, plateau->sum / plateau->grown);
    report_count(finding, FACT_retransmissions, plateau->losses);
    report_count(finding, FACT_limit, threshold_value(context, LOSSES));
    report_talkers(finding, plateau);
    report_evidence(finding, plateau->first_frame);
}

/* -- Throughput ------------------------------------------------------------------------------ */

static void
start_plateau(struct plateau *plateau, const struct vantage *vantage, uint64_t rate, uint32_t frame)
{
    memset(plateau, 0, sizeof *plateau);
    plateau->is_on = true;
    plateau->start = vantage->interval_start;
    plateau->start_bytes = vantage->interval_bytes;
    plateau->lowest = plateau->highest = rate;
    plateau->losses = vantage->lead_losses;
    plateau->first_frame = frame;
}

/* Whether the rate belongs to the plateau, which it may raise or lower a little. */
static bool
continues(struct plateau *plateau, uint64_t rate)
{
    uint64_t lowest = rate < plateau->lowest ? rate : plateau->lowest;
    uint64_t highest = rate > plateau->highest ? rate : plateau->highest;
    if (!plateau->is_on || lowest * 100 < highest * EQUAL_PERCENT)
        return false;
    plateau->lowest = lowest;
    plateau->highest = highest;
    return true;
}

/* Whether the plateau lasted, lost, and answered late. */
static bool
is_full(struct context *context, const struct plateau *plateau, int64_t time)
{
    return plateau->is_on && time - plateau->start >= SECONDS(threshold_value(context, PLATEAU_SECONDS)) &&
           plateau->losses >= threshold_value(context, LOSSES) && plateau->grown >= ROUND_TRIPS &&
           plateau->grown > plateau->usual;
}

static bool
is_shared(const struct plateau *plateau)
{
    return plateau->grown_elsewhere || plateau->largest_lead * 100 < plateau->talkers.bytes * (100 - LEFT_TO_OTHERS);
}

static void
check_plateau(struct context *context, struct vantage *vantage, int64_t time, uint64_t bytes)
{
    const struct plateau *plateau = &vantage->plateau;
    if (!vantage->reported && is_shared(plateau) && is_full(context, plateau, time))
        report_plateau(context, vantage, plateau, time, bytes);
}

/* The plateau ends at this time: one connection's is kept until its queue has drained. */
static void
end_plateau(struct context *context, struct vantage *vantage, int64_t time, uint64_t bytes)
{
    if (is_full(context, &vantage->plateau, time)) {
        vantage->over = vantage->plateau;
        vantage->over_time = time;
        vantage->over_bytes = bytes;
    }
    vantage->plateau.is_on = false;
}

static void
push_losses(struct vantage *vantage)
{
    vantage->lead_losses += vantage->losses - vantage->lead[LEAD - 1];
    memmove(vantage->lead + 1, vantage->lead, (LEAD - 1) * sizeof *vantage->lead);
    vantage->lead[0] = vantage->losses;
    vantage->losses = 0;
}

static void
end_interval(struct context *context, struct vantage *vantage, const struct packet *packet)
{
    uint64_t bytes = bytes_so_far(context, vantage->session);
    int64_t lasted = packet->time - vantage->interval_start;

    push_losses(vantage);
    if (!vantage->started || lasted < 0 || lasted > PAUSE) {
        end_plateau(context, vantage, vantage->interval_start, vantage->interval_bytes);
        vantage->previous_rate = 0;
    } else {
        uint64_t now = (bytes - vantage->interval_bytes) * 1000 / (uint64_t)(lasted / MILLISECONDS(1));
        uint64_t rate = vantage->previous_rate > 0 ? (now + vantage->previous_rate) / 2 : now;
        vantage->previous_rate = now;
        bool goes_on = rate >= SLOW && continues(&vantage->plateau, rate);
        if (goes_on)
            check_plateau(context, vantage, packet->time, bytes);
        else
            end_plateau(context, vantage, vantage->interval_start, vantage->interval_bytes);
        if (!goes_on && rate >= SLOW)
            start_plateau(&vantage->plateau, vantage, rate, packet->frame);
    }
    vantage->started = true;
    vantage->interval_start = packet->time;
    vantage->interval_bytes = bytes;
}

static void
note_flow(struct plateau *plateau, const struct flow *flow, const struct packet *packet)
{
    if (plateau->largest_flow == flow->number) {
        plateau->largest_lead += packet->ip_length;
    } else if (plateau->largest_lead >= packet->ip_length) {
        plateau->largest_lead -= packet->ip_length;
    } else {
        plateau->largest_flow = flow->number;
        plateau->largest_lead = packet->ip_length - plateau->largest_lead;
    }
}

/* -- Round trips ----------------------------------------------------------------------------- */

static bool
has_grown(int64_t usual, int64_t round_trip)
{
    return round_trip >= 2 * usual && round_trip >= usual + GROWN;
}

static void
note_round_trip(struct plateau *plateau, const struct flow *flow, const struct packet *packet, int64_t usual,
                int64_t round_trip)
{
    if (usual == 0 || round_trip == 0 || packet->time - plateau->sample_time < MOMENT)
        return;
    if (has_grown(usual, round_trip)) {
        plateau->grown++;
        plateau->grown_elsewhere |= plateau->grown_flow != 0 && plateau->grown_flow != flow->number;
        plateau->grown_flow = flow->number;
        plateau->sum += round_trip;
        plateau->sum_before += usual;
        plateau->client = flow->client;
        plateau->server = flow->server;
    } else if (usual >= NEAR && flow->first_time < plateau->start) {
        plateau->usual++;
    } else {
        return; /* what is usual to a flow that began on the plateau may have grown already */
    }
    plateau->sample_time = packet->time;
}

/* What was measured since the last sample, of either side's data. */
static void
note_bulk(struct plateau *plateau, const struct flow *flow, const struct packet *packet)
{
    const struct side *sides[] = {&flow->by_client, &flow->by_server};
    for (unsigned i = 0; i < 2; i++)
        if (sides[i]->round_trip_time > plateau->sample_time && packet->time - sides[i]->round_trip_time < INTERVAL)
            note_round_trip(plateau, flow, packet, flow_handshake_round_trip(flow, i == 0), sides[i]->round_trip);
}

static void
note_loss(struct vantage *vantage)
{
    vantage->losses++;
    vantage->plateau.losses++;
}

/* Whether the way of the connection that had the plateau is free again. */
static bool
has_drained(const struct vantage *vantage, const struct flow *flow)
{
    const struct side *sides[] = {&flow->by_client, &flow->by_server};
    bool drained = false;
    for (unsigned i = 0; i < 2; i++) {
        int64_t usual = flow_handshake_round_trip(flow, i == 0);
        drained |=
            usual != 0 && sides[i]->round_trip_time > vantage->over_time && !has_grown(usual, sides[i]->round_trip);
    }
    return drained && flow->number == vantage->over.grown_flow;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct vantage *vantage = keyed_state_of_all(context, 0, &packet->session, sizeof packet->session, sizeof *vantage);
    if (vantage->reported)
        return;
    vantage->session = packet->session;
    struct plateau *plateau = &vantage->plateau;
    if (packet->sampled) {
        if (!vantage->started || packet->time - vantage->interval_start >= INTERVAL ||
            packet->time < vantage->interval_start)
            end_interval(context, vantage, packet);
        if (plateau->is_on) {
            note_flow(plateau, flow, packet);
            talkers_add(&plateau->talkers, &packet->source.address, packet->ip_length);
        }
    }
    if (packet->loss != NOT_LOST)
        note_loss(vantage);
    else if (packet->protocol != PROTOCOL_TCP)
        return;
    else if (plateau->is_on && flow->handshake.completed_frame == packet->frame)
        note_round_trip(plateau, flow, packet, flow->usual_round_trip, flow->round_trip);
    else if (plateau->is_on)
        note_bulk(plateau, flow, packet);
    if (vantage->over.is_on && has_drained(vantage, flow))
        report_plateau(context, vantage, &vantage->over, vantage->over_time, vantage->over_bytes);
}

const struct detector path_saturated_detector = {
    .family = "path",
    .summary = "Links that are full",
    .sees = SEES_SAMPLED | SEES_REPEATED | SEES_COMPLETED,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
};
