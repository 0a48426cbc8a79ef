/* What a traffic mirror does to the evidence.
 *
 * A mirror session copies one interface's packets into VXLAN, GENEVE, ERSPAN or GRE. The copy is not
 * the traffic: it may show one direction only, be cut short (96 bytes by default at Huawei Cloud),
 * hold packets twice, or miss some. None of that is a fault of the network, and whoever reads the
 * capture must know it first.
 *
 * Source: Huawei Cloud VPC user guide, mirroring of inbound TCP traffic; API definition
 * CreateTrafficMirrorSession (packet_length 96 by default); documents of other clouds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* Fewer packets than this may be one direction by chance. */
enum { ONE_WAY_PACKETS };

static const struct threshold thresholds[] = {
    [ONE_WAY_PACKETS] = {"one_way_packets",
                         {"Mirror: packets before \"one direction only\"",
                          "A mirror session must have so many packets before it is said to carry one direction only"},
                         4,
                         2,
                         100000},
};

enum { ONE_WAY, TRUNCATED, DUPLICATE, GAP };

/* clang-format off */
static const struct case_info cases[] = {
    [ONE_WAY] = {
        .id = "mirror.one_way",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "Mirror session carries one direction only",
            .summary = "Mirror session {session} (VNI {vni}, {mirror_source} to {mirror_target}): {packets} "
                       "packets of one direction only, although their ACK numbers prove that the other side answers.",
            .causes = "The mirror filter has rules for one direction (inbound or outbound) only.\n"
                      "The other direction leaves through another interface that is not mirrored.",
            .checks = "Console: add the rule for the other direction to the filter of the mirror session (Huawei "
                      "Cloud, Alibaba Cloud, AWS: Traffic Mirroring > Filters), then capture again.\n"
                      "Until then do not conclude \"no answer\" from this session; netcase does not either.",
            .disproof = "Packets of the other direction in this session (FILE is the capture): tshark -r FILE -Y "
                        "'netcase.mirror.session == {session}'",
        },
        .source = "Huawei Cloud VPC user guide, traffic mirroring",
        .silent_on = "overlay between two VTEPs, both outer directions",
    },
    [TRUNCATED] = {
        .id = "mirror.truncated",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "Mirrored packets are cut",
            .summary = "Mirror session {session} (VNI {vni}) cuts packets inside the tunnel: {cut} are left of the "
                       "{bytes} of this inner packet, counted from its Ethernet header.",
            .causes = "The mirror session copies only the first bytes of each packet (Huawei Cloud: packet_length, "
                      "96 by default when the session is made through the API; AWS and Alibaba Cloud: "
                      "PacketLength).\n"
                      "The copy with its tunnel header did not fit into the MTU of the way to the collector.",
            .checks = "If payloads matter, let the session copy whole packets (Huawei Cloud: packet_length up to "
                      "1460; AWS: leave PacketLength unset).\n"
                      "Ignore \"malformed\", \"bad checksum\" and lost-segment messages on these packets; netcase "
                      "takes lengths from the inner IP header.",
            .disproof = "The capture itself was made with a snapshot length that cut these frames: frame.cap_len < "
                        "frame.len",
        },
        .source = "Huawei Cloud API CreateTrafficMirrorSession; AWS VPC Traffic Mirroring",
        .silent_on = "cut by the snapshot length, not by a mirror",
    },
    [DUPLICATE] = {
        .id = "mirror.duplicate",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "The same packet was mirrored twice",
            .summary = "Mirror session {session} (VNI {vni}) brings a packet that was there before[ in the same "
                       "session{?same_session}][ in session {other_session}]: both are copies of one packet.",
            .causes = "Both ends of the traffic, or two interfaces on its way, are mirrored to this collector.\n"
                      "[One session copies on the way in and on the way out, or the collector receives each copy "
                      "twice{?same_session}.]",
            .checks = "Look at one session or one conversation at a time, with the display filter "
                      "netcase.mirror.session == {session} or netcase.flow.\n"
                      "Wireshark's own \"retransmission\" and \"duplicate ACK\" marks on these packets are wrong; "
                      "netcase counts the packet once.",
            .disproof = "The two packets have different IP identifications or TCP timestamps: then it was sent twice.",
        },
        .source = "Traffic mirroring documents of the clouds",
        .silent_on = "seen twice at a router, outside of any mirror",
    },
    [GAP] = {
        .id = "mirror.gap",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "Copies of packets are missing",
            .summary = "Mirror session {session} (VNI {vni}): the receiver acknowledged bytes of {client} - "
                       "{server} that were never mirrored. Copies were lost; the network delivered the packets.",
            .causes = "The mirror drops copies under load: on several clouds, mirrored packets share the bandwidth "
                      "of the instance.\n"
                      "The collector or its capture dropped packets.",
            .checks = "On the collector: the \"packets dropped by kernel\" line of tcpdump, and the drop counters "
                      "(with the interface for IF): `ip -s link show dev IF; ethtool -S IF`\n"
                      "Capture again with a larger buffer and a filter (here VXLAN): `tcpdump -B 65536 -ni IF -w "
                      "mirror.pcap udp port 4789`\n"
                      "Console: bandwidth of the mirrored instance during the capture.\n"
                      "Do not read \"previous segment not captured\" in this session as loss in the network.",
            .disproof = "The missing bytes arrive later in the capture: then the copies were only reordered.",
        },
        .source = "Traffic mirroring documents of the clouds",
        .silent_on = "packets lost by the network, which are sent again",
    },
};
/* clang-format on */

/* Hosts may send the same bytes twice within a moment (a SYN-ACK for a repeated SYN, and its own timer).
 * An IP ID tells such packets from copies; without one, or with 0 (RFC 6864), it takes several. */
enum { COPIES_WITHOUT_ID = 3 };

/* What was said of a session: each thing once. */
struct mirror_session {
    bool one_way, truncated, duplicate, gap;
    unsigned copies_without_id;
};

static struct mirror_session *
mirror_session_of(struct context *context, uint32_t number)
{
    return keyed_state_of_all(context, 0, &number, sizeof number, sizeof(struct mirror_session));
}

static struct finding *
report_session(struct context *context, const struct case_info *info, const struct session *session)
{
    struct finding *finding = report(context, info, CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return NULL;
    report_count(finding, FACT_session, session->number);
    report_count(finding, FACT_vni, session->vni);
    report_address(finding, FACT_mirror_source, &session->source);
    report_address(finding, FACT_mirror_target, &session->target);
    return finding;
}

static void
check_one_way(struct context *context, const struct session *session, struct mirror_session *state)
{
    unsigned needed = threshold_value(context, ONE_WAY_PACKETS);
    bool one_direction = session->two_way_flows == 0 && (session->ingress == 0 || session->egress == 0);

    if (state->one_way || session->packets < needed || session->answered_unseen == 0 || !one_direction)
        return;
    struct finding *finding = report_session(context, &cases[ONE_WAY], session);
    if (finding == NULL)
        return;
    state->one_way = true;
    report_count(finding, FACT_packets, session->packets);
    report_evidence(finding, session->first_frame);
}

static void
check_truncated(struct context *context, const struct session *session, const struct packet *packet,
                struct mirror_session *state)
{
    if (state->truncated || packet->missing == 0)
        return;
    struct finding *finding = report_session(context, &cases[TRUNCATED], session);
    if (finding == NULL)
        return;
    state->truncated = true;
    report_count(finding, FACT_cut, packet->frame_length);
    report_count(finding, FACT_bytes, packet->frame_length + packet->missing);
}

/* Linux sends its SYN-ACK twice within a millisecond, byte for byte, where it repeats it and is asked again by a
 * repeated SYN. */
static bool
was_sent_twice(const struct flow *flow, const struct packet *packet)
{
    return (packet->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && flow->handshake.syn_ack_count > 1 &&
           (!packet->has_ip_id || packet->ip_id == 0);
}

static void
check_duplicate(struct context *context, const struct flow *flow, const struct session *session,
                const struct packet *packet, struct mirror_session *state)
{
    if (state->duplicate || packet->copy_of == 0 || was_sent_twice(flow, packet))
        return;
    /* A host answers each segment for a connection that it does not have by the same RST. */
    bool no_id = !packet->has_ip_id || packet->ip_id == 0;
    if (no_id && ((packet->flags & TCP_RST) || ++state->copies_without_id < COPIES_WITHOUT_ID))
        return;
    struct finding *finding = report_session(context, &cases[DUPLICATE], session);
    if (finding == NULL)
        return;
    state->duplicate = true;
    if (packet->copy_session == session->number) {
        report_flag(finding, FACT_same_session);
    } else {
        /* One finding for the two of them. */
        struct mirror_session *other = mirror_session_of(context, packet->copy_session);
        if (other != NULL)
            other->duplicate = true;
        report_count(finding, FACT_other_session, packet->copy_session);
    }
    report_evidence(finding, packet->copy_of);
}

static void
check_gap(struct context *context, const struct flow *flow, const struct session *session, struct mirror_session *state)
{
    if (state->gap || session->gaps == 0 || flow->gap_frame == 0)
        return;
    struct finding *finding = report_session(context, &cases[GAP], session);
    if (finding == NULL)
        return;
    state->gap = true;
    report_flow(finding, flow);
    report_evidence(finding, flow->gap_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct session *session = packet->session != 0 ? session_of(context, packet->session) : NULL;
    if (session == NULL || session->role != SESSION_MIRROR)
        return;
    struct mirror_session *state = mirror_session_of(context, session->number);
    if (state == NULL)
        return;
    check_truncated(context, session, packet, state);
    check_duplicate(context, flow, session, packet, state);
    check_one_way(context, session, state);
    check_gap(context, flow, session, state);
}

const struct detector mirror_mirror_detector = {
    .family = "mirror",
    .summary = "What a traffic mirror leaves out, cuts or doubles",
    .sees = SEES_SESSION | SEES_DUPLICATES,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
};
