/* SYNs that come out of a tunnel and are never answered.
 *
 * A load balancer such as LVS in tunnel mode, or a DDoS scrubber, sends the clients' packets to the real server in
 * IPIP, GRE or VXLAN; the server answers from the VIP straight to the client, outside of the tunnel. Its kernel finds
 * that the way back to the client is not the tunnel device on which the SYN came, and with rp_filter = 1 drops it
 * without a word. Without the VIP on lo or tunl0 it does so too. The SYN is seen to arrive, nothing leaves, and the
 * director shows SYN_RECV; a ping of the VIP works, for the director answers that.
 *
 * The answer of a working server may leave where nobody captures. So what counts is the client: who was answered
 * does not send its SYN three times. What the tunnel is for counts too: between two networks answers come back
 * through it, and then rp_filter lets pass what it brings.
 *
 * Source: an LVS in tunnel mode whose connections all stayed in SYN_RECV until rp_filter of tunl0 was set to 0.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { SYNS };

static const struct threshold thresholds[] = {
    [SYNS] = {"return_path_syns",
              {"Tunnel: SYNs without answer", "So many SYNs of one connection must leave a tunnel without any answer"},
              3,
              2,
              6},
};

/* Clients repeat a SYN after a second or more; sooner only one that was refused (Windows, after 0.5 s). */
static const int64_t SYNS_TIME = MILLISECONDS(1500);

/* By then a client that was answered has mostly gone on. */
static const int64_t ANSWER_TIME = MILLISECONDS(500);

enum { RP_FILTER };

/* clang-format off */
static const struct case_info cases[] = {
    [RP_FILTER] = {
        .id = "tunnel.rp_filter",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "SYNs from a tunnel are dropped by the real server",
            .summary = "{client} sent {attempts} SYNs (threshold {limit}) to {server} within {delay}; they travel in the tunnel from "
                       "{tunnel_source} to the real server {tunnel_destination}, and no SYN-ACK or RST answers them[, though "
                       "{tunnel_destination} is up{?server_up}].",
            .causes = "[rp_filter on the tunnel device of {tunnel_destination}: its way back to {client.address} is not the tunnel, so "
                      "the kernel drops the SYN when it leaves the tunnel, before any firewall rule or socket "
                      "sees it{!over_ipv6}.]\n"
                      "[A reverse path rule for IPv6 on {tunnel_destination} drops the SYN when it leaves the tunnel (ip6tables -m "
                      "rpfilter, nft fib){?over_ipv6}.]\n"
                      "{server.address} is missing on lo or the tunnel device of {tunnel_destination}, or that device is down or "
                      "takes no tunnels from {tunnel_source}: the SYN is not for this host.\n"
                      "The SYN-ACK leaves by another interface, or is seen elsewhere only, and is lost: an anti-spoofing filter or "
                      "security group does not let packets from {server.address} out of {tunnel_destination}.\n"
                      "[{tunnel_destination} is down, or a firewall drops the tunnel: this capture has no other packet "
                      "from it{!server_up}.]",
            .checks = "On the director, are the connections in SYN_RECV: `ipvsadm -Lnc | grep -F {server.address}`\n"
                      "[On {tunnel_destination}, the larger of the two counts (tunl0 is the tunnel device): `sysctl "
                      "net.ipv4.conf.all.rp_filter net.ipv4.conf.tunl0.rp_filter`{!over_ipv6}]\n"
                      "[On {tunnel_destination}, does this grow with each SYN: `nstat -az "
                      "TcpExtIPReversePathFilter`{!over_ipv6}]\n"
                      "On {tunnel_destination}, is the VIP there: `ip addr show to {server.address}`\n"
                      "On {tunnel_destination}, which way would the answer take: `ip route get {client.address} from "
                      "{server.address}`\n"
                      "On {tunnel_destination}, does a SYN-ACK leave, and on which interface: `tcpdump -ni any 'tcp "
                      "port {server.port} and host {client.address}'`\n"
                      "[If rp_filter drops, accept any way back on the tunnel device: `sysctl -w "
                      "net.ipv4.conf.tunl0.rp_filter=2`{!over_ipv6}]",
            .disproof = "A SYN-ACK or RST from {server} to {client.address} on any interface of {tunnel_destination} at this time, or a "
                        "counter TcpExtIPReversePathFilter that does not grow while the VIP is there.",
        },
        .source = "an LVS in tunnel mode whose connections stayed in SYN_RECV; RFC 3704; Linux, ip-sysctl, rp_filter",
        .silent_on = "working LVS-TUN, where the SYN-ACK leaves VIP to client outside the tunnel\nclosed port (RST leaves)\n"
                     "a tunnel between two networks, through which the client was answered before\n"
                     "a real server that is down",
    },
};
/* clang-format on */

/* The two ends of a tunnel as the client's packets go, and what it brings there. */
struct tunnel {
    uint32_t path;
    struct ip_address director, real_server;
};

struct return_path_flow {
    struct tunnel tunnel; /* family 0: not in one */
    unsigned syns;        /* that went through it */
    unsigned syn_count;   /* of the handshake when the last of them did */
    uint32_t first_frame, second_frame;
    int64_t first_time;
    bool counted; /* it is one of a finding */
};

enum { KEY_VIP, KEY_NETWORK, KEY_SERVICE, KEY_HOST };

/* KEY_VIP: that somebody was answered by this VIP of this tunnel, and when that was last.
 * KEY_NETWORK: that a client of this network was answered inside of the tunnel.
 * KEY_SERVICE: the finding of a VIP, port and real server.
 * KEY_HOST: that an address did not answer a repeated SYN outside of tunnels. */
struct known {
    bool holds;
    int64_t time;
    uint32_t finding;
};

struct known_key {
    struct tunnel tunnel;
    struct ip_address address;
    uint16_t port;
};

static struct known *
known_of(struct context *context, unsigned kind, const struct tunnel *tunnel, const struct ip_address *address,
         uint16_t port)
{
    struct known_key key;
    memset(&key, 0, sizeof key);
    key.tunnel.path = tunnel->path;
    key.tunnel.director = tunnel->director;
    key.tunnel.real_server = tunnel->real_server;
    key.address = *address;
    key.port = port;
    return keyed_state_of_all(context, kind, &key, sizeof key, sizeof(struct known));
}

/* The tunnel that brought the packet. A session may be a mirror, which tunnels nothing, unless packets come back. */
static bool
tunnel_of(struct context *context, const struct flow *flow, const struct packet *packet, struct tunnel *tunnel)
{
    struct ip_address source = packet->tunnel_source, destination = packet->tunnel_destination;
    if (!packet->in_ip_tunnel) {
        const struct session *session = session_of(context, packet->session);
        if (session == NULL || session->role != SESSION_OVERLAY)
            return false;
        source = session->source;
        destination = session->target;
    }
    *tunnel = (struct tunnel){.path = flow->path,
                              .director = packet->from_client ? source : destination,
                              .real_server = packet->from_client ? destination : source};
    return true;
}

static bool
is_up(struct context *context, const struct flow *flow, const struct packet *packet, const struct tunnel *tunnel)
{
    return !packet->in_ip_tunnel || address_was_seen(context, flow, &tunnel->real_server);
}

static bool
answered_since(struct context *context, const struct flow *flow, const struct tunnel *tunnel, int64_t time)
{
    const struct known *vip = known_of(context, KEY_VIP, tunnel, &flow->server.address, 0);
    return vip->holds && vip->time >= time;
}

/* Whether something else than the return path of the real server explains it. */
static bool
is_explained(struct context *context, const struct flow *flow, const struct packet *packet,
             const struct return_path_flow *state)
{
    const struct tunnel *tunnel = &state->tunnel;
    const struct tunnel nowhere = {.path = flow->path};
    struct ip_address client = address_network(&flow->client.address), server = address_network(&flow->server.address);

    /* Neighbours in a VXLAN: the tunnel is the way back as well. */
    if (!address_is_unicast(&flow->server.address) || (!packet->in_ip_tunnel && address_equal(&client, &server)) ||
        answered_since(context, flow, tunnel, state->first_time) ||
        known_of(context, KEY_NETWORK, tunnel, &client, 0)->holds)
        return true;
    return !is_up(context, flow, packet, tunnel) &&
           known_of(context, KEY_HOST, &nowhere, &tunnel->real_server, 0)->holds;
}

static void
report_return_path(struct context *context, const struct flow *flow, const struct packet *packet,
                   const struct return_path_flow *state)
{
    const struct tunnel *tunnel = &state->tunnel;
    struct known *service = known_of(context, KEY_SERVICE, tunnel, &flow->server.address, flow->server.port);
    if (service->finding != 0) {
        report_again(context, service->finding);
        return;
    }
    /* At the director the SYN comes plain before it goes into the tunnel: the answer would not be seen there. */
    bool up = is_up(context, flow, packet, tunnel), at_director = packet->duplicate;
    bool worked = known_of(context, KEY_VIP, tunnel, &flow->server.address, 0)->holds ||
                  address_was_seen(context, flow, &flow->server.address);
    bool likely = packet->in_ip_tunnel && up && !at_director && !worked;
    struct finding *finding = report(context, &cases[RP_FILTER], likely ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
    if (finding == NULL)
        return;
    service->finding = finding_number(finding);
    report_series(finding, 1, packet->frame, packet->time);
    report_flow(finding, flow);
    report_address(finding, FACT_tunnel_source, &tunnel->director);
    report_address(finding, FACT_tunnel_destination, &tunnel->real_server);
    report_count(finding, FACT_attempts, state->syns);
    report_count(finding, FACT_limit, threshold_value(context, SYNS));
    report_duration(finding, FACT_delay, packet->time - state->first_time);
    if (up)
        report_flag(finding, FACT_server_up);
    if (flow->client.address.family == 6)
        report_flag(finding, FACT_over_ipv6);
    report_evidence(finding, state->first_frame);
    report_evidence(finding, state->second_frame);
}

static void
note_syn(struct context *context, const struct flow *flow, const struct packet *packet, const struct tunnel *tunnel)
{
    struct return_path_flow *state = flow_state(context);
    const struct handshake *handshake = &flow->handshake;

    if (state->syn_count == handshake->syn_count)
        return; /* one more copy of it */
    if (state->syns == 0) {
        *state = (struct return_path_flow){
            .tunnel = *tunnel, .first_frame = packet->frame, .first_time = packet->time, .counted = state->counted};
        wake_at(context, packet->time + ANSWER_TIME);
    } else if (state->syns == 1) {
        state->second_frame = packet->frame;
    }
    state->syn_count = handshake->syn_count;
    state->syns++;
    if (state->counted || state->syns < threshold_value(context, SYNS) ||
        packet->time - state->first_time < SYNS_TIME || flow->by_server.packets > 0 ||
        flow->by_client.packets != handshake->syn_count || flow->icmp_error_frame != 0 ||
        is_explained(context, flow, packet, state))
        return;
    state->counted = true;
    report_return_path(context, flow, packet, state);
}

/* Of a client that went on after its SYN: it was answered, whether this is seen or not. What came back through the
 * tunnel, such as the answer to a health check of the director, tells nothing about the other way. */
static void
note_answered(struct context *context, const struct flow *flow, const struct tunnel *tunnel, int64_t time)
{
    struct ip_address client = address_network(&flow->client.address);
    if (known_of(context, KEY_NETWORK, tunnel, &client, 0)->holds)
        return;
    struct known *vip = known_of(context, KEY_VIP, tunnel, &flow->server.address, 0);
    if (!vip->holds || time > vip->time)
        vip->time = time;
    vip->holds = true;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct tunnel tunnel;

    if (!packet->in_ip_tunnel && packet->session == 0) {
        const struct tunnel nowhere = {.path = flow->path};
        if (flow->handshake.second_syn_frame == packet->frame && flow->by_server.packets == 0)
            known_of(context, KEY_HOST, &nowhere, &flow->server.address, 0)->holds = true;
        return;
    }
    if (!tunnel_of(context, flow, packet, &tunnel))
        return;
    if (!packet->from_client) {
        struct ip_address network = address_network(&flow->client.address);
        known_of(context, KEY_NETWORK, &tunnel, &network, 0)->holds = true;
    } else if (packet->flags & TCP_SYN) {
        note_syn(context, flow, packet, &tunnel);
    } else {
        note_answered(context, flow, &tunnel, packet->time);
    }
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    const struct return_path_flow *state = flow_state(context);
    if (flow->by_client.packets > flow->handshake.syn_count)
        note_answered(context, flow, &state->tunnel, flow->by_client.last_time);
}

const struct detector tunnel_return_path_detector = {
    .family = "tunnel",
    .summary = "Tunnels whose real server does not answer",
    .sees = SEES_SYN | SEES_COMPLETED | SEES_END | SEES_DUPLICATES,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct return_path_flow),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
