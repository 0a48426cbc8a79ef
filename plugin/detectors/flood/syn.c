/* Connection attempts by the hundred that come to nothing.
 *
 * A compromised host floods many addresses with SYNs, or tries one port after the other, one host after the
 * other, to find what it can take over next. Its own network suffers first: the uplink is full, tunnels and
 * health checks behind it fail. At the other end a server gets SYNs from addresses that never go on, and its
 * backlog fills up.
 *
 * What tells these from many healthy clients is that nothing is completed. What tells them from a dead server or
 * a dead uplink is harder: there every attempt fails as well, but a TCP stack that waits repeats its SYN after a
 * second, and most tools that flood do not.
 *
 * Source: an operator's report on a compromised host that sent SYNs to ports 80 and 443 of many public addresses;
 * Alibaba Cloud, security product handbook, ch. 1 (SYN flood) and ch. 4 (a trojan that scans).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* "Many" destinations of a flood. One with fewer is several floods, each found at its destination. */
enum { MANY = 20 };

/* Ports that the stock flood aims at. A scan aims at services that can be taken over. */
enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

/* Below are the ports of services (RFC 6335). */
enum { FIRST_USER_PORT = 1024 };

/* A scan tries each port of a host once, or once more. */
enum { TRIES_OF_A_FLOOD = 3 };

/* Shares, as "one in so many". */
enum { TENTH = 10, HALF = 2 };

/* A flood is one source's if it leads the others by so many percent of all attempts: it has nine tenths of them. */
enum { NEARLY_ALL_PERCENT = 80 };

/* How old attempts must be, in slices of half a second: the newer one half of their number is that has not ended
 * otherwise, the less it says. A round trip takes half a second at most; and at a server the SYNs of a client that
 * waits have been repeated after one and a half (RFC 6298). */
enum { SLICES_OF_A_ROUND_TRIP = 2, SLICES_OF_A_RETRANSMISSION = 4 };

/* A stack that repeats its SYN waits at least this long on average. */
static const int64_t REPEATED_AFTER = MILLISECONDS(300);

enum { OUT_ATTEMPTS, IN_ATTEMPTS, SCANNED };

static const struct threshold thresholds[] = {
    [OUT_ATTEMPTS] = {"syn_out_attempts",
                      {"Flood: connection attempts of one host",
                       "So many connection attempts to many destinations in 10 s, under 10 % of them completed"},
                      100,
                      20,
                      1000000},
    [IN_ATTEMPTS] = {"syn_in_attempts",
                     {"Flood: connection attempts at one server",
                      "So many connection attempts at one address and port in 10 s, under 10 % of them completed"},
                     100,
                     20,
                     1000000},
    [SCANNED] = {"scan_destinations",
                 {"Flood: destinations or ports of a scan",
                  "So many destinations, or ports of one destination, tried by one host in 10 s, under half of them "
                  "accepted"},
                 50,
                 20,
                 65535},
};

enum { SYN_OUT, SYN_IN, SCAN, CASES };

/* clang-format off */
static const struct case_info cases[CASES] = {
    [SYN_OUT] = {
        .id = "flood.syn_out",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Host sends a SYN flood",
            .summary = "{client.address} opened {attempts} connections to {destinations} addresses, port {ports}, "
                       "within {delay}; {completed} were completed (threshold {limit} in 10 s, under 10 % completed).",
            .causes = "The host is compromised and attacks others: SYNs to web ports of unrelated public addresses, at "
                      "a rate that no user causes.\n"
                      "It looks for hosts to attack next, or for open proxies.\n"
                      "[Its way out is dead, and what used to work is tried again and again (crawler, proxy, "
                      "monitoring): its SYNs are repeated, as a TCP stack that waits for an answer does{?repeated}.]\n"
                      "A crawler or peer-to-peer client with a list of dead addresses, or a load balancer that checks its "
                      "servers by half-open connections.",
            .checks = "On the host (or the machine behind this NAT address), who sends; raw and packet sockets are "
                      "what floods use: `ss -tanp state syn-sent; ss -wanp; ss -0anp`\n"
                      "How much of the uplink does it take, and to whom: `iftop -nP; sar -n DEV 1 5`\n"
                      "Until it is isolated limit its connection attempts on the gateway: `iptables -I FORWARD -s "
                      "{client.address} -p tcp --syn -m limit ! --limit 10/s -j DROP`\n"
                      "Take a snapshot, then look for what was left behind (system tools may be replaced, use a "
                      "static busybox): `busybox cat /etc/ld.so.preload /etc/crontab; busybox ls -la /etc/cron.d "
                      "/var/spool/cron; last -a`\n"
                      "Install the host anew and change its passwords and keys; open management ports only to known "
                      "addresses.",
            .disproof = "The same destinations answered this host before and after: then its way out was cut. Or the "
                        "connections are completed where both directions are captured.",
        },
        .source = "an operator's report on a compromised host that flooded public web servers",
        .silent_on = "browsers and crawlers whose connections complete\nmonitoring of many hosts\nblind direction\n"
                     "a peer-to-peer client, whose peers listen on all kinds of ports\n"
                     "a host whose uplink fails while it works",
    },
    [SYN_IN] = {
        .id = "flood.syn_in",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Server receives a SYN flood",
            .summary = "{server} got {attempts} connection attempts from {sources} addresses[, nearly all from {client.address},] within "
                       "{delay}; {completed} were completed (threshold {limit} in 10 s, under 10 % completed).",
            .causes = "[A single host floods from its own address: {client.address} sent nearly all of the attempts.]\n"
                      "[A SYN flood with forged sources: each address sends one SYN, does not repeat it and never "
                      "answers the SYN-ACK, or its owner answers with RST{!client}.]\n"
                      "The answers of the server get lost on their way back, so that clients never go on; they would "
                      "repeat their SYN after a second.\n"
                      "[The server does not answer at all: it is down, or its backlog is full already{?unanswered}.]",
            .checks = "On the server, half-open connections and whether SYN cookies are in use: `ss -Htan state "
                      "syn-recv 'sport = :{server.port}' | wc -l; nstat -az TcpExtSyncookiesSent "
                      "TcpExtTCPReqQFullDoCookies TcpExtListenDrops`\n"
                      "Keep answering under load: `sysctl -w net.ipv4.tcp_syncookies=1 "
                      "net.ipv4.tcp_max_syn_backlog=8192 net.core.somaxconn=4096`\n"
                      "Who asks (forged sources show no concentration): `tcpdump -nni any -c 2000 'tcp[[tcpflags]] "
                      "== tcp-syn and dst port {server.port}' | tr -s ' ' | cut -d' ' -f5 | cut -d. -f1-2 | sort | "
                      "uniq -c | sort -rn | head`\n"
                      "Console: is the address being scrubbed or black-holed by DDoS protection? Move it behind DDoS "
                      "protection, and let the security group accept only its back-to-origin addresses.",
            .disproof = "The ACKs of the clients reach the server on another interface; or the clients repeat their "
                        "SYNs, which then wait for a server that does not answer.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1; RFC 4987",
        .silent_on = "many new clients whose connections complete\na server that is down, whose clients retry\n"
                     "a closed port\nblind direction",
    },
    [SCAN] = {
        .id = "flood.scan",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Port or address scan",
            .summary = "{client.address} tried [port {ports} of {destinations} addresses][{different_ports} ports of "
                       "{server.address}{!service}][{different_ports} {service} ports of {server.address}] within {delay}; "
                       "[{completed} connections were completed (threshold {limit} in 10 s, under half accepted)][each was "
                       "answered by port unreachable (threshold {limit} in 10 s){?service}].",
            .causes = "[A worm or trojan on {client.address} looks for hosts to infect{?destinations}: 445 and 3389 "
                      "Windows, 22 SSH passwords, 6379 Redis without password, 2375 Docker, 1433 and 3306 "
                      "databases.]\n"
                      "[Somebody looks for open services of {server.address}, often the step before an "
                      "attack{?different_ports}.]\n"
                      "A vulnerability scanner, asset inventory or monitoring system that does its work: ask who runs "
                      "{client.address}.\n"
                      "[A member of a cluster, or a monitoring system, that has lost its network and tries all of its "
                      "peers at their common port{?destinations}.]",
            .checks = "On {client.address}, which process connects, and since when: `ss -tanp state syn-sent; ps -eo "
                      "lstart,pid,ppid,user,args --sort=-start_time | head`\n"
                      "Was it broken into: `last -a; lastb -a | head; crontab -l; cat /etc/ld.so.preload`\n"
                      "Which of the tried ports are open, because these were found: `tshark -r FILE -Y 'ip.dst == "
                      "{client.address} and tcp.flags.syn == 1 and tcp.flags.ack == 1' -T fields -e ip.src -e "
                      "tcp.srcport`\n"
                      "Close what need not be reachable: security group, Redis with bind and requirepass, SSH with "
                      "keys only.",
            .disproof = "The operator of {client.address} has planned this scan; or its destinations worked before and "
                        "do so again later.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 3 and 4; an operator's report on a compromised host",
        .silent_on = "monitoring of many hosts\na client of many ports whose connections complete\nblind direction\n"
                     "a host whose uplink fails while it works",
    },
};
/* clang-format on */

/* -- What is kept ----------------------------------------------------------------------------- */

/* Kinds of events of a source and of a server. ANSWERED: by SYN-ACK. */
enum { ATTEMPTS, COMPLETED, FAILED, REPEATED, ANSWERED };

/* Of a source only. AGAIN: at a destination and port that it tried before. */
enum { DESTINATIONS = ANSWERED + 1, AGAIN };

/* Of a server only. REFUSED: answered by RST. */
enum { REFUSED = ANSWERED + 1, SOURCES };

/* How often a source tried a port, for its most frequent ones (Misra and Gries: whatever others there are, the
 * frequent ones stay). */
enum { PORTS_MAX = 12, PORTS_FORGET = 1024 };

struct port_count {
    uint16_t port, attempts;
};

struct source {
    struct recent recent;
    struct port_count ports[PORTS_MAX];
    uint32_t ports_counted;
    uint32_t findings[CASES]; /* numbers, 0 = none */
    uint32_t active;          /* the one that goes on */
    int64_t wakes;            /* it is looked at again at this time; 0 = not */
};

struct server {
    struct recent recent;
    struct endpoint
        largest; /* the source that has more attempts than all others, if one has: by the method of Boyer and Moore */
    uint32_t attempts, lead; /* since the server was at rest; how many more the source has than the others, at least */
    uint32_t finding;
    int64_t wakes;
};

/* A source and a destination address. Different ports are counted in halves of the time that is looked at. */
enum { PAIR_PORTS_MAX = 8 };
#define PAIR_HALF (RECENT_TIME / 2)

struct pair {
    int64_t counted_time;           /* when it last counted as one more destination, or source */
    int64_t half;                   /* number of the present one since 1970 */
    uint16_t new_now, new_before;   /* ports that were new in it, and in the one before it */
    uint16_t ports[PAIR_PORTS_MAX]; /* the first ones */
    uint8_t port_count;
    uint32_t open; /* attempts of which it is not known yet whether they are completed */
    bool works;    /* a connection was completed */
    bool counted;
};

/* Another port of a pair. */
struct tried {
    bool yes;
};

enum { KEY_SOURCE, KEY_SERVER, KEY_PAIR, KEY_PORT, KEY_UDP_PAIR, KEY_UDP_PORT };

struct pair_key {
    struct ip_address source, destination;
    uint16_t port; /* of the destination; 0 where it does not matter */
};

static struct source *
source_of(struct context *context, const struct flow *flow)
{
    return keyed_state(context, KEY_SOURCE, &flow->client.address, sizeof flow->client.address, sizeof(struct source));
}

static struct server *
server_of(struct context *context, const struct flow *flow)
{
    struct endpoint key;
    memset(&key, 0, sizeof key);
    key.address = flow->server.address;
    key.port = flow->server.port;
    return keyed_state(context, KEY_SERVER, &key, sizeof key, sizeof(struct server));
}

static void *
pair_state(struct context *context, unsigned kind, const struct flow *flow, uint16_t port, size_t size)
{
    struct pair_key key;
    memset(&key, 0, sizeof key);
    key.source = flow->client.address;
    key.destination = flow->server.address;
    key.port = port;
    return keyed_state(context, kind, &key, sizeof key, size);
}

static struct pair *
pair_of(struct context *context, const struct flow *flow)
{
    return pair_state(context, KEY_PAIR, flow, 0, sizeof(struct pair));
}

/* Whether this port of the pair was tried before; it is noted. */
static bool
was_tried(struct context *context, const struct flow *flow, struct pair *pair, unsigned kind)
{
    for (unsigned i = 0; i < pair->port_count; i++)
        if (pair->ports[i] == flow->server.port)
            return true;
    if (pair->port_count < PAIR_PORTS_MAX) {
        pair->ports[pair->port_count++] = flow->server.port;
        return false;
    }
    struct tried *tried = pair_state(context, kind, flow, flow->server.port, sizeof *tried);
    bool before = tried->yes;
    tried->yes = true;
    return before;
}

static void
pair_move(struct pair *pair, int64_t time)
{
    int64_t half = time / PAIR_HALF;
    if (half <= pair->half)
        return;
    pair->new_before = half == pair->half + 1 ? pair->new_now : 0;
    pair->new_now = 0;
    pair->half = half;
}

static unsigned
pair_ports(const struct pair *pair)
{
    return (unsigned)pair->new_now + pair->new_before;
}

/* Whether the pair is one more destination of its source, and source of its destination. */
static bool
counts_anew(struct pair *pair, int64_t time)
{
    if (pair->counted && time - pair->counted_time <= RECENT_SLICES * RECENT_SLICE)
        return false;
    pair->counted = true;
    pair->counted_time = time;
    return true;
}

/* -- Ports of a source ------------------------------------------------------------------------ */

static void
count_port(struct source *source, uint16_t port)
{
    struct port_count *place = NULL;
    if (++source->ports_counted >= PORTS_FORGET) {
        source->ports_counted /= 2;
        for (unsigned i = 0; i < PORTS_MAX; i++)
            source->ports[i].attempts /= 2;
    }
    for (unsigned i = 0; i < PORTS_MAX; i++) {
        struct port_count *count = &source->ports[i];
        if (count->attempts > 0 && count->port == port) {
            count->attempts++;
            return;
        }
        if (count->attempts == 0)
            place = count;
    }
    if (place != NULL) {
        *place = (struct port_count){port, 1};
        return;
    }
    for (unsigned i = 0; i < PORTS_MAX; i++)
        source->ports[i].attempts--;
}

static bool
is_web(uint16_t port)
{
    return port == PORT_HTTP || port == PORT_HTTPS;
}

/* Attempts at the frequent ports, at web ports only if asked for. */
static unsigned
port_attempts(const struct source *source, bool web_only)
{
    unsigned attempts = 0;
    for (unsigned i = 0; i < PORTS_MAX; i++)
        if (!web_only || is_web(source->ports[i].port))
            attempts += source->ports[i].attempts;
    return attempts;
}

/* The most frequent ports as "80, 443". */
static void
report_ports(struct finding *finding, const struct source *source)
{
    enum { SHOWN_MAX = 4 };
    char text[64] = "";
    int length = 0;
    bool shown[PORTS_MAX] = {false};
    for (unsigned round = 0; round < SHOWN_MAX; round++) {
        const struct port_count *best = NULL;
        for (unsigned i = 0; i < PORTS_MAX; i++)
            if (!shown[i] && source->ports[i].attempts > (best != NULL ? best->attempts : 0))
                best = &source->ports[i];
        if (best == NULL || best->attempts < source->ports_counted / 20)
            break;
        shown[best - source->ports] = true;
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%u", round > 0 ? ", " : "", best->port);
    }
    report_text(finding, FACT_ports, text);
}

/* -- What follows ----------------------------------------------------------------------------- */

/* Whether enough attempts have ended, or are so old that they should have been completed. */
static bool
have_ended(const struct recent *recent, unsigned limit, unsigned slices)
{
    return recent->total[FAILED] * HALF >= limit || recent_older(recent, ATTEMPTS, slices) * HALF >= limit;
}

/* Whether events of this kind, COMPLETED or ANSWERED, are less than one in so many attempts. */
static bool
are_less_than(const struct recent *recent, unsigned kind, unsigned share)
{
    return recent->total[kind] * share < recent->total[ATTEMPTS];
}

static bool
both_sides_are_visible(struct context *context, const struct flow *flow)
{
    return answers_visible(context, flow, true) && answers_visible(context, flow, false);
}

/* A mirror session that never showed both directions may lack the one of the answers. */
static bool
is_one_way_so_far(struct context *context, const struct flow *flow)
{
    return session_is_one_way_so_far(session_of(context, flow->by_client.session));
}

/* Look again when what is new now has become old, if a packet of any flow comes then. */
static void
look_again(struct context *context, int64_t *wakes, int64_t now, unsigned slices)
{
    if (*wakes > now)
        return;
    *wakes = now + slices * RECENT_SLICE;
    wake_at(context, *wakes);
}

static void
report_counts(struct finding *finding, const struct recent *recent, unsigned limit, int64_t now)
{
    uint32_t frame = 0;
    int64_t time = now;
    recent_first(recent, &frame, &time);
    report_series(finding, recent->total[ATTEMPTS], frame, time);
    report_count(finding, FACT_attempts, recent->total[ATTEMPTS]);
    report_count(finding, FACT_completed, recent->total[COMPLETED]);
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_delay, now - time);
    report_evidence(finding, frame);
}

/* -- The source ------------------------------------------------------------------------------- */

/* What the attempts of the source look like; CASES for nothing. A scan tries each port of a host once or twice; a
 * flood aims at web ports, or at the same places again and again. Peers of a peer-to-peer client listen anywhere:
 * the ports of neither are scattered over many hosts. */
static unsigned
case_of_source(struct context *context, const struct source *source, const struct pair *pair)
{
    const struct recent *recent = &source->recent;
    unsigned limit = threshold_value(context, SCANNED);
    unsigned frequent = port_attempts(source, false);
    uint32_t fresh = recent->total[ATTEMPTS] - recent->total[AGAIN];
    bool concentrated = frequent * HALF >= source->ports_counted;
    bool flood = port_attempts(source, true) * HALF > frequent || recent->total[ATTEMPTS] >= TRIES_OF_A_FLOOD * fresh;

    if (recent->total[DESTINATIONS] >= MANY && concentrated && flood)
        return recent->total[ATTEMPTS] >= threshold_value(context, OUT_ATTEMPTS) &&
                       are_less_than(recent, COMPLETED, TENTH)
                   ? SYN_OUT
                   : CASES;
    bool many_hosts = recent->total[DESTINATIONS] >= limit && concentrated && !flood;
    return (many_hosts || pair_ports(pair) >= limit) && are_less_than(recent, ANSWERED, HALF) ? SCAN : CASES;
}

static void
report_source(struct context *context, const struct flow *flow, struct source *source, const struct pair *pair,
              unsigned which, int64_t now)
{
    const struct recent *recent = &source->recent;
    unsigned limit = threshold_value(context, which == SCAN ? SCANNED : OUT_ATTEMPTS);
    bool waits = recent->total[REPEATED] * HALF >= recent_older(recent, ATTEMPTS, SLICES_OF_A_RETRANSMISSION) &&
                 recent->total[REPEATED] > 0;
    bool doubtful = is_one_way_so_far(context, flow) || (waits && recent->total[FAILED] == 0);
    struct finding *finding = report(context, &cases[which], doubtful ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    source->active = source->findings[which] = finding_number(finding);
    report_endpoint(finding, FACT_client, &flow->client);
    if (which == SCAN && pair_ports(pair) >= limit) {
        report_endpoint(finding, FACT_server, &flow->server);
        report_count(finding, FACT_different_ports, pair_ports(pair));
    } else {
        report_count(finding, FACT_destinations, recent->total[DESTINATIONS]);
        report_ports(finding, source);
    }
    if (waits)
        report_flag(finding, FACT_repeated);
    report_counts(finding, recent, limit, now);
}

static void
check_source(struct context *context, const struct flow *flow, struct source *source, const struct pair *pair,
             int64_t now)
{
    if (source->active != 0)
        return;
    unsigned which = case_of_source(context, source, pair);
    if (which == CASES)
        return;
    unsigned limit = threshold_value(context, which == SCAN ? SCANNED : OUT_ATTEMPTS);
    if (!have_ended(&source->recent, limit, SLICES_OF_A_ROUND_TRIP)) {
        look_again(context, &source->wakes, now, SLICES_OF_A_ROUND_TRIP);
        return;
    }
    if (!both_sides_are_visible(context, flow))
        return;
    source->active = source->findings[which];
    if (source->active == 0)
        report_source(context, flow, source, pair, which, now);
}

/* -- The server ------------------------------------------------------------------------------- */

static void
report_server(struct context *context, const struct flow *flow, struct server *server, unsigned limit, int64_t now)
{
    const struct recent *recent = &server->recent;
    bool unanswered = recent->total[ANSWERED] == 0;
    struct finding *finding =
        report(context, &cases[SYN_IN],
               unanswered || is_one_way_so_far(context, flow) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    server->finding = finding_number(finding);
    report_endpoint(finding, FACT_server, &flow->server);
    if (server->lead * 100 >= server->attempts * NEARLY_ALL_PERCENT)
        report_endpoint(finding, FACT_client, &server->largest);
    report_count(finding, FACT_sources, recent->total[SOURCES]);
    if (unanswered)
        report_flag(finding, FACT_unanswered);
    report_counts(finding, recent, limit, now);
}

static void
check_server(struct context *context, const struct flow *flow, struct server *server, int64_t now)
{
    const struct recent *recent = &server->recent;
    unsigned limit = threshold_value(context, IN_ATTEMPTS);

    if (server->finding != 0 || recent->total[ATTEMPTS] < limit || !are_less_than(recent, COMPLETED, TENTH) ||
        recent->total[REFUSED] * HALF >= recent->total[ATTEMPTS] ||
        recent->total[REPEATED] * HALF >= recent->total[ATTEMPTS])
        return;
    if (!have_ended(recent, limit, SLICES_OF_A_RETRANSMISSION))
        look_again(context, &server->wakes, now, SLICES_OF_A_RETRANSMISSION);
    else if (both_sides_are_visible(context, flow))
        report_server(context, flow, server, limit, now);
}

/* -- Packets ---------------------------------------------------------------------------------- */

static void
note_largest(struct server *server, const struct endpoint *source)
{
    if (server->recent.total[ATTEMPTS] == 0)
        server->attempts = server->lead = 0;
    server->attempts++;
    if (server->lead == 0)
        server->largest = *source;
    if (address_equal(&server->largest.address, &source->address))
        server->lead++;
    else
        server->lead--;
}

static void
on_attempt(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct source *source = source_of(context, flow);
    recent_move(&source->recent, packet->time);
    if (source->recent.total[ATTEMPTS] == 0) {
        source->active = source->ports_counted = 0;
        memset(source->ports, 0, sizeof source->ports);
    }
    if (source->active != 0) {
        recent_add(&source->recent, ATTEMPTS, packet->frame, packet->time);
        if (are_less_than(&source->recent, COMPLETED, HALF))
            report_again(context, source->active);
        return;
    }
    struct pair *pair = pair_of(context, flow);
    bool again = was_tried(context, flow, pair, KEY_PORT), anew = counts_anew(pair, packet->time);
    pair_move(pair, packet->time);
    pair->new_now += !again;
    if (!pair->works || !again) {
        recent_add(&source->recent, ATTEMPTS, packet->frame, packet->time);
        count_port(source, flow->server.port);
        pair->open++;
        if (again)
            recent_add(&source->recent, AGAIN, packet->frame, packet->time);
        if (anew && !pair->works)
            recent_add(&source->recent, DESTINATIONS, packet->frame, packet->time);
        check_source(context, flow, source, pair, packet->time);
    }
    if (source->active != 0)
        return;
    struct server *server = server_of(context, flow);
    recent_move(&server->recent, packet->time);
    note_largest(server, &flow->client);
    recent_add(&server->recent, ATTEMPTS, packet->frame, packet->time);
    if (anew)
        recent_add(&server->recent, SOURCES, packet->frame, packet->time);
    if (server->finding != 0 && are_less_than(&server->recent, COMPLETED, TENTH) &&
        server->recent.total[ATTEMPTS] >= threshold_value(context, IN_ATTEMPTS))
        report_again(context, server->finding);
    check_server(context, flow, server, packet->time);
}

static void
on_completed(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct source *source = source_of(context, flow);
    struct pair *pair = pair_of(context, flow);
    struct server *server = server_of(context, flow);
    pair->works = true;
    if (pair->open > 0 || source->active != 0) {
        if (pair->open > 0)
            pair->open--;
        recent_move(&source->recent, packet->time);
        recent_add(&source->recent, COMPLETED, packet->frame, packet->time);
    }
    recent_move(&server->recent, packet->time);
    recent_add(&server->recent, COMPLETED, packet->frame, packet->time);
}

/* Something that tells how an attempt goes on, to both of its ends; `kind` is that of the server. */
static void
on_event(struct context *context, const struct flow *flow, const struct packet *packet, unsigned kind, bool ends)
{
    struct source *source = source_of(context, flow);
    struct server *server = server_of(context, flow);
    recent_move(&source->recent, packet->time);
    recent_move(&server->recent, packet->time);
    if (ends)
        recent_add(&source->recent, FAILED, packet->frame, packet->time);
    else
        recent_add(&source->recent, kind, packet->frame, packet->time);
    recent_add(&server->recent, kind, packet->frame, packet->time);
    if (kind == ANSWERED)
        return;
    check_source(context, flow, source, pair_of(context, flow), packet->time);
    if (source->active == 0)
        check_server(context, flow, server, packet->time);
}

/* Nobody waits so little before he repeats his SYN: it is a flood that does not even change its port. */
static bool
repeats_too_fast(const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    return packet->time - handshake->syn_time < (int64_t)(handshake->syn_count - 1) * REPEATED_AFTER;
}

static void
on_syn(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    if (packet->flags & TCP_ACK) {
        if (handshake->syn_frame == 0 || handshake->completed_frame != 0)
            return;
        if (handshake->syn_ack_count == 1)
            on_event(context, flow, packet, ANSWERED, false);
        else if (handshake->syn_ack_count == 2 && handshake->syn_count == 1)
            on_event(context, flow, packet, FAILED, true);
    } else if (!address_is_unicast(&flow->server.address)) {
        return;
    } else if (handshake->syn_count == 1 || (handshake->syn_count > 2 && repeats_too_fast(flow, packet))) {
        on_attempt(context, flow, packet);
    } else if (handshake->syn_count == 2 && !repeats_too_fast(flow, packet)) {
        on_event(context, flow, packet, REPEATED, false);
    }
}

/* RST of an attempt, the first one: of a server where nothing listens, or of a client that did not ask, or asked
 * without its own TCP stack. */
static void
on_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    const struct side *sender = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    if (handshake->syn_frame == 0 || sender->rst_frame != packet->frame || other->rst_frame != 0)
        return;
    /* A check of a load balancer (haproxy) keeps its ACK back and resets at once: it acknowledges the SYN-ACK. */
    if (packet->from_client && handshake->syn_ack_frame != 0 && (packet->flags & TCP_ACK) &&
        packet->acknowledgment == other->next_sequence) {
        on_completed(context, flow, packet);
        return;
    }
    on_event(context, flow, packet, packet->from_client ? FAILED : REFUSED, true);
}

/* Both sides have sent payload now: whatever their numbers say, the attempt came to something. */
static bool
is_first_answer(const struct flow *flow, const struct packet *packet)
{
    return flow->handshake.syn_frame != 0 && flow->handshake.completed_frame == 0 && packet->new_bytes > 0 &&
           flow_sender(flow, packet)->new_bytes == packet->new_bytes && flow_receiver(flow, packet)->new_bytes > 0;
}

/* A UDP port that is closed. What comes from the port of a service is an answer, late or to nobody. */
static bool
is_closed_udp_port(const struct flow *flow, const struct packet *packet)
{
    return flow->protocol == PROTOCOL_UDP && flow->attempt.outcome == OUTCOME_UNREACHABLE &&
           flow->attempt.frame == packet->frame && packet->icmp->code == (packet->icmp->ipv6 ? 4 : 3) &&
           flow->client.port >= FIRST_USER_PORT;
}

/* Nobody but a scanner finds so many closed UDP ports of one host. */
static void
on_closed_udp_port(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct pair *pair = pair_state(context, KEY_UDP_PAIR, flow, 0, sizeof *pair);
    unsigned limit = threshold_value(context, SCANNED);
    bool again = was_tried(context, flow, pair, KEY_UDP_PORT);
    struct pair_key key;

    pair_move(pair, packet->time);
    if (pair_ports(pair) == 0)
        pair->counted_time = packet->time;
    pair->new_now += !again;
    if (pair_ports(pair) < limit)
        return;
    memset(&key, 0, sizeof key);
    key.source = flow->client.address;
    key.destination = flow->server.address;
    struct finding *finding = report_about(context, &cases[SCAN], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_service, "UDP");
    report_count(finding, FACT_different_ports, pair_ports(pair));
    report_count(finding, FACT_limit, limit);
    report_duration(finding, FACT_delay, packet->time - pair->counted_time);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    /* The copy of a packet that came in another mirror session was counted there. */
    if (packet->copy_of != 0)
        return;
    if (packet->icmp != NULL) {
        if (is_closed_udp_port(flow, packet))
            on_closed_udp_port(context, flow, packet);
        else if (flow->protocol == PROTOCOL_TCP && handshake->syn_frame != 0 && handshake->completed_frame == 0 &&
                 flow->icmp_error_frame == packet->frame)
            on_event(context, flow, packet, FAILED, true);
    } else if (packet->flags & TCP_SYN) {
        on_syn(context, flow, packet);
    } else if (handshake->completed_frame == packet->frame) {
        if (handshake->syn_frame != 0)
            on_completed(context, flow, packet);
    } else if ((packet->flags & TCP_RST) && handshake->completed_frame == 0) {
        on_reset(context, flow, packet);
    } else if (is_first_answer(flow, packet)) {
        on_completed(context, flow, packet);
    }
}

/* What fell silent is looked at as it was at each of the times at which that was to be done, up to now. All that is recent
 * has become old by then, so there are few of them. */
static void
catch_up_with_source(struct context *context, const struct flow *flow, struct source *source, int64_t now)
{
    int64_t time = 0;
    for (unsigned looks = 0; looks < RECENT_SLICES && source->wakes > time && source->wakes <= now; looks++) {
        time = source->wakes;
        recent_move(&source->recent, time);
        check_source(context, flow, source, pair_of(context, flow), time);
    }
}

static void
catch_up_with_server(struct context *context, const struct flow *flow, struct server *server, int64_t now)
{
    int64_t time = 0;
    for (unsigned looks = 0; looks < RECENT_SLICES && server->wakes > time && server->wakes <= now; looks++) {
        time = server->wakes;
        recent_move(&server->recent, time);
        check_server(context, flow, server, time);
    }
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    struct source *source = source_of(context, flow);
    catch_up_with_source(context, flow, source, now);
    if (source->active == 0)
        catch_up_with_server(context, flow, server_of(context, flow), now);
}

const struct detector flood_syn_detector = {
    .family = "flood",
    .summary = "Connection attempts by the hundred that come to nothing",
    .sees = SEES_SYN | SEES_COMPLETED | SEES_FIRST_DATA | SEES_END | SEES_ICMP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
