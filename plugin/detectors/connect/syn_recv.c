/* Half-open connections that pile up at a server.
 *
 * Every SYN takes a place in the server's table until the ACK completes the handshake, or for about a minute. If none
 * completes, the table fills: with the clients' own connections when the way back is broken (an LVS director shows
 * all of them in SYN_RECV), with forged ones in a SYN flood. Both look alike in the table. A busy server has many
 * open handshakes at any time, but each for a round trip only: here one counts that is repeated.
 *
 * Source: an LVS in tunnel mode whose connections all stayed in SYN_RECV; Alibaba Cloud, security product handbook,
 * ch. 1 (SYN floods).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { HALF_OPEN_MIN, WINDOW };

static const struct threshold thresholds[] = {
    [HALF_OPEN_MIN] = {"syn_recv_count",
                       {"Connect: half-open connections of a server",
                        "So many connections of one server must be half-open at once"},
                       20,
                       2,
                       100000},
    [WINDOW] = {"syn_recv_seconds",
                {"Connect: time for half-open connections (s)",
                 "They must have become half-open within so many seconds"},
                10,
                1,
                600},
};

/* A SYN-ACK or SYN after this time since the first SYN-ACK is a repetition that the ACK could have prevented. */
static const int64_t UNANSWERED = MILLISECONDS(500);

/* Where the answers can't be seen, three SYNs in at least this time: sooner a client repeats only what was refused. */
enum { SYNS_MIN = 3 };
static const int64_t SYNS_TIME = MILLISECONDS(1500);

enum { SYN_RECV_PILEUP };

/* clang-format off */
static const struct case_info cases[] = {
    [SYN_RECV_PILEUP] = {
        .id = "connect.syn_recv_pileup",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Half-open connections pile up at a server",
            .summary = "{attempts} connections (threshold {limit}) to {server} became half-open within {delay} (threshold {threshold}) "
                       "and were not completed[; they come from {sources} client addresses][; all of them come from "
                       "{client.address}][; only their repeated SYNs are visible here, in the tunnel to {tunnel_destination}].",
            .causes = "The way back is broken for all clients: the SYN-ACK leaves the wrong way, or never leaves the real server behind "
                      "a load balancer (rp_filter, VIP missing on lo). Clients of the service repeat their SYNs.\n"
                      "A SYN flood with forged sources: many addresses, one SYN each, none of which ever completed a connection.\n"
                      "[A single client whose way back is lost, or that scans without answering: {client.address}.]",
            .checks = "On the server, how many, and from where: `ss -Hnt state syn-recv 'sport = :{server.port}' | "
                      "tr -s ' ' | cut -d' ' -f4 | rev | cut -d':' -f2- | rev | sort | uniq -c | sort -rn | head`\n"
                      "On an LVS director, how many connections are in SYN_RECV: `ipvsadm -Lnc | grep -c SYN_RECV`\n"
                      "On the server, does the queue overflow, are SYN cookies sent: `nstat -az "
                      "TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies TcpExtSyncookiesSent TcpExtListenDrops`\n"
                      "On the server, the way back to a client (CLIENT is its address), and what drops it: `ip route "
                      "get CLIENT from {server.address}; nstat -az TcpExtIPReversePathFilter`\n"
                      "If it is a flood, console: DDoS protection of {server.address}; on the server: `sysctl -w "
                      "net.ipv4.tcp_syncookies=1`",
            .disproof = "The ACKs of these handshakes on another interface or at another place of the network at the same time.",
        },
        .source = "an LVS in tunnel mode whose connections stayed in SYN_RECV; Alibaba Cloud security product handbook, ch. 1; "
                  "RFC 4987",
        .silent_on = "a busy server whose handshakes are completed\nTCP_DEFER_ACCEPT\nblind direction",
    },
};
/* clang-format on */

/* The window is a row of slots, so that it moves on without a look at each connection. */
enum { SLOTS = 10, SOURCES_MAX = 32 };

struct slot {
    uint32_t half_open;   /* connections that became so in it and still are */
    uint32_t first_frame; /* the first that became so */
    int64_t first_time;
};

/* A client with half-open connections; the newest of them is of this slot. */
struct source {
    struct ip_address address;
    uint32_t half_open;
    int64_t slot;
};

struct server {
    int64_t newest;          /* slot, see slot_at(); 0 = none yet */
    struct slot slot[SLOTS]; /* place: number % SLOTS */
    struct source source[SOURCES_MAX];
    uint32_t finding; /* number, 0 = none */
};

struct server_key {
    uint32_t path;
    struct endpoint server;
};

struct connection {
    int64_t slot; /* 0 = not half-open */
};

static struct server *
server_of(struct context *context, const struct flow *flow)
{
    struct server_key key;
    memset(&key, 0, sizeof key);
    key.path = flow->path;
    flow_server_key(flow, &key.server);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct server));
}

/* Never 0, and with SLOTS others before it. */
static int64_t
slot_at(struct context *context, int64_t time)
{
    int64_t length = SECONDS((int64_t)threshold_value(context, WINDOW)) / SLOTS;
    return (time > 0 ? time / length : 0) + SLOTS;
}

static uint32_t
half_open_connections(const struct server *server)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        sum += server->slot[i].half_open;
    return sum;
}

static const struct slot *
first_slot(const struct server *server)
{
    int64_t number = server->newest - SLOTS + 1;
    while (number < server->newest && server->slot[number % SLOTS].half_open == 0)
        number++;
    return &server->slot[number % SLOTS];
}

static void
move_window(struct server *server, int64_t slot)
{
    int64_t steps = slot - server->newest;
    for (int64_t i = 1; i <= steps && i <= SLOTS; i++)
        server->slot[(server->newest + i) % SLOTS] = (struct slot){0};
    if (steps > 0)
        server->newest = slot;
}

static bool
is_current(const struct server *server, const struct source *source)
{
    return source->half_open > 0 && source->slot > server->newest - SLOTS;
}

/* Different clients in the window; SOURCES_MAX if there may be more. */
static unsigned
sources_of(const struct server *server)
{
    unsigned sources = 0;
    for (unsigned i = 0; i < SOURCES_MAX; i++)
        sources += is_current(server, &server->source[i]);
    return sources;
}

static struct source *
source_of(struct server *server, const struct ip_address *client)
{
    struct source *place = NULL;
    for (unsigned i = 0; i < SOURCES_MAX; i++) {
        struct source *source = &server->source[i];
        if (!is_current(server, source))
            place = source;
        else if (address_equal(&source->address, client))
            return source;
    }
    if (place != NULL)
        *place = (struct source){.address = *client};
    return place;
}

/* The client repeats its SYN, or the server its SYN-ACK, and the client has not said anything else. Without its SYN
 * the client's direction may be blind. Where no SYN-ACK can be seen because it leaves outside of the tunnel that
 * brings the SYNs, only the client's patience tells. */
static bool
is_half_open(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;

    if (handshake->syn_count == 0 || flow->by_client.packets != handshake->syn_count ||
        flow->by_server.packets != handshake->syn_ack_count || flow->icmp_error_frame != 0)
        return false;
    if (handshake->syn_ack_count > 0)
        return !packet->duplicate && packet->time - handshake->syn_ack_time >= UNANSWERED;
    return packet->in_ip_tunnel && handshake->syn_count >= SYNS_MIN &&
           packet->time - handshake->syn_time >= SYNS_TIME && !address_was_seen(context, flow, &flow->server.address);
}

static void
report_pileup(struct context *context, const struct flow *flow, const struct packet *packet, struct server *server)
{
    bool answers_seen = flow->handshake.syn_ack_count > 0;
    const struct slot *first = first_slot(server);
    uint32_t count = half_open_connections(server);
    unsigned sources = sources_of(server);
    struct finding *finding =
        report(context, &cases[SYN_RECV_PILEUP], answers_seen ? CONFIDENCE_CONFIRMED : CONFIDENCE_POSSIBLE);
    if (finding == NULL)
        return;
    server->finding = finding_number(finding);
    report_series(finding, count, first->first_frame, first->first_time);
    report_endpoint(finding, FACT_server, &flow->server);
    report_count(finding, FACT_attempts, count);
    report_count(finding, FACT_limit, threshold_value(context, HALF_OPEN_MIN));
    report_duration(finding, FACT_delay, packet->time - first->first_time);
    report_duration(finding, FACT_threshold, SECONDS((int64_t)threshold_value(context, WINDOW)));
    if (sources == 1)
        report_endpoint(finding, FACT_client, &flow->client);
    else if (sources < SOURCES_MAX)
        report_count(finding, FACT_sources, sources);
    if (!answers_seen)
        report_address(finding, FACT_tunnel_destination, &packet->tunnel_destination);
    report_evidence(finding, first->first_frame);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, flow->handshake.syn_ack_frame);
}

static void
note_half_open(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct connection *connection = flow_state(context);
    if (connection->slot != 0)
        return;
    struct server *server = server_of(context, flow);
    connection->slot = slot_at(context, packet->time);
    move_window(server, connection->slot);
    if (connection->slot <= server->newest - SLOTS)
        return;
    struct slot *slot = &server->slot[connection->slot % SLOTS];
    if (slot->half_open++ == 0) {
        slot->first_frame = packet->frame;
        slot->first_time = packet->time;
    }
    struct source *source = source_of(server, &flow->client.address);
    if (source != NULL) {
        source->half_open++;
        source->slot = connection->slot;
    }
    if (server->finding != 0)
        report_again(context, server->finding);
    else if (half_open_connections(server) >= threshold_value(context, HALF_OPEN_MIN))
        report_pileup(context, flow, packet, server);
}

/* Completed after all, or ended. */
static void
forget_half_open(struct context *context, const struct flow *flow)
{
    struct connection *connection = flow_state(context);
    if (connection->slot == 0)
        return;
    struct server *server = server_of(context, flow);
    struct slot *slot = &server->slot[connection->slot % SLOTS];
    if (connection->slot > server->newest - SLOTS && slot->half_open > 0)
        slot->half_open--;
    for (unsigned i = 0; i < SOURCES_MAX; i++)
        if (is_current(server, &server->source[i]) && address_equal(&server->source[i].address, &flow->client.address))
            server->source[i].half_open--;
    connection->slot = 0;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;

    /* An ordinary handshake: one SYN, one SYN-ACK. Of copies only the one in the tunnel tells more. */
    if (handshake->syn_count + handshake->syn_ack_count < 3 || (packet->duplicate && !packet->in_ip_tunnel))
        return;
    if ((packet->flags & TCP_SYN) == 0) {
        if (handshake->completed_frame == packet->frame || (packet->flags & TCP_RST))
            forget_half_open(context, flow);
    } else if (is_half_open(context, flow, packet)) {
        note_half_open(context, flow, packet);
    }
}

const struct detector connect_syn_recv_detector = {
    .family = "connect",
    .summary = "Half-open connections that pile up",
    .sees = SEES_SYN | SEES_COMPLETED | SEES_END | SEES_DUPLICATES,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct connection),
    .on_packet = on_packet,
};
