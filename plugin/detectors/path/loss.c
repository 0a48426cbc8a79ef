/* Packets that the network loses.
 *
 * TCP repairs loss, so it is seen by what is sent again. Where the first copy was captured, it was lost behind
 * the place of the capture; where later data came and left a hole that is filled a round trip later, it was lost
 * before it. A little loss is part of every long way and explains a slow transfer at most, no broken connection:
 * the customer who shows 1 % in his MTR must look elsewhere.
 *
 * What is no loss: packets that only arrived in another order, copies, probes, what a closed window refuses, segments
 * that the receiver had already, acknowledges sooner than a round trip takes, or says it received twice (RFC 2883), and
 * what is repeated into silence (a dead peer or a filter: the cases of idle, connect and tls).
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6 (the MTR with 1 % loss); RFC 6298; RFC 2883.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

/* More pairs of hosts with the same server say nothing new, and clients fewer than this are pairs of their own. */
enum { PAIRS_REPORTED = 3, PEERS_TO_FOLD = 3 };

/* A capture made before the network card splits or after it joins segments shows fewer packets than the wire. */
enum { SEGMENT_SIZE = 1460 };

enum { RETRANSMISSIONS, PER_MILLE };

static const struct threshold thresholds[] = {
    [RETRANSMISSIONS] = {"loss_packets",
                         {"Loss: packets", "So many packets must have been lost from one host to another"},
                         10,
                         3,
                         100000},
    [PER_MILLE] = {"loss_per_mille",
                   {"Loss: of 1,000 packets",
                    "Up to this share loss is harmless; a warning needs a share that is above it beyond chance"},
                   10,
                   1,
                   1000},
};

enum { LOSS };

/* clang-format off */
static const struct case_info cases[] = {
    [LOSS] = {
        .id = "path.loss",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Packet loss",
            .summary = "{retransmissions} of {packets} packets ({loss}; threshold {limit} of 1,000) from "
                       "[{sender}][{sources} hosts] to [{receiver}][{destinations} hosts] were lost[: harmless{?harmless}][; "
                       "{lost_before} before this place][; {lost_behind} behind it].",
            .causes = "[{lost_before} were lost between the sender and the place of the capture: later ones came first, and "
                      "they themselves only when they were sent again.]\n"
                      "[{lost_behind} were lost between the place of the capture and the receiver: they came by, and again "
                      "later.]\n"
                      "[At this share TCP repairs the loss within a round trip: transfers get slower on long ways, "
                      "connections do not break. Look for another cause{?harmless}.]\n"
                      "[A link that is full drops what does not fit into its queue: it comes with a longer round "
                      "trip{!harmless}.]\n"
                      "[A bandwidth limit that drops instead of queueing (a cloud instance's or a carrier's policer): the "
                      "round trip stays short{!harmless}.]\n"
                      "[A bad link: Wi-Fi, a damaged cable or optic, a duplex mismatch; the loss does not depend on the "
                      "load{!harmless}.]\n"
                      "[A host on the way or the receiver is overloaded (ring buffer, soft interrupts, connection "
                      "tracking){!harmless}.]",
            .checks = "From each end to the other; loss counts only if it goes on up to the last hop: `mtr -rwzc 100 "
                      "{server.address}`\n"
                      "On both hosts, errors and drops of the interface (IF): `ip -s link show dev IF; ethtool -S IF "
                      "| grep -iE 'drop|err|miss|crc'`\n"
                      "[On the sender, which connections retransmit: `ss -ti dst {receiver}`]\n"
                      "On the receiver, drops of the host: `nstat -az TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop "
                      "UdpRcvbufErrors; cat /proc/net/softnet_stat`\n"
                      "Capture at both ends at once: the side where the first copies are missing has the loss before "
                      "it.",
            .disproof = "The receiver reports duplicates (D-SACK) for these segments, or a capture at the receiver has both "
                        "copies: then they arrived, and were only late.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6; RFC 6298; RFC 2883",
        .silent_on = "a few retransmissions\nduplicates\nreordering\nspurious retransmissions\ncopies that a mirror lost\n"
                     "data repeated into silence\n"
                     "path MTU discovery",
    },
};
/* clang-format on */

/* What is known of one way: from one host to another, or from or to all clients of a server. */
struct tally {
    uint64_t packets;        /* of the flows that were counted since the first loss */
    uint32_t before, behind; /* lost, as seen from the place of the capture */
    uint32_t peers;          /* of a server: hosts that had loss */
    uint32_t first_frame;
    int64_t first_time;
    bool told, told_as_harmless;
};

/* What one side of a flow has added to its tallies. */
struct direction {
    uint64_t packets;
    uint32_t before, behind;
};

struct loss_flow {
    struct direction by_client, by_server;
};

enum { KEY_PAIR, KEY_SERVER, KEY_PAIRS_REPORTED };

struct way_key {
    struct ip_address sender, receiver; /* one has family 0 for all clients of a server */
};

/* What a finding is about. */
struct way {
    struct way_key key;
    uint8_t harmless;
};

/* The two tallies of a packet's way. */
struct tallies {
    struct tally *pair, *server;
};

static struct way_key
key_of(const struct flow *flow, bool from_client, bool of_server)
{
    struct way_key key;
    memset(&key, 0, sizeof key);
    if (!of_server || !from_client)
        key.sender = from_client ? flow->client.address : flow->server.address;
    if (!of_server || from_client)
        key.receiver = from_client ? flow->server.address : flow->client.address;
    return key;
}

static struct tallies
tallies_of(struct context *context, const struct flow *flow, bool from_client)
{
    struct way_key pair = key_of(flow, from_client, false), server = key_of(flow, from_client, true);
    return (struct tallies){keyed_state(context, KEY_PAIR, &pair, sizeof pair, sizeof(struct tally)),
                            keyed_state(context, KEY_SERVER, &server, sizeof server, sizeof(struct tally))};
}

static uint64_t
wire_packets(const struct side *side)
{
    uint64_t segments = side->bytes / SEGMENT_SIZE;
    return segments > side->packets ? segments : side->packets;
}

static uint32_t
take(uint32_t *from, uint32_t count)
{
    uint32_t taken = count < *from ? count : *from;
    *from -= taken;
    return taken;
}

/* -- Reporting ------------------------------------------------------------------------------- */

static void
report_share(struct finding *finding, uint64_t lost, uint64_t packets)
{
    char text[32];
    uint64_t tenths = packets > 0 ? (lost * 1000 + packets / 2) / packets : 0;
    snprintf(text, sizeof text, "%u.%u %%", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
    report_text(finding, FACT_loss, text);
}

/* A mirror that loses copies makes holes of its own. */
static bool
place_is_known(struct context *context, const struct flow *flow)
{
    const struct session *client = session_of(context, flow->by_client.session);
    const struct session *server = session_of(context, flow->by_server.session);
    return (client == NULL || client->gaps == 0) && (server == NULL || server->gaps == 0);
}

static void
report_way(struct finding *finding, const struct flow *flow, bool from_client, const struct tally *tally, bool folded)
{
    const struct endpoint *sender = from_client ? &flow->client : &flow->server;
    const struct endpoint *receiver = from_client ? &flow->server : &flow->client;
    if (folded && from_client)
        report_count(finding, FACT_sources, tally->peers);
    else
        report_address(finding, FACT_sender, &sender->address);
    if (folded && !from_client)
        report_count(finding, FACT_destinations, tally->peers);
    else
        report_address(finding, FACT_receiver, &receiver->address);
    if (folded)
        report_endpoint(finding, FACT_server, &flow->server);
    else
        report_flow(finding, flow);
}

/* False if the flow has such a finding already. */
static bool
report_tally(struct context *context, const struct flow *flow, bool from_client, const struct tally *tally, bool folded,
             bool harmless)
{
    uint32_t lost = tally->before + tally->behind;
    bool place_known = place_is_known(context, flow);
    bool mostly_before = place_known && tally->before >= tally->behind;
    struct way way = {key_of(flow, from_client, folded), harmless};
    if (reported(context, &cases[LOSS]) != NULL)
        return false;
    struct finding *finding = report_about(
        context, &cases[LOSS], mostly_before ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY, &way, sizeof way, 1);
    if (finding == NULL)
        return true;
    report_way(finding, flow, from_client, tally, folded);
    report_series(finding, lost, tally->first_frame, tally->first_time);
    report_count(finding, FACT_retransmissions, lost);
    report_count(finding, FACT_packets, tally->packets);
    report_share(finding, lost, tally->packets);
    report_count(finding, FACT_limit, threshold_value(context, PER_MILLE));
    if (place_known && tally->before > 0)
        report_count(finding, FACT_lost_before, tally->before);
    if (place_known && tally->behind > 0)
        report_count(finding, FACT_lost_behind, tally->behind);
    if (harmless) {
        report_severity(finding, SEVERITY_NOTE);
        report_flag(finding, FACT_harmless);
    }
    report_evidence(finding, tally->first_frame);
    return true;
}

/* Whether the share is above the threshold beyond chance: by two standard deviations of the number lost. */
static bool
is_beyond_chance(uint64_t lost, uint64_t packets, uint64_t per_mille)
{
    int64_t excess = (int64_t)(lost * 1000) - (int64_t)(per_mille * packets);
    return excess > 0 && (uint64_t)excess * (uint64_t)excess >= 4 * lost * 1000000;
}

static bool
pairs_were_reported_enough(struct context *context, const struct flow *flow)
{
    unsigned *pairs =
        keyed_state(context, KEY_PAIRS_REPORTED, &flow->server.address, sizeof flow->server.address, sizeof *pairs);
    return (*pairs)++ >= PAIRS_REPORTED;
}

static void
check_tally(struct context *context, const struct flow *flow, bool from_client, struct tally *tally, bool folded,
            bool at_end)
{
    uint64_t lost = tally->before + tally->behind, per_mille = threshold_value(context, PER_MILLE);
    if (lost < threshold_value(context, RETRANSMISSIONS) || tally->told || (folded && tally->peers < PEERS_TO_FOLD))
        return;
    if (is_beyond_chance(lost, tally->packets, per_mille)) {
        if (folded || !pairs_were_reported_enough(context, flow))
            tally->told = report_tally(context, flow, from_client, tally, folded, false);
    } else if (at_end && !folded && !tally->told_as_harmless && lost * 1000 < per_mille * tally->packets) {
        tally->told_as_harmless = report_tally(context, flow, from_client, tally, folded, true);
    }
}

/* What is known already says enough, unless it was only a note. */
static void
check_way(struct context *context, const struct flow *flow, bool from_client, const struct tallies *tallies,
          bool at_end)
{
    struct tally *pair = tallies->pair, *server = tallies->server;
    if (pair->told)
        return;
    check_tally(context, flow, from_client, pair, false, at_end);
    if (!pair->told) {
        check_tally(context, flow, from_client, server, true, at_end);
        return;
    }
    server->packets -= pair->packets < server->packets ? pair->packets : server->packets;
    take(&server->before, pair->before);
    take(&server->behind, pair->behind);
    take(&server->peers, 1);
}

/* -- Counting -------------------------------------------------------------------------------- */

static void
count_packets(const struct side *sender, struct direction *direction, const struct tallies *tallies)
{
    uint64_t packets = wire_packets(sender), more = packets - direction->packets;
    direction->packets = packets;
    tallies->pair->packets += more;
    if (!tallies->pair->told)
        tallies->server->packets += more;
}

static void
add_lost(struct context *context, const struct flow *flow, const struct packet *packet, bool from_client,
         struct tally *tally, bool folded, const struct direction *more)
{
    struct way way = {key_of(flow, from_client, folded), false};
    if (tally->first_frame == 0) {
        tally->first_frame = packet->frame;
        tally->first_time = packet->time;
    }
    tally->before += more->before;
    tally->behind += more->behind;
    if (tally->told)
        report_about(context, &cases[LOSS], CONFIDENCE_LIKELY, &way, sizeof way, 1);
}

/* Some turned out to have arrived. */
static void
take_back(struct direction *direction, struct tally *tally, const struct side *sender)
{
    if (sender->lost_before < direction->before)
        take(&tally->before, direction->before - sender->lost_before);
    if (sender->lost_behind < direction->behind)
        take(&tally->behind, direction->behind - sender->lost_behind);
}

/* What the side has lost since it was counted. What a pair was reported for is not counted for all of its server as well. */
static void
count_lost(struct context *context, const struct flow *flow, const struct packet *packet, bool from_client,
           struct direction *direction, const struct tallies *tallies)
{
    const struct side *sender = from_client ? &flow->by_client : &flow->by_server;
    struct direction more = {
        .before = sender->lost_before > direction->before ? sender->lost_before - direction->before : 0,
        .behind = sender->lost_behind > direction->behind ? sender->lost_behind - direction->behind : 0};

    take_back(direction, tallies->pair, sender);
    if (!tallies->pair->told)
        take_back(direction, tallies->server, sender);
    direction->before = sender->lost_before;
    direction->behind = sender->lost_behind;
    if (more.before + more.behind == 0)
        return;
    tallies->server->peers += tallies->pair->first_frame == 0;
    add_lost(context, flow, packet, from_client, tallies->pair, false, &more);
    if (!tallies->pair->told)
        add_lost(context, flow, packet, from_client, tallies->server, true, &more);
}

static void
count(struct context *context, const struct flow *flow, const struct packet *packet, bool from_client, bool at_end)
{
    struct loss_flow *state = flow_state(context);
    struct direction *direction = from_client ? &state->by_client : &state->by_server;
    struct tallies tallies = tallies_of(context, flow, from_client);
    count_packets(from_client ? &flow->by_client : &flow->by_server, direction, &tallies);
    count_lost(context, flow, packet, from_client, direction, &tallies);
    check_way(context, flow, from_client, &tallies, at_end);
}

/* Flows without loss count as well, once something was lost at this server. */
static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->copy_of != 0 || packet->keepalive_probe || flow->icmp_error_frame != 0)
        return;
    if (packet->retransmission) {
        count(context, flow, packet, packet->from_client, false);
    } else if (server_has_repetitions(context, flow)) {
        count(context, flow, packet, true, true);
        count(context, flow, packet, false, true);
    }
}

const struct detector path_loss_detector = {
    .family = "path",
    .summary = "Paths that lose packets",
    .sees = SEES_REPEATED | SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct loss_flow),
    .on_packet = on_packet,
};
