/* Load balancers that do not balance.
 *
 * A balancer, proxy or web application firewall opens connections to several back ends on one port. With equal
 * weights each gets its share, give or take chance. If one gets much more, the usual reason is the method: by
 * source address or with session persistence a client stays at its back end, and behind a firewall or NAT all clients
 * are a handful of addresses. Least-connection counts from its start only, and connections that live on keep the old
 * distribution. Or the weights differ, on purpose or not.
 *
 * Not every host that talks to several servers balances. What shows that a balancer chooses: the connections of one
 * client alternate between the servers; or the clients are on the Internet and the servers are not, or in tunnels, so
 * that the client can't know them. People and programs that use one server after the other, or stay at theirs, and
 * databases whose servers have roles, do not count here.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 5 (four servers behind a load balancer, 1:2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* A host with fewer connections is a stranger or a backup, and fewer changes from one to another are no pattern. */
enum { BACKEND_LEAST = 5, SWITCHES_LEAST = 10 };

/* After the first test there is one for each so many connections, or each tenth. */
enum { NEXT_TEST = 10 };

enum { CONNECTIONS, RATIO };

static const struct threshold thresholds[] = {
    [CONNECTIONS] = {"connections",
                     {"Balance: connections to be judged",
                      "So many connections of a client group must be there before their distribution is tested"},
                     30,
                     20,
                     100000},
    [RATIO] = {"ratio_percent",
               {"Balance: uneven from (%)",
                "The most loaded back end must have so many percent of the connections of the least loaded"},
               150,
               110,
               10000},
};

enum { UNEVEN };

/* clang-format off */
static const struct case_info cases[] = {
    [UNEVEN] = {
        .id = "balance.uneven",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Uneven load balancing",
            .summary = "{attempts} connections (threshold {limit}) to port {server.port} are spread unevenly over {destinations} back "
                       "ends, more than chance explains: the most loaded, {server.address}, has {ratio} times as many as the least "
                       "loaded (threshold {limit_ratio}). [Client addresses: {sources}. ]Connections: {row}.",
            .causes = "Session persistence or a hash of the source address, with few clients[ ({sources} in these packets)]: a web "
                      "application firewall or a NAT in front shows its own few addresses only.\n"
                      "The weights of the back ends differ, perhaps on purpose (1:2 for servers of different size).\n"
                      "Back ends were added later: least-connection counts from its start, and connections or persistence that "
                      "live on keep the old distribution.\n"
                      "A back end fails its health checks now and then, or is a backup or being drained.\n"
                      "[These servers are no pool of one service: different applications or roles on the same port{!in_tunnel}.]",
            .checks = "LVS: weights, active and inactive connections, persistence: `ipvsadm -Ln; ipvsadm -Lnc | head "
                      "-50`\n"
                      "haproxy: sessions, weight and health of each back end: `echo 'show stat' | socat stdio "
                      "/run/haproxy/admin.sock | cut -d, -f1,2,8,19,22,25`\n"
                      "nginx, the method and weights (ip_hash, hash, least_conn, weight=): `nginx -T | grep -A 12 "
                      "upstream`\n"
                      "Cloud load balancer: listener (scheduling, session persistence), weights and health of the "
                      "back ends in the console.\n"
                      "On each back end, its present connections: `ss -Htn state established 'sport = "
                      ":{server.port}' | wc -l`\n"
                      "Switch persistence off, or use a cookie instead of the source address. Where old connections "
                      "keep it uneven, lower the weight of the loaded back ends until it is even, then make the "
                      "weights equal.",
            .disproof = "The weights in the configuration are as these shares. Or requests, which are not counted here, are even: "
                        "connections carry different numbers of them.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 5",
        .silent_on = "equal weights\ntoo few connections\nbrowsing\na job that goes from host to host\n"
                     "health checks of a back end without load\none of several back ends is down\n"
                     "clients that stay at their server\nthe address in front of the back ends",
    },
};
/* clang-format on */

/* What one client group opens on one port. */
struct group {
    struct pool pool;
    uint32_t due;     /* test when there are so many connections */
    uint32_t finding; /* number of the one that stands, 0 = none */
};

/* Clients of one network and one port, or for real servers behind tunnels the address that all clients use. What is
 * mirrored may be captured without a mirror as well. Without padding. */
struct group_key {
    struct ip_address address;
    uint8_t chosen_by; /* enum chosen_by */
    uint16_t port, mirrored;
};

struct tunnel_flow {
    bool counted;
};

/* -- Who belongs together --------------------------------------------------------------------- */

static bool
same_network(const struct ip_address *a, const struct ip_address *b)
{
    struct ip_address network_a = address_network(a), network_b = address_network(b);
    return address_equal(&network_a, &network_b);
}

/* Where the client chooses the server, by name, role or content: directories, databases, mail, remote shells. */
static bool
client_chooses(uint16_t port)
{
    static const uint16_t ports[] = {22,   25,   53,   88,   135,  139,  389,  445,  636,  1433,  1521,  2181,
                                     3268, 3306, 3389, 5432, 5672, 6379, 9042, 9092, 9100, 10050, 11211, 27017};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
        if (ports[i] == port)
            return true;
    return false;
}

static struct group_key
group_key(const struct flow *flow, const struct ip_address *address, enum chosen_by chosen_by)
{
    return (struct group_key){*address, (uint8_t)chosen_by, flow->server.port, flow->path != 0};
}

static struct group *
group_of(struct context *context, const struct group_key *key)
{
    return keyed_state_of_all(context, 0, key, sizeof *key, sizeof(struct group));
}

/* The group that a connection outside of tunnels counts for; false if it is for none. Clients on the Internet can't know private
 * addresses of back ends. */
static bool
find_group(const struct flow *flow, struct group_key *key)
{
    const struct ip_address *client = &flow->client.address, *server = &flow->server.address;
    bool is_public = address_is_public(server);
    if (client_chooses(flow->server.port) || (is_public && !same_network(server, client)) ||
        address_equal(server, client))
        return false;
    struct ip_address network = address_network(client);
    *key = group_key(flow, &network, !is_public && address_is_public(client) ? CHOSEN_FOR_CLIENTS : CHOSEN_BY_CLIENT);
    return true;
}

/* -- The test --------------------------------------------------------------------------------- */

static bool
is_uneven(struct context *context, const struct distribution *distribution)
{
    unsigned backends = distribution->places;
    uint32_t total = distribution->events;
    if (backends < 2 || total < threshold_value(context, CONNECTIONS) || total < 10 * backends ||
        total < 9 * distribution->others)
        return false;
    uint32_t most = distribution->share[0].events, least = distribution->share[backends - 1].events;
    return least >= BACKEND_LEAST && 100 * (uint64_t)most >= threshold_value(context, RATIO) * (uint64_t)least &&
           distribution_is_beyond_chance(distribution);
}

/* How many of the back ends were learned from DNS, and whether by one name. Several names are several services. */
enum naming { NAMES_UNKNOWN, NAMES_EQUAL, NAMES_DIFFERENT };

static enum naming
naming_of(struct context *context, const struct pool *pool, const struct distribution *distribution)
{
    char first[DNS_NAME_MAX] = "";
    uint32_t known = 0;
    for (unsigned i = 0; i < distribution->places; i++) {
        const struct learned_name *name = name_of(context, &pool->server[distribution->share[i].place].address);
        if (name == NULL)
            continue;
        if (known++ == 0)
            memcpy(first, name->name, sizeof first);
        else if (strcmp(first, name->name) != 0)
            return NAMES_DIFFERENT;
    }
    return known == distribution->places ? NAMES_EQUAL : NAMES_UNKNOWN;
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* With whole numbers, because the decimal point of others depends on the user's language. */
static void
report_hundredths(struct finding *finding, enum fact_name name, uint64_t hundredths)
{
    char text[32];
    snprintf(text, sizeof text, "%u.%02u", (unsigned)(hundredths / 100), (unsigned)(hundredths % 100));
    report_text(finding, name, text);
}

static uint64_t
rounded(uint64_t numerator, uint64_t denominator)
{
    return (2 * numerator + denominator) / (2 * denominator);
}

static void
report_rows(struct finding *finding, const struct pool *pool, const struct distribution *distribution)
{
    char address[ADDRESS_TEXT_SIZE], row[96];
    report_forget(finding, FACT_row);
    for (unsigned i = 0; i < distribution->places; i++) {
        const struct share *share = &distribution->share[i];
        unsigned permille = (unsigned)rounded(1000 * (uint64_t)share->events, distribution->events);
        address_format(&pool->server[share->place].address, address);
        snprintf(row, sizeof row, "%s: %u (%u.%u %%)", address, (unsigned)share->events, permille / 10, permille % 10);
        report_text(finding, FACT_row, row);
    }
}

static void
report_shares(struct context *context, const struct flow *flow, const struct pool *pool,
              const struct distribution *distribution, struct finding *finding)
{
    const struct share *most = &distribution->share[0], *least = &distribution->share[distribution->places - 1];
    report_endpoint(finding, FACT_client, &(struct endpoint){flow->client.address, 0});
    report_endpoint(finding, FACT_server, &(struct endpoint){pool->server[most->place].address, flow->server.port});
    report_count(finding, FACT_attempts, distribution->events);
    report_count(finding, FACT_limit, threshold_value(context, CONNECTIONS));
    report_count(finding, FACT_destinations, distribution->places);
    if (!pool->more_clients)
        report_count(finding, FACT_sources, pool->clients);
    report_forget(finding, FACT_ratio);
    report_hundredths(finding, FACT_ratio, rounded(100 * (uint64_t)most->events, least->events));
    report_rows(finding, pool, distribution);
}

static void
report_uneven(struct context *context, const struct flow *flow, const struct group_key *key, struct group *group,
              const struct distribution *distribution)
{
    const struct pool *pool = &group->pool;
    bool in_tunnel = key->chosen_by == CHOSEN_BY_BALANCER;
    enum naming naming = naming_of(context, pool, distribution);
    if (!in_tunnel && (pool->more_clients || distribution->switches < SWITCHES_LEAST || naming == NAMES_DIFFERENT))
        return;
    struct finding *finding =
        report_about(context, &cases[UNEVEN],
                     in_tunnel || naming == NAMES_EQUAL ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE, key, sizeof *key, 1);
    if (finding == NULL)
        return; /* the group had been forgotten, and begins anew */
    group->finding = finding_number(finding);
    report_series(finding, distribution->events, pool->first_frame, pool->first_time);
    report_evidence(finding, pool->first_frame);
    report_hundredths(finding, FACT_limit_ratio, threshold_value(context, RATIO));
    report_shares(context, flow, pool, distribution, finding);
    if (in_tunnel)
        report_flag(finding, FACT_in_tunnel);
}

/* One more connection of a group that was told: the numbers are those of the whole capture. They may become even. */
static void
go_on(struct context *context, const struct flow *flow, struct group *group, const struct distribution *distribution,
      bool is_due)
{
    struct finding *finding = reported_number(context, group->finding);
    report_again(context, group->finding);
    if (is_uneven(context, distribution)) {
        report_shares(context, flow, &group->pool, distribution, finding);
    } else if (is_due) {
        report_withdraw(context, finding);
        group->finding = 0;
    }
}

static void
count(struct context *context, const struct flow *flow, const struct packet *packet, const struct group_key *key,
      const struct ip_address *server)
{
    struct group *group = group_of(context, key);
    struct pool *pool = &group->pool;
    /* What was told is counted to the end of the capture. */
    if (group->finding == 0 && pool_has_paused(pool, packet->time))
        memset(group, 0, sizeof *group);
    if (!pool_count(pool, key->chosen_by, packet, &flow->client, server))
        return;
    bool is_due = pool->connections >= group->due && pool->connections >= threshold_value(context, CONNECTIONS);
    if (is_due)
        group->due = pool->connections + (pool->connections > 10 * NEXT_TEST ? pool->connections / 10 : NEXT_TEST);
    if (group->finding == 0 && (!is_due || pool->more_servers))
        return;
    struct distribution distribution;
    pool_distribution(pool, key->chosen_by, &distribution);
    if (group->finding != 0)
        go_on(context, flow, group, &distribution, is_due);
    else if (is_uneven(context, &distribution))
        report_uneven(context, flow, key, group, &distribution);
}

/* -- Packets ---------------------------------------------------------------------------------- */

/* A director sends what comes for one address to real servers in tunnels; their answers don't come back this way. The
 * plain packet and that in the tunnel are the same packet. */
static void
note_tunnel(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct tunnel_flow *state = flow_state(context);
    if (state->counted || (packet->flags & TCP_ACK) || !packet->from_client)
        return;
    state->counted = true;
    struct group_key key = group_key(flow, &flow->server.address, CHOSEN_BY_BALANCER);
    count(context, flow, packet, &key, &packet->tunnel_destination);
}

/* Closed without a byte: a health check or a port check. */
static void
take_back(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    int ends =
        (client->fin_frame != 0) + (client->rst_frame != 0) + (server->fin_frame != 0) + (server->rst_frame != 0);
    if (flow->handshake.completed_frame == 0 || client->new_bytes + server->new_bytes > 0 || ends != 1 ||
        (client->fin_frame | client->rst_frame | server->fin_frame | server->rst_frame) != packet->frame)
        return;
    struct group_key key;
    if (find_group(flow, &key))
        pool_take_back(&group_of(context, &key)->pool, key.chosen_by, &flow->client.address, &flow->server.address);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->flags & TCP_SYN) {
        if (packet->in_ip_tunnel)
            note_tunnel(context, flow, packet);
        return;
    }
    if (packet->duplicate || flow->in_ip_tunnel || (packet->copy_of != 0 && packet->copy_session != packet->session))
        return;
    if (packet->flags & (TCP_FIN | TCP_RST)) {
        take_back(context, flow, packet);
        return;
    }
    struct group_key key;
    if (find_group(flow, &key))
        count(context, flow, packet, &key, &flow->server.address);
}

const struct detector balance_uneven_detector = {
    .family = "balance",
    .summary = "Load balancers that do not balance",
    .sees = SEES_COMPLETED | SEES_SYN | SEES_END | SEES_DUPLICATES,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct tunnel_flow),
    .on_packet = on_packet,
};
