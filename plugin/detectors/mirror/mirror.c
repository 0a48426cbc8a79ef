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
                         {"镜像：判定单方向所需的报文数", "镜像会话达到这么多个报文后，才判定其只有单方向流量"},
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
        .chinese = {
            .title = "镜像会话只有单方向流量",
            .summary = "镜像会话 {session}（VNI {vni}，{mirror_source} -> {mirror_target}）的 {packets} 个报文都是"
                       "同一方向，但其 ACK 号证明对端有应答。",
            .causes = "镜像的筛选条件只配置了一个方向（入方向或出方向）的规则。\n"
                      "另一方向的流量走了未被镜像的网卡。",
            .checks = "控制台：在镜像会话的筛选条件中补上另一方向的规则（华为云、阿里云：流量镜像 > 筛选条件；AWS："
                      "Traffic Mirroring > Filters），然后重新抓包。\n"
                      "在此之前，不要根据该会话得出“没有应答”的结论；netcase 也不会。",
            .disproof = "该会话中出现了另一方向的报文（FILE 为抓包文件）：tshark -r FILE -Y "
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
        .chinese = {
            .title = "镜像报文被截断",
            .summary = "镜像会话 {session}（VNI {vni}）在隧道内截断报文：本报文共 {bytes}（从内层以太网头起算），只剩"
                       " {cut}。",
            .causes = "镜像会话只复制每个报文的前若干字节（华为云：packet_length，通过 API 创建时默认 96；AWS、阿里"
                      "云：PacketLength）。\n"
                      "加上隧道头后，镜像报文超过了到采集端路径的 MTU。",
            .checks = "如需查看载荷，让镜像会话复制完整报文（华为云：packet_length 最大 1460；AWS：不设置 "
                      "PacketLength）。\n"
                      "忽略这些报文上的“格式错误”“校验和错误”“丢段”等提示；netcase 的长度取自内层 IP 头。",
            .disproof = "抓包本身的 snaplen 截断了这些帧：frame.cap_len < frame.len",
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
        .chinese = {
            .title = "同一报文被镜像了两次",
            .summary = "镜像会话 {session}（VNI {vni}）中的这个报文，此前已[在同一会话中{?same_session}][在会话 "
                       "{other_session} 中]出现过：两者是同一报文的副本。",
            .causes = "流量的两端，或途经的两个网卡，都镜像到了这个采集端。\n"
                      "[同一会话在入方向和出方向各复制了一次，或采集端把每个副本收到两次{?same_session}。]",
            .checks = "一次只看一个会话或一条连接，过滤条件：netcase.mirror.session == {session} 或 netcase.flow。\n"
                      "Wireshark 在这些报文上标记的“重传”“重复 ACK”并不成立；netcase 只计一次。",
            .disproof = "两个报文的 IP 标识或 TCP 时间戳不同：说明确实发送了两次。",
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
        .chinese = {
            .title = "镜像副本丢失",
            .summary = "镜像会话 {session}（VNI {vni}）：{client} - {server} 上有数据已被接收方确认，却从未被镜像。"
                       "丢的是副本，网络本身已送达。",
            .causes = "负载高时镜像副本被丢弃：在部分云上，镜像流量与业务共用实例带宽。\n"
                      "采集端或抓包程序丢包。",
            .checks = "在采集端查看 tcpdump 的 “packets dropped by kernel”，以及网卡的丢包计数（IF 换成网卡名）：`ip "
                      "-s link show dev IF; ethtool -S IF`\n"
                      "加大缓冲区并加上过滤条件（以 VXLAN 为例），重新抓包：`tcpdump -B 65536 -ni IF -w mirror.pcap "
                      "udp port 4789`\n"
                      "控制台：查看抓包期间被镜像实例的带宽。\n"
                      "不要把该会话中的 “previous segment not captured” 当作网络丢包。",
            .disproof = "缺失的数据在后面的报文中出现：那只是副本乱序。",
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
