/* Paths on which large packets vanish.
 *
 * A router that can't pass a packet for its size drops it and says so: ICMP "fragmentation needed" (RFC 1191) or
 * ICMPv6 "packet too big" (RFC 8201), with the size that fits. Where a firewall drops that message, or the sender
 * ignores it, the sender repeats the same large packet until it gives up, while the handshake and all that is small
 * passes: the connection opens, then hangs (RFC 2923, 2.1). Tunnels are the usual reason: VXLAN, IPIP, GRE and
 * WireGuard leave less than the 1500 bytes that both ends believe in.
 *
 * Linux with tcp_mtu_probing, and Windows, try smaller segments after some repetitions (RFC 4821): that hides the
 * failure behind a stop of seconds.
 *
 * Source: overlays and tunnels of the documents on LVS, WireGuard and traffic mirroring; RFC 1191, 2923, 4821, 8201.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* After an ICMP error has passed here, it takes the sender less than this, or than a round trip, to heed it. */
#define HEEDED MILLISECONDS(100)

/* What is repeated faster than timeouts do it is repeated for the acknowledgments of what came behind it: the path carries packets. */
static const int64_t REPEATED_FOR = SECONDS(1);

enum { RETRANSMISSIONS, SIZE };

static const struct threshold thresholds[] = {
    [RETRANSMISSIONS] = {"mtu_retransmissions",
                         {"Path MTU: retransmissions",
                          "A full-size packet must be repeated so often without being acknowledged"},
                         3,
                         2,
                         15},
    [SIZE] = {"mtu_size",
              {"Path MTU: full size (bytes)",
               "A packet must have at least so many bytes, from the IP header on, to count as full-size"},
              1000,
              300,
              65535},
};

enum { BLACKHOLE };

/* clang-format off */
static const struct case_info cases[] = {
    [BLACKHOLE] = {
        .id = "path.mtu_blackhole",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Large packets vanish, small ones pass",
            .summary = "[{client}{?by_client}][{server}{?by_server}] repeated a packet of {bytes} (retransmissions: "
                       "{retransmissions}, threshold {limit}) within {delay} without acknowledgment; small packets passed."
                       "[ {reporter} says that {mtu} is the MTU.]",
            .causes = "[The ICMP error of {reporter} ({mtu}) is ignored: a firewall on the sender drops it, or a load balancer or "
                      "NAT delivers it to another host.]\n"
                      "The path MTU is below {bytes}, and the ICMP error that says so is dropped on its way (a firewall that "
                      "blocks all ICMP) or never sent.\n"
                      "A tunnel or overlay takes its share of 1500 bytes and nobody lowered the MTU or MSS: VXLAN leaves 1450, "
                      "IPIP 1480, GRE 1476, WireGuard 1420, PPPoE 1492.\n"
                      "If nothing came back at all since then: the path broke at this very moment, or a filter drops the "
                      "connection for what it read in it (tls.hello_unanswered, policy.transfer_cut).",
            .checks = "[From {client.address}, with 1472 and smaller sizes (IPv6: 20 less). The largest that is "
                      "answered, plus 28 (IPv6: 48), is the path MTU: `ping -M do -s 1372 "
                      "{server.address}`{?by_client}]\n"
                      "[From {server.address}, with 1472 and smaller sizes (IPv6: 20 less). The largest that is "
                      "answered, plus 28 (IPv6: 48), is the path MTU: `ping -M do -s 1372 "
                      "{client.address}`{?by_server}]\n"
                      "[Where on the path it gets smaller: `tracepath -n {server.address}`{?by_client}]\n"
                      "[Where on the path it gets smaller: `tracepath -n {client.address}`{?by_server}]\n"
                      "On both ends and the tunnel ends between them, the MTU of each interface: `ip -d link show`\n"
                      "On the router or tunnel end, a remedy that needs no ICMP: `iptables -t mangle -A FORWARD -p "
                      "tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`\n"
                      "On the sender, a remedy until the path is repaired: `sysctl -w net.ipv4.tcp_mtu_probing=1`\n"
                      "Let ICMP type 3 code 4 (ICMPv6 type 2) pass firewalls and security groups on the way back.",
            .disproof = "Packets of this size that are acknowledged on the same path, or small ones that vanish as well (ping -s 56): "
                        "then packets are lost for another reason.",
        },
        .source = "tunnels and overlays of the operators' reports; RFC 2923, 2.1; RFC 1191; RFC 8201; RFC 4821",
        .silent_on = "loss repaired by a retransmission\n"
                     "path MTU discovery that works\n"
                     "a transfer that stops after full-size packets have passed\n"
                     "a full queue, through which large packets passed before\n"
                     "blind direction\n"
                     "segments larger than the MTU in the capture of an offloading host",
    },
};
/* clang-format on */

/* The smallest MTU that an ICMP error named to one side. */
struct notice {
    uint32_t frame, mtu;
    int64_t time;
    struct ip_address reporter;
};

/* What waits for its next retransmission: the frame of its first transmission, 0 = nothing, and its size from the IP header on. */
struct waiting {
    uint32_t frame, ip_length;
    bool by_client;
};

struct mtu_flow {
    struct notice to_client, to_server;
    struct waiting waiting;
    bool told, smaller; /* smaller segments were tried in place of it */
    uint32_t payload;   /* of the packet that was told */
};

/* From one host to another: the largest payload of connections before that was acknowledged. */
struct pair {
    uint32_t largest_passed;
};

static void
take_error(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp->mtu == 0 || flow->protocol != PROTOCOL_TCP)
        return;
    struct mtu_flow *state = flow_state(context);
    struct notice *notice = packet->from_client ? &state->to_client : &state->to_server;
    if (notice->frame != 0 && notice->mtu <= packet->icmp->mtu)
        return;
    *notice = (struct notice){
        .frame = packet->frame, .mtu = packet->icmp->mtu, .time = packet->time, .reporter = packet->source.address};
}

/* The ICMP error that this repeated packet ignores, NULL if there is none. */
static const struct notice *
ignored_error(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (flow->icmp_error_frame == 0)
        return NULL;
    const struct mtu_flow *state = flow_state(context);
    const struct notice *notice = packet->from_client ? &state->to_client : &state->to_server;
    int64_t heeded = flow->round_trip > HEEDED ? flow->round_trip : HEEDED;
    bool ignored = notice->frame != 0 && packet->ip_length > notice->mtu && packet->time - notice->time > heeded;
    return ignored ? notice : NULL;
}

struct pair_key {
    struct ip_address sender, receiver;
};

static struct pair_key
key_of(const struct flow *flow, bool from_client)
{
    struct pair_key key;
    memset(&key, 0, sizeof key);
    key.sender = from_client ? flow->client.address : flow->server.address;
    key.receiver = from_client ? flow->server.address : flow->client.address;
    return key;
}

static struct pair *
pair_of(struct context *context, const struct flow *flow, bool from_client)
{
    struct pair_key key = key_of(flow, from_client);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct pair));
}

/* A connection ends. What passed in it can pass again: a full queue loses large packets first, too, but not always. */
static void
note_passed(struct context *context, const struct flow *flow, const struct packet *packet)
{
    uint32_t passed = flow_sender(flow, packet)->largest_passed;
    if (passed < threshold_value(context, SIZE))
        return;
    struct pair *pair = pair_of(context, flow, packet->from_client);
    if (pair->largest_passed < passed)
        pair->largest_passed = passed;
}

/* Whether no packet of this size was ever acknowledged, on this connection or on one that has ended. */
static bool
none_passed(struct context *context, const struct flow *flow, const struct packet *packet)
{
    return flow->handshake.completed_frame != 0 && flow_sender(flow, packet)->largest_passed < packet->payload.length &&
           pair_of(context, flow, packet->from_client)->largest_passed < packet->payload.length;
}

/* Whether silence is what large packets meet, and not all packets: small data of this connection was acknowledged. Something that
 * came back since shows it as well. Without, the segment must be one of several, so that it is as large as the sender makes them. */
static bool
only_large_ones_vanish(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *sender = flow_sender(flow, packet);
    const struct pending *pending = &sender->pending;
    uint32_t waiting = sender->next_sequence - pending->sequence;
    bool small_data_passed = flow->by_client.largest_passed > 0 || flow->by_server.largest_passed > 0;
    return pending->answered ||
           (small_data_passed && waiting > packet->payload.length && level_passed(context, pending->idle) == 0);
}

/* What came back since shows that only the large ones vanish, unless the answers may be missing in the capture. */
static enum confidence
confidence_of(struct context *context, const struct side *sender)
{
    bool one_way_so_far = session_is_one_way_so_far(session_of(context, sender->session));
    return sender->pending.answered && !one_way_so_far ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void
report_blackhole(struct context *context, const struct flow *flow, bool by_client, uint32_t ip_length,
                 const struct notice *notice)
{
    const struct side *sender = by_client ? &flow->by_client : &flow->by_server;
    const struct pending *pending = &sender->pending;
    struct pair_key key = key_of(flow, by_client);
    struct finding *finding =
        report_about(context, &cases[BLACKHOLE], notice != NULL ? CONFIDENCE_CONFIRMED : confidence_of(context, sender),
                     &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_flag(finding, by_client ? FACT_by_client : FACT_by_server);
    report_count(finding, FACT_bytes, ip_length);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    report_count(finding, FACT_limit, notice != NULL ? 1 : threshold_value(context, RETRANSMISSIONS));
    report_duration(finding, FACT_delay, pending->repeated_time - pending->time);
    if (notice != NULL) {
        report_count(finding, FACT_mtu, notice->mtu);
        report_address(finding, FACT_reporter, &notice->reporter);
        report_evidence(finding, notice->frame);
    }
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
    report_evidence(finding, flow->handshake.completed_frame);
}

static void
check_waiting(struct context *context, const struct flow *flow, struct mtu_flow *state)
{
    const struct waiting *waiting = &state->waiting;
    const struct side *sender = waiting->by_client ? &flow->by_client : &flow->by_server;
    bool waits =
        waiting->frame != 0 && sender->pending.frame == waiting->frame && sender->largest_passed < state->payload;
    if (state->told || !waits || flow->by_client.rst_frame != 0 || flow->by_server.rst_frame != 0)
        return;
    state->told = true;
    report_blackhole(context, flow, waiting->by_client, waiting->ip_length, NULL);
}

/* The sender tries smaller segments in place of the one that waits: what is acknowledged from now on came in another size. */
static void
check_smaller(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (flow_sender(flow, packet)->pending.retransmissions <= threshold_value(context, RETRANSMISSIONS))
        return;
    struct mtu_flow *state = flow_state(context);
    if (packet->payload.length >= state->payload)
        return;
    state->smaller = true;
    check_waiting(context, flow, state);
}

/* So often repeated, the packet is looked at again when its next retransmission comes, or would have been answered: by then it was
 * acknowledged, or never is. */
static void
check_repeated(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct pending *pending = &flow_sender(flow, packet)->pending;
    unsigned limit = threshold_value(context, RETRANSMISSIONS);

    if (pending->frame == 0 || pending->probe || pending->last_frame != packet->frame || pending->retransmissions == 0)
        return;
    const struct notice *notice = ignored_error(context, flow, packet);
    bool silent = pending->retransmissions >= limit && packet->ip_length >= threshold_value(context, SIZE) &&
                  none_passed(context, flow, packet) && only_large_ones_vanish(context, flow, packet);
    if ((notice == NULL && !silent) || !answers_visible(context, flow, packet->from_client))
        return;
    struct mtu_flow *state = flow_state(context);
    if (state->told) {
        struct finding *finding = reported(context, &cases[BLACKHOLE]);
        if (finding != NULL && pending->answered)
            report_stronger(context, finding, confidence_of(context, flow_sender(flow, packet)));
        return;
    }
    state->payload = packet->payload.length;
    if (notice == NULL && (pending->retransmissions == limit || packet->time - pending->time < REPEATED_FOR)) {
        state->waiting = (struct waiting){pending->frame, packet->ip_length, packet->from_client};
        wake_at(context, pending->due);
        return;
    }
    state->told = true;
    report_blackhole(context, flow, packet->from_client, packet->ip_length, notice);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    check_waiting(context, flow, flow_state(context));
}

/* The connection ends, and the packet has arrived after all: it was an outage. */
static void
check_arrived(struct context *context, const struct flow *flow)
{
    struct finding *finding = reported(context, &cases[BLACKHOLE]);
    if (finding == NULL)
        return;
    const struct mtu_flow *state = flow_state(context);
    const struct side *sender = state->waiting.by_client ? &flow->by_client : &flow->by_server;
    if (state->waiting.frame != 0 && !state->smaller && sender->largest_passed >= state->payload)
        report_withdraw(context, finding);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL)
        take_error(context, flow, packet);
    if (packet->icmp == NULL && packet->payload.length > 1 && packet->retransmission) {
        check_smaller(context, flow, packet);
        check_repeated(context, flow, packet);
    }
    if (packet->flags & (TCP_FIN | TCP_RST))
        check_arrived(context, flow);
    if (packet->flags & TCP_FIN)
        note_passed(context, flow, packet);
}

const struct detector path_mtu_detector = {
    .family = "path",
    .summary = "Paths that lose packets or are too small for them",
    .sees = SEES_REPEATED | SEES_END | SEES_ICMP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct mtu_flow),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
