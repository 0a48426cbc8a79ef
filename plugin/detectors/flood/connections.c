/* Connections that are completed and then not used.
 *
 * Each of them takes a place in the tables of the load balancer, the firewall and the server. An attacker needs little to
 * hold or repeat thousands of them, from his true address: the handshake is completed. A check of a load balancer looks
 * the same, once in a while; a client that uses its connections speaks at once.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 1 (connection flood at the transport layer).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A client that has something to say says it sooner than this after the handshake. */
#define SPEAKS_WITHIN SECONDS(1)

/* Peers of a source at a server are those that connected within one or two of these. */
#define PEERS_TIME SECONDS(60)

/* Far more than its peers: half of them have not even this part of the threshold. */
enum { PEER_PART = 10 };

enum { IDLE_CONNECTIONS };

static const struct threshold thresholds[] = {
    [IDLE_CONNECTIONS] =
        {"connections",
         {"Flood: unused connections of one source",
          "So many completed connections of one source to one server without data of the client, opened "
          "within 10 s or held at the same time"},
         60,
         10,
         1000000},
};

enum { CONNECTIONS };

/* clang-format off */
static const struct case_info cases[] = {
    [CONNECTIONS] = {
        .id = "flood.connections",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Flood of unused connections",
            .summary = "{client.address} opened {attempts} connections to {server} within {delay} and [holds {held} of "
                       "them, ]without sending a byte (threshold {limit}); [{sources} other addresses connected there "
                       "in the meantime{?sources}][no other address connected there in the meantime{!sources}].",
            .causes = "A connection flood: connections fill the tables of the load balancer or server. The source "
                      "address is real, because the handshakes were completed.\n"
                      "A client program that opens connections and does not use or close them (leak), or a connection "
                      "pool that is filled far beyond its need.\n"
                      "A load test, or a port check that runs far too often.\n"
                      "The client waits for the server to speak first, and the server does not.",
            .checks = "On the server, connections by client address: `ss -Htn state established '( sport = "
                      ":{server.port} )' | tr -s ' ' | cut -d' ' -f4 | sed 's/:[[0-9]]*$//' | sort | uniq -c | sort "
                      "-rn | head`\n"
                      "How full are the tables: `ss -s; nstat -az TcpExtListenOverflows; sysctl "
                      "net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`\n"
                      "On an LVS director: `ipvsadm -Lnc | grep -cF {client.address}`\n"
                      "On {client.address}, which process holds them: `ss -tnp dst {server.address}`\n"
                      "Limit connections of one address (nginx: limit_conn; and short client_header_timeout): "
                      "`iptables -I INPUT -p tcp --syn --dport {server.port} -m connlimit --connlimit-above 50 -j "
                      "REJECT --reject-with tcp-reset`",
            .disproof = "The connections carry data later, or {client.address} is a NAT gateway or proxy of many users "
                        "whose connections do.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1",
        .silent_on = "connections that carry data\nport checks of a load balancer\na connection pool\n"
                     "equal peers\nblind direction",
    },
};
/* clang-format on */

/* -- What is kept ----------------------------------------------------------------------------- */

/* A source at a server. */
enum { UNUSED };

struct pair {
    struct recent recent;
    uint32_t held;             /* connections without data that are still open */
    int64_t peer_at, heavy_at; /* the last time in which it counted as a peer, and as one with many */
};

/* Sources of a server, and those of them with many unused connections, in this minute and in the one before. */
struct server {
    int64_t minute;
    uint32_t sources, sources_before, heavy, heavy_before;
};

struct connection {
    bool counted, held;
};

enum { KEY_PAIR, KEY_SERVER };

static struct pair *
pair_of(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, KEY_PAIR, &key, sizeof key, sizeof(struct pair));
}

static struct server *
server_of(struct context *context, const struct flow *flow, int64_t minute)
{
    struct endpoint key;
    flow_server_key(flow, &key);
    struct server *server = keyed_state(context, KEY_SERVER, &key, sizeof key, sizeof *server);
    if (minute > server->minute) {
        bool next = minute == server->minute + 1;
        server->sources_before = next ? server->sources : 0;
        server->heavy_before = next ? server->heavy : 0;
        server->sources = server->heavy = 0;
        server->minute = minute;
    }
    return server;
}

/* -- Peers ------------------------------------------------------------------------------------ */

/* Numbers from 1 on: 0 is never. */
static int64_t
minute_of(int64_t now)
{
    return now / PEERS_TIME + 1;
}

/* Each source counts once a minute at its server, and once more if it has many unused connections. */
static void
note_peer(struct context *context, const struct flow *flow, struct pair *pair, int64_t now)
{
    int64_t minute = minute_of(now);
    bool heavy = pair->recent.total[UNUSED] * PEER_PART >= threshold_value(context, IDLE_CONNECTIONS);
    if (pair->peer_at == minute && (!heavy || pair->heavy_at == minute))
        return;
    struct server *server = server_of(context, flow, minute);
    server->sources += pair->peer_at != minute;
    server->heavy += heavy && pair->heavy_at != minute;
    pair->peer_at = minute;
    if (heavy)
        pair->heavy_at = minute;
}

static uint32_t
larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* How many others there are; false if more than half of them do the same as this one. */
static bool
is_far_above_its_peers(struct context *context, const struct flow *flow, int64_t now, uint32_t *others)
{
    const struct server *server = server_of(context, flow, minute_of(now));
    uint32_t sources = larger(server->sources, server->sources_before);
    uint32_t heavy = larger(server->heavy, server->heavy_before);
    *others = sources > 0 ? sources - 1 : 0;
    return heavy <= 1 || (heavy - 1) * 2 <= *others;
}

/* -- Reports ---------------------------------------------------------------------------------- */

static void
check_connections(struct context *context, const struct flow *flow, const struct pair *pair, int64_t now)
{
    unsigned limit = threshold_value(context, IDLE_CONNECTIONS);
    uint32_t count = larger(pair->recent.total[UNUSED], pair->held), others;
    if (count < limit || !answers_visible(context, flow, true) || !answers_visible(context, flow, false) ||
        !is_far_above_its_peers(context, flow, now, &others))
        return;
    struct finding *finding =
        report_about(context, &cases[CONNECTIONS], others > 0 ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
                     &flow->client.address, sizeof flow->client.address, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_recent(finding, &pair->recent, count, limit, now);
    if (pair->held > 0)
        report_count(finding, FACT_held, pair->held);
    if (others > 0)
        report_count(finding, FACT_sources, others);
}

/* -- Connections ------------------------------------------------------------------------------ */

/* Whether data of the client was neither captured nor acknowledged. */
static bool
client_said_nothing(const struct flow *flow)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    if (client->new_bytes > 0 || (client->fin_frame != 0 && client->fin_sequence != flow->client_first_sequence))
        return false;
    return !server->acknowledgment_known || sequence_difference(server->acknowledgment, client->next_sequence) <= 0;
}

static bool
has_ended(const struct flow *flow)
{
    return flow->by_client.fin_frame != 0 || flow->by_client.rst_frame != 0 || flow->by_server.fin_frame != 0 ||
           flow->by_server.rst_frame != 0;
}

/* A connection of which it is known now whether it was used: because it ends, or by its age. */
static void
look_at(struct context *context, const struct flow *flow, int64_t now)
{
    if (!client_said_nothing(flow))
        return;
    struct connection *connection = flow_state(context);
    if (connection->counted)
        return;
    struct pair *pair = pair_of(context, flow);
    recent_move(&pair->recent, now);
    recent_add(&pair->recent, UNUSED, flow->handshake.completed_frame, flow->handshake.completed_time);
    connection->counted = true;
    connection->held = !has_ended(flow);
    pair->held += connection->held;
    note_peer(context, flow, pair, now);
    check_connections(context, flow, pair, now);
}

static void
release(struct context *context, const struct flow *flow)
{
    struct connection *connection = flow_state(context);
    if (!connection->held)
        return;
    connection->held = false;
    struct pair *pair = pair_of(context, flow);
    if (pair->held > 0)
        pair->held--;
}

static void
on_completed(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct pair *pair = pair_of(context, flow);
    recent_move(&pair->recent, packet->time);
    note_peer(context, flow, pair, packet->time);
    wake_at(context, packet->time + SPEAKS_WITHIN);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (flow->handshake.completed_frame == 0)
        return;
    if (packet->from_client && packet->new_bytes > 0 && packet->time - flow->handshake.completed_time >= SPEAKS_WITHIN)
        release(context, flow);
    if (flow->handshake.completed_frame == packet->frame)
        on_completed(context, flow, packet);
    if (packet->flags & (TCP_FIN | TCP_RST)) {
        look_at(context, flow, packet->time);
        if (flow->by_client.new_bytes == 0)
            release(context, flow);
    }
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    look_at(context, flow, flow->handshake.completed_time + SPEAKS_WITHIN);
}

const struct detector flood_connections_detector = {
    .family = "flood",
    .summary = "Connections that are completed and then not used",
    .sees = SEES_COMPLETED | SEES_FIRST_DATA | SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct connection),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
