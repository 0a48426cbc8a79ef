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

/* More back ends, or more clients of one network, are no pool behind a balancer but a network of its own. */
enum { BACKENDS_MAX = 16, CLIENTS_MAX = 16 };

/* A host with fewer connections is a stranger or a backup, and fewer changes from one to another are no pattern. */
enum { BACKEND_LEAST = 5, SWITCHES_LEAST = 10 };

/* After the first test there is one for each so many connections, or each tenth. */
enum { NEXT_TEST = 10 };

/* Connections further apart are not of the same load. Translated by a balancer, a connection is seen twice at once. */
static const int64_t PAUSE = SECONDS(300), TRANSLATION = SECONDS(1);

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

struct backend {
    struct ip_address address;
    bool in_front;        /* the balancer's own address, whose connections go on to the others */
    uint32_t first, last; /* as the how manieth connection of the group */
};

/* Connections for which one chooser finds the back ends: a client, or the balancer for all of them. */
struct chooser {
    uint16_t connections[BACKENDS_MAX], switches;
    uint8_t last; /* 1 + the number of its last back end; 0 = none yet */
};

/* What one client group opens on one port. */
struct group {
    uint32_t opened, due; /* connections so far, and when to test them */
    uint32_t first_frame;
    int64_t first_time, last_time;
    struct endpoint last_client;
    uint32_t backends;
    struct backend backend[BACKENDS_MAX];
    uint32_t clients;
    struct ip_address client[CLIENTS_MAX];
    struct chooser chooser[CLIENTS_MAX];
    bool more_clients, more_backends;
    uint32_t finding; /* number of the one that stands, 0 = none */
};

/* Clients of one network and one port, or for real servers behind tunnels the address that all clients use. What is
 * mirrored may be captured without a mirror as well. */
struct group_key {
    struct ip_address address;
    uint16_t port;
    uint8_t in_tunnel, mirrored;
};

struct tunnel_flow {
    bool counted;
};

/* Who chooses: each client itself, as far as can be seen; the balancer, since the clients are on the Internet and can't
 * know the addresses of the back ends; or the balancer, in tunnels. */
enum choice { BY_CLIENT, BY_BALANCER, IN_TUNNEL };

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
    /* In order. */
    static const uint16_t ports[] = {22,   25,   53,   88,   135,  139,  389,  445,  636,  1433,  1521,  2181,
                                     3268, 3306, 3389, 5432, 5672, 6379, 9042, 9092, 9100, 10050, 11211, 27017};
    const uint16_t *last = &ports[sizeof ports / sizeof *ports - 1], *at = ports;
    while (at < last && *at < port)
        at++;
    return *at == port;
}

static enum choice
choice_of(const struct flow *flow)
{
    return address_is_public(&flow->client.address) && !address_is_public(&flow->server.address) ? BY_BALANCER
                                                                                                 : BY_CLIENT;
}

static struct group *
group_of(struct context *context, const struct flow *flow, const struct ip_address *address, bool in_tunnel)
{
    struct group_key key;
    memset(&key, 0, sizeof key);
    key.address = *address;
    key.port = flow->server.port;
    key.in_tunnel = in_tunnel;
    key.mirrored = flow->path != 0;
    return keyed_state_of_all(context, 0, &key, sizeof key, sizeof(struct group));
}

/* The group that a connection outside of tunnels counts for, NULL if it is for none. */
static struct group *
group_of_flow(struct context *context, const struct flow *flow)
{
    const struct ip_address *server = &flow->server.address;
    if (client_chooses(flow->server.port) ||
        (address_is_public(server) && !same_network(server, &flow->client.address)) ||
        address_equal(server, &flow->client.address))
        return NULL;
    struct ip_address network = address_network(&flow->client.address);
    return group_of(context, flow, &network, false);
}

/* -- Counting --------------------------------------------------------------------------------- */

static struct backend *
find_backend(struct group *group, const struct ip_address *address)
{
    for (uint32_t i = 0; i < group->backends; i++)
        if (address_equal(&group->backend[i].address, address))
            return &group->backend[i];
    return NULL;
}

static struct backend *
backend_of(struct group *group, const struct ip_address *address)
{
    struct backend *backend = find_backend(group, address);
    if (backend != NULL)
        return backend;
    if (group->backends >= BACKENDS_MAX) {
        group->more_backends = true;
        return NULL;
    }
    backend = &group->backend[group->backends++];
    *backend = (struct backend){.address = *address, .first = group->opened};
    return backend;
}

/* Its number; CLIENTS_MAX if there are too many. */
static uint32_t
number_of_client(struct group *group, const struct ip_address *address)
{
    uint32_t number = 0;
    while (number < group->clients && !address_equal(&group->client[number], address))
        number++;
    if (number == CLIENTS_MAX)
        group->more_clients = true;
    else if (number == group->clients)
        group->client[group->clients++] = *address;
    return number;
}

/* Where a balancer translates addresses, the client's connection to it and that to the back end follow each other and
 * have the same client. */
static bool
was_translated(const struct group *group, const struct packet *packet, const struct endpoint *client)
{
    return endpoint_equal(&group->last_client, client) && packet->time - group->last_time <= TRANSLATION;
}

/* One more connection; false if it is for no pool. */
static bool
count(struct group *group, const struct packet *packet, const struct endpoint *client, const struct ip_address *address,
      enum choice choice)
{
    /* What was told is counted to the end of the capture. */
    if (group->opened > 0 && packet->time - group->last_time > PAUSE && group->finding == 0)
        memset(group, 0, sizeof *group);
    if (group->opened == 0) {
        group->first_frame = packet->frame;
        group->first_time = packet->time;
    }
    struct backend *backend = backend_of(group, address);
    uint32_t number = number_of_client(group, &client->address);
    if (backend == NULL || backend->in_front || (choice == BY_CLIENT && number == CLIENTS_MAX))
        return false;
    struct chooser *chooser = &group->chooser[choice == BY_CLIENT ? number : 0];
    uint8_t place = (uint8_t)(backend - group->backend);
    if (chooser->last != 0 && chooser->last != place + 1) {
        if (was_translated(group, packet, client))
            group->backend[chooser->last - 1].in_front = true;
        else
            chooser->switches++;
    }
    chooser->last = place + 1;
    if (chooser->connections[place] < UINT16_MAX)
        chooser->connections[place]++;
    backend->last = group->opened++;
    group->last_client = *client;
    group->last_time = packet->time;
    return true;
}

/* -- The test --------------------------------------------------------------------------------- */

/* What chi-square exceeds by chance once in 1,000 times, for 1 to 16 degrees of freedom, and once in 100 times. As it is
 * tested again and again, about 1 of 100 balancers that choose by mere chance is called uneven some day; those that take
 * turns never are. */
static const double rare[BACKENDS_MAX] = {10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12,
                                          27.88, 29.59, 31.26, 32.91, 34.53, 36.12, 37.70, 39.25};
static const double seldom[BACKENDS_MAX - 1] = {6.635, 9.210, 11.34, 13.28, 15.09, 16.81, 18.48, 20.09,
                                                21.67, 23.21, 24.72, 26.22, 27.69, 29.14, 30.58};

struct share {
    struct ip_address address;
    uint32_t connections;
};

struct distribution {
    uint32_t backends, connections, all; /* `all` with those of back ends that do not last */
    uint32_t choices, switches;          /* connections that a choice was made for before, and where it was another */
    struct share share[BACKENDS_MAX];    /* the most loaded first */
};

/* Whether connections to different back ends alternate as those of a balancer do. A person or job stays with one for a
 * while; then there are far fewer changes than independent choices would make. */
static bool
alternates(const struct chooser *chooser)
{
    double total = 0, squares = 0;
    for (uint32_t i = 0; i < BACKENDS_MAX; i++) {
        total += chooser->connections[i];
        squares += (double)chooser->connections[i] * chooser->connections[i];
    }
    return chooser->switches > 0 && chooser->switches >= 0.6 * (total - 1) * (1 - squares / (total * total));
}

/* Whether it takes part from beginning to end: others may be mere strangers, were added or failed. */
static bool
lasts(const struct group *group, const struct backend *backend)
{
    return !backend->in_front && 3 * backend->first <= group->opened && 3 * backend->last >= 2 * group->opened;
}

static void
add_share(struct distribution *distribution, const struct backend *backend, uint32_t connections)
{
    uint32_t place = distribution->backends++;
    for (; place > 0 && distribution->share[place - 1].connections < connections; place--)
        distribution->share[place] = distribution->share[place - 1];
    distribution->share[place] = (struct share){backend->address, connections};
    distribution->connections += connections;
}

static void
distribution_of(const struct group *group, enum choice choice, struct distribution *distribution)
{
    uint32_t connections[BACKENDS_MAX] = {0};
    memset(distribution, 0, sizeof *distribution);
    for (uint32_t number = 0; number < (choice == BY_CLIENT ? group->clients : 1); number++) {
        const struct chooser *chooser = &group->chooser[number];
        if (choice != IN_TUNNEL && !alternates(chooser))
            continue;
        distribution->switches += chooser->switches;
        for (uint32_t i = 0; i < group->backends; i++) {
            connections[i] += chooser->connections[i];
            distribution->choices += chooser->connections[i];
        }
        distribution->choices--;
    }
    for (uint32_t i = 0; i < group->backends; i++) {
        if (!group->backend[i].in_front)
            distribution->all += connections[i];
        if (connections[i] > 0 && lasts(group, &group->backend[i]))
            add_share(distribution, &group->backend[i], connections[i]);
    }
}

static double
chi_square_of(const struct distribution *distribution)
{
    double expected = (double)distribution->connections / distribution->backends, chi_square = 0;
    for (uint32_t i = 0; i < distribution->backends; i++) {
        double difference = distribution->share[i].connections - expected;
        chi_square += difference * difference / expected;
    }
    return chi_square;
}

/* Back ends that take turns change more often than chance would have it; then chance did not make them uneven either. As
 * chi-square of one degree of freedom. */
static double
regularity_of(const struct distribution *distribution)
{
    double same = 1.0 / distribution->backends;
    double more = distribution->switches - distribution->choices * (1 - same);
    return more > 0 ? more * more / (distribution->choices * same * (1 - same)) : 0;
}

static bool
is_uneven(struct context *context, const struct distribution *distribution)
{
    uint32_t backends = distribution->backends, total = distribution->connections;
    if (backends < 2 || total < threshold_value(context, CONNECTIONS) || total < 10 * backends ||
        10 * total < 9 * distribution->all)
        return false;
    uint32_t most = distribution->share[0].connections, least = distribution->share[backends - 1].connections;
    if (least < BACKEND_LEAST || 100 * (uint64_t)most < threshold_value(context, RATIO) * (uint64_t)least)
        return false;
    double chi_square = chi_square_of(distribution);
    return chi_square > rare[backends - 2] ||
           (chi_square > seldom[backends - 2] && chi_square + regularity_of(distribution) > rare[backends - 1]);
}

/* How many of the back ends were learned from DNS, and whether by one name. Several names are several services. */
enum naming { NAMES_UNKNOWN, NAMES_EQUAL, NAMES_DIFFERENT };

static enum naming
naming_of(struct context *context, const struct distribution *distribution)
{
    char first[DNS_NAME_MAX] = "";
    uint32_t known = 0;
    for (uint32_t i = 0; i < distribution->backends; i++) {
        const struct learned_name *name = name_of(context, &distribution->share[i].address);
        if (name == NULL)
            continue;
        if (known++ == 0)
            memcpy(first, name->name, sizeof first);
        else if (strcmp(first, name->name) != 0)
            return NAMES_DIFFERENT;
    }
    return known == distribution->backends ? NAMES_EQUAL : NAMES_UNKNOWN;
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
report_rows(struct finding *finding, const struct distribution *distribution)
{
    char address[ADDRESS_TEXT_SIZE], row[96];
    for (uint32_t i = 0; i < distribution->backends; i++) {
        const struct share *share = &distribution->share[i];
        unsigned permille = (unsigned)rounded(1000 * (uint64_t)share->connections, distribution->connections);
        address_format(&share->address, address);
        snprintf(row, sizeof row, "%s: %u (%u.%u %%)", address, (unsigned)share->connections, permille / 10,
                 permille % 10);
        report_text(finding, FACT_row, row);
    }
}

static void
report_group(struct context *context, const struct flow *flow, const struct group *group,
             const struct distribution *distribution, struct finding *finding)
{
    const struct share *most = &distribution->share[0], *least = &distribution->share[distribution->backends - 1];
    report_endpoint(finding, FACT_client, &(struct endpoint){flow->client.address, 0});
    report_endpoint(finding, FACT_server, &(struct endpoint){most->address, flow->server.port});
    report_count(finding, FACT_attempts, distribution->connections);
    report_count(finding, FACT_limit, threshold_value(context, CONNECTIONS));
    report_count(finding, FACT_destinations, distribution->backends);
    if (!group->more_clients)
        report_count(finding, FACT_sources, group->clients);
    report_forget(finding, FACT_ratio);
    report_hundredths(finding, FACT_ratio, rounded(100 * (uint64_t)most->connections, least->connections));
    report_forget(finding, FACT_row);
    report_rows(finding, distribution);
}

/* One more connection of a group that was told: the numbers are those of the whole capture, and they may become even. */
static void
go_on(struct context *context, const struct flow *flow, struct group *group, enum choice choice)
{
    struct distribution distribution;
    struct finding *finding = reported_number(context, group->finding);
    report_again(context, group->finding);
    distribution_of(group, choice, &distribution);
    if (finding != NULL && is_uneven(context, &distribution)) {
        report_group(context, flow, group, &distribution, finding);
    } else if (finding != NULL && group->opened >= group->due) {
        report_withdraw(context, finding);
        group->finding = 0;
    }
}

static void
check(struct context *context, const struct flow *flow, struct group *group, enum choice choice)
{
    struct distribution distribution;
    unsigned limit = threshold_value(context, CONNECTIONS);
    bool is_due = group->opened >= group->due;
    if (group->finding != 0)
        go_on(context, flow, group, choice);
    if (group->opened < limit || !is_due || group->more_backends)
        return;
    group->due = group->opened + (group->opened > 10 * NEXT_TEST ? group->opened / 10 : NEXT_TEST);
    if (group->finding != 0)
        return;
    distribution_of(group, choice, &distribution);
    if (!is_uneven(context, &distribution))
        return;
    enum naming naming = naming_of(context, &distribution);
    if (choice != IN_TUNNEL &&
        (group->more_clients || distribution.switches < SWITCHES_LEAST || naming == NAMES_DIFFERENT))
        return;
    bool is_pool = choice == IN_TUNNEL || naming == NAMES_EQUAL;
    struct finding *finding =
        report_of_culprit(context, &cases[UNEVEN], is_pool ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE);
    group->finding = finding_number(finding);
    report_series(finding, distribution.connections, group->first_frame, group->first_time);
    report_evidence(finding, group->first_frame);
    report_hundredths(finding, FACT_limit_ratio, threshold_value(context, RATIO));
    report_group(context, flow, group, &distribution, finding);
    if (choice == IN_TUNNEL)
        report_flag(finding, FACT_in_tunnel);
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
    struct group *group = group_of(context, flow, &flow->server.address, true);
    if (count(group, packet, &flow->client, &packet->tunnel_destination, IN_TUNNEL))
        check(context, flow, group, IN_TUNNEL);
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
    struct group *group = group_of_flow(context, flow);
    struct backend *backend = group != NULL ? find_backend(group, &flow->server.address) : NULL;
    if (backend == NULL)
        return;
    uint32_t number = choice_of(flow) == BY_CLIENT ? number_of_client(group, &flow->client.address) : 0;
    if (number < CLIENTS_MAX && group->chooser[number].connections[backend - group->backend] > 0)
        group->chooser[number].connections[backend - group->backend]--;
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
    struct group *group = group_of_flow(context, flow);
    if (group == NULL)
        return;
    enum choice choice = choice_of(flow);
    if (count(group, packet, &flow->client, &flow->server.address, choice))
        check(context, flow, group, choice);
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
