/* A port that is closed to one client only.
 *
 * A security policy lists a source address, or the pair of a source and a port: the anti-abuse system of a
 * cloud, an intrusion prevention system, fail2ban, an access list. From then on each connection of this source
 * to this port fails in the same way, while another port of the same server, or another source at the same
 * port, works. That comparison is the proof: without a control that works this is a server that is down.
 *
 * Source: a migration to a cloud whose relay host was reached by telnet in 0 of 10 attempts at its port 8703
 * ("connection closed by foreign host"), in 10 of 10 at its port 8702, at 8703 from elsewhere, and after the
 * client's public address was changed. The cloud's anti-abuse policy had listed the address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

/* An attempt that is this old and has no answer will not get one: paths are shorter, and a repeated SYN is due. */
static const int64_t ANSWER_TIME = MILLISECONDS(900);

/* More bytes than an initial window (RFC 6928: 10 segments) are no first data any more. */
enum { FIRST_DATA_MAX = 14600 };

/* Failures this close to each other are one, seen on both sides of a NAT. */
static const int64_t SAME_TIME_NAT = MILLISECONDS(100);

/* A RST with a TTL this far from that of the client's own packets was not sent by the client. */
enum { TTL_DIFFERENCE = 2 };

enum { FINDINGS_MAX = 10 }; /* for one client, and for one port of a server */

enum { ATTEMPTS, AT_ONCE, CONTROL };

static const struct threshold thresholds[] = {
    [ATTEMPTS] = {"port_attempts",
                  {"Policy: attempts at a port that fail",
                   "So many attempts in a row of one client at one port of a server must fail alike"},
                  3,
                  2,
                  100},
    [AT_ONCE] = {"port_milliseconds",
                 {"Policy: a close at once (ms)",
                  "A server's RST or FIN this soon after the handshake or the first data ends the connection at once"},
                 2000,
                 1,
                 60000},
    [CONTROL] = {"control_minutes",
                 {"Policy: age of the control (min)", "The attempt that works must be this close to those that fail"},
                 10,
                 1,
                 1440},
};

enum { PORT_BLOCKED };

/* clang-format off */
static const struct case_info cases[] = {
    [PORT_BLOCKED] = {
        .id = "policy.port_blocked",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Port blocked for one client",
            .summary = "{attempts} attempts in a row (threshold {limit}) of {client.address}[ and others of "
                       "{network}] at {server} failed alike within {delay}:[ RST of the server at once{?by_reset}"
                       "{!syn_refused}][ FIN of the server at once{?by_fin}][ no answer to the SYN{?unanswered}][ "
                       "RST for the SYN{?syn_refused}]. This works: {control}.",
            .causes = "[A security policy lists this source (a cloud's anti-abuse system, firewall, intrusion "
                      "prevention, DDoS protection): other clients reach the same port{?other_client}.]\n"
                      "[A security policy blocks this port for this source, or the security group or firewall "
                      "admits nobody at it: the same client reaches another port of this server{?other_port}"
                      "{!other_client}.]\n"
                      "The server itself turns the source away: an access list (hosts.deny, the application's own), "
                      "fail2ban, or a limit of connections for each source; then the RST or FIN is in the server's "
                      "own capture as sent.\n"
                      "[The service behind this port is broken for everybody: a proxy or port forwarder accepts and "
                      "finds nothing behind it{!other_client}{!unanswered}.]\n"
                      "[The server or the path was down for a while: the control did not work meanwhile, but before "
                      "or after{?unanswered}{!meanwhile}.]\n"
                      "Attempts that worked, of all: {row}.",
            .checks = "From this client, then from one with another public address; if only this one fails, its "
                      "address is listed: `for i in 1 2 3 4 5; do nc -vz -w 3 {server.address} {server.port}; done`\n"
                      "Through another source address or provider (change the SNAT address, a mobile phone): if that "
                      "works, the client's network and the service are not at fault.\n"
                      "On the server, does the SYN arrive, and does the server send what the client gets: `tcpdump "
                      "-ni any 'tcp port {server.port} and host {client.address}'`\n"
                      "On the server, its own lists and limits: `nft list ruleset; iptables-save; cat "
                      "/etc/hosts.deny; fail2ban-client status`\n"
                      "Ask the security team of the cloud or provider whether the public address behind "
                      "{client.address} is listed for port {server.port} (anti-abuse, DDoS protection, cloud "
                      "firewall), and have it allowed.",
            .disproof = "Another client fails at {server} in the same way, or this client connects to it in "
                        "between: then the service or the path is at fault, and no policy.",
        },
        .source = "a migration whose port was blocked",
        .silent_on = "all fail alike (server down)\n"
                     "one of many fails\n"
                     "closed port\n"
                     "port check that closes by itself\n"
                     "a server that answers and closes\n"
                     "TLS handshake that fails\n"
                     "blind direction\n"
                     "a restart of the service",
    },
};
/* clang-format on */

/* -- State ----------------------------------------------------------------------------------- */

/* ENDED: by RST or FIN of the server at once, before it has sent a byte. REFUSED: RST for the SYN. */
enum failure { WORKS, ENDED, UNANSWERED, REFUSED };

struct trial {
    enum failure failure;
    struct ip_address client;
    uint32_t frame, end_frame; /* its SYN; what shows that it failed */
    int64_t time, end_time;
    bool by_reset, by_fin;
};

/* What a client, or a network of clients, met at one port of a server. */
struct visits {
    uint16_t port; /* 0 = a free place */
    uint8_t failure;
    bool by_reset, by_fin;
    bool several;             /* clients of the network in this row */
    uint32_t row;             /* failures, one after another, all alike */
    uint32_t failed, worked;  /* in all */
    struct ip_address client; /* the last one that failed */
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time; /* begin of the first one of the row, end of the last one */
    uint32_t good_frame;           /* the newest that worked, 0 = none */
    int64_t good_time;
    bool good_whole;       /* more than a handshake */
    uint32_t waiting_flow; /* a SYN without answer so far, 0 = none */
    uint32_t waiting_frame;
    int64_t waiting_time;
    uint32_t finding; /* number, 0 = not reported */
    bool seen_twice;  /* it is the finding about another address of these clients, behind a NAT */
};

enum { PORTS_MAX = 3 };

struct visitor {
    struct visits ports[PORTS_MAX];
    unsigned next; /* place to be used again */
};

/* A client or, with the host part zero, a network (/24; /64 of IPv6). */
struct origin {
    struct ip_address address;
    bool network;
};

struct guest {
    struct ip_address client;
    uint32_t frame; /* 0 = a free place */
    int64_t time;
    uint32_t worked;
    bool whole;
};

enum { GUESTS_MAX = 3, SUSPECTS_MAX = 4 };

/* One port of a server: the newest clients that reach it, and those that fail. */
struct listener {
    struct guest guests[GUESTS_MAX];
    struct origin suspects[SUSPECTS_MAX];
    unsigned next_guest, next_suspect;
    struct ip_address failing; /* the last client that failed, and when */
    int64_t failing_time;
    bool others_fail; /* another client as well, at another time */
    int64_t others_time;
    uint32_t finding, findings; /* newest number, and how many */
    int64_t finding_time;       /* of the last failure that it was about */
};

struct capture {
    bool failures; /* there was one */
};

enum { KEY_CLIENT, KEY_NETWORK, KEY_LISTENER, KEY_REPORTED };

struct key {
    uint32_t path;
    uint32_t port;
    struct ip_address one, other;
    uint8_t zero[2];
};

static struct visitor *
visitor_of(struct context *context, const struct flow *flow, const struct origin *origin)
{
    struct key key = {.path = flow->path, .one = origin->address, .other = flow->server.address};
    return keyed_state(context, origin->network ? KEY_NETWORK : KEY_CLIENT, &key, sizeof key, sizeof(struct visitor));
}

static struct listener *
listener_of(struct context *context, const struct flow *flow, uint16_t port)
{
    struct key key = {.path = flow->path, .port = port, .one = flow->server.address};
    return keyed_state(context, KEY_LISTENER, &key, sizeof key, sizeof(struct listener));
}

static struct visits *
visits_at(struct visitor *visitor, uint16_t port)
{
    for (unsigned i = 0; i < PORTS_MAX; i++)
        if (visitor->ports[i].port == port)
            return &visitor->ports[i];
    /* Those that fail are kept as long as there is another place. */
    unsigned place = visitor->next;
    for (unsigned i = 0; i < PORTS_MAX && visitor->ports[place].row > 0; i++)
        place = (place + 1) % PORTS_MAX;
    visitor->next = (place + 1) % PORTS_MAX;
    visitor->ports[place] = (struct visits){.port = port};
    return &visitor->ports[place];
}

static struct origin
network_of(const struct ip_address *address)
{
    return (struct origin){.address = address_network(address), .network = true};
}

static bool
belongs_to(const struct ip_address *client, const struct origin *origin)
{
    struct origin network = network_of(client);
    return address_equal(origin->network ? &network.address : client, &origin->address);
}

/* -- The finding ------------------------------------------------------------------------------ */

/* What works: another client at this port, another port of this client. Frames are 0 where there is none. */
struct controls {
    const struct guest *guest;
    const struct visits *port;
    bool meanwhile; /* between the first and the last of the row */
};

static bool
fits(struct context *context, const struct visits *visits, uint32_t frame, int64_t time, bool whole)
{
    int64_t window = SECONDS(60) * threshold_value(context, CONTROL);
    return frame != 0 && (whole || visits->failure != ENDED) && time >= visits->first_time - window &&
           time <= visits->last_time + window && (visits->good_frame == 0 || time > visits->good_time);
}

static bool
is_meanwhile(const struct visits *visits, int64_t time)
{
    return time >= visits->first_time && time <= visits->last_time;
}

/* A service that restarts refuses, or fails for a whole network at once, and then works for somebody else: there
 * only another client that works in the midst of it proves something. A second client that fails takes away what
 * another port would prove. */
static struct controls
find_controls(struct context *context, const struct visits *visits, const struct origin *origin,
              const struct listener *listener, const struct visitor *visitor)
{
    bool strict = visits->failure == REFUSED || origin->network;
    struct controls controls = {0};

    for (unsigned i = 0; i < GUESTS_MAX; i++) {
        const struct guest *guest = &listener->guests[i];
        bool meanwhile = is_meanwhile(visits, guest->time);
        if (belongs_to(&guest->client, origin) || !fits(context, visits, guest->frame, guest->time, guest->whole) ||
            (strict && !meanwhile))
            continue;
        if (controls.guest == NULL || (meanwhile && !controls.meanwhile))
            controls.guest = guest;
        controls.meanwhile |= meanwhile;
    }
    bool others_fail = listener->others_fail &&
                       visits->last_time - listener->others_time < SECONDS(60) * threshold_value(context, CONTROL);
    for (unsigned i = 0; i < PORTS_MAX && !strict && !others_fail; i++) {
        const struct visits *port = &visitor->ports[i];
        if (port == visits || port->row > 0 || port->waiting_flow != 0 ||
            !fits(context, visits, port->good_frame, port->good_time, port->good_whole))
            continue;
        if (controls.port == NULL || port->good_time > controls.port->good_time)
            controls.port = port;
        controls.meanwhile |= is_meanwhile(visits, port->good_time);
    }
    return controls;
}

static void
write_way(char *text, size_t size, const struct ip_address *client, const struct ip_address *server, uint16_t port)
{
    char from[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE];
    address_format(client, from);
    address_format(server, to);
    snprintf(text, size, server->family == 6 ? "%s > [%s]:%u" : "%s > %s:%u", from, to, (unsigned)port);
}

static void
report_row(struct finding *finding, const char *way, uint32_t worked, uint32_t failed)
{
    char text[192];
    snprintf(text, sizeof text, "%s %lu/%lu", way, (unsigned long)worked, (unsigned long)worked + failed);
    report_text(finding, FACT_row, text);
}

static void
report_control(struct finding *finding, const struct ip_address *client, const struct endpoint *server, uint32_t worked,
               uint32_t failed, uint32_t frame)
{
    char way[144];
    write_way(way, sizeof way, client, &server->address, server->port);
    report_text(finding, FACT_control, way);
    report_row(finding, way, worked, failed);
    report_evidence(finding, frame);
}

static void
report_failures(struct context *context, struct finding *finding, const struct visits *visits,
                const struct origin *origin, const struct endpoint *server)
{
    char way[144];

    report_series(finding, visits->row, visits->first_frame, visits->first_time);
    report_endpoint(finding, FACT_client, &(struct endpoint){.address = visits->client});
    report_endpoint(finding, FACT_server, server);
    report_count(finding, FACT_attempts, visits->row);
    report_count(finding, FACT_limit, threshold_value(context, ATTEMPTS));
    report_duration(finding, FACT_delay, visits->last_time - visits->first_time);
    if (visits->by_reset)
        report_flag(finding, FACT_by_reset);
    if (visits->by_fin)
        report_flag(finding, FACT_by_fin);
    if (visits->failure == UNANSWERED)
        report_flag(finding, FACT_unanswered);
    if (visits->failure == REFUSED)
        report_flag(finding, FACT_syn_refused);
    if (origin->network) {
        char network[ADDRESS_TEXT_SIZE], prefix[ADDRESS_TEXT_SIZE + 4];
        address_format(&origin->address, network);
        snprintf(prefix, sizeof prefix, "%s/%d", network, origin->address.family == 4 ? 24 : 64);
        report_text(finding, FACT_network, prefix);
    }
    write_way(way, sizeof way, &visits->client, &server->address, server->port);
    report_row(finding, way, visits->worked, visits->failed);
    report_evidence(finding, visits->first_frame);
    report_evidence(finding, visits->last_frame);
}

static bool
is_enough(struct context *context, const struct flow *flow, const struct visits *visits, struct listener *listener)
{
    struct key key = {.path = flow->path, .one = visits->client};
    unsigned *findings = keyed_state(context, KEY_REPORTED, &key, sizeof key, sizeof *findings);
    return listener->findings >= FINDINGS_MAX || (*findings)++ >= FINDINGS_MAX;
}

/* Silence is likely a policy if the control worked meanwhile: else the server, or the path to it, may have been
 * down. A connection that is ended shows that the server is up, but not that the service works for anybody. */
static enum confidence
confidence_of(const struct visits *visits, const struct controls *controls)
{
    bool proved = visits->failure == UNANSWERED ? controls->meanwhile : controls->guest != NULL;
    return proved ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

static void
try_report(struct context *context, const struct flow *flow, struct visitor *visitor, struct visits *visits,
           const struct origin *origin)
{
    if (visits->finding != 0 || visits->row < threshold_value(context, ATTEMPTS) ||
        (origin->network && !visits->several))
        return;
    struct endpoint server = {.address = flow->server.address, .port = visits->port};
    struct listener *listener = listener_of(context, flow, visits->port);
    int64_t apart = visits->last_time - listener->finding_time;
    if (listener->finding != 0 && apart < SAME_TIME_NAT && apart > -SAME_TIME_NAT) {
        visits->finding = listener->finding;
        visits->seen_twice = true;
        return;
    }
    struct controls controls = find_controls(context, visits, origin, listener, visitor);
    if ((controls.guest == NULL && controls.port == NULL) || is_enough(context, flow, visits, listener))
        return;
    struct finding *finding = report_of_culprit(context, &cases[PORT_BLOCKED], confidence_of(visits, &controls));
    visits->finding = listener->finding = finding_number(finding);
    listener->finding_time = visits->last_time;
    listener->findings++;
    report_failures(context, finding, visits, origin, &server);
    if (controls.meanwhile)
        report_flag(finding, FACT_meanwhile);
    if (controls.guest != NULL) {
        report_flag(finding, FACT_other_client);
        report_control(finding, &controls.guest->client, &server, controls.guest->worked, 0, controls.guest->frame);
    }
    if (controls.port != NULL) {
        report_flag(finding, FACT_other_port);
        server.port = controls.port->port;
        report_control(finding, &visits->client, &server, controls.port->worked, controls.port->failed,
                       controls.port->good_frame);
    }
}

/* -- Attempts that fail ------------------------------------------------------------------------ */

/* One more of the row, or the first of another. Attempts that run side by side are one. */
static bool
add_failure(struct visits *visits, const struct trial *trial)
{
    if (visits->row > 0 && trial->time < visits->last_time)
        return false;
    visits->failed++;
    if (visits->failure != trial->failure)
        visits->row = 0;
    if (visits->row == 0) {
        visits->failure = (uint8_t)trial->failure;
        visits->first_frame = trial->frame;
        visits->first_time = trial->time;
        visits->by_reset = visits->by_fin = visits->several = false;
    } else {
        visits->several |= !address_equal(&visits->client, &trial->client);
    }
    visits->row++;
    visits->by_reset |= trial->by_reset;
    visits->by_fin |= trial->by_fin;
    visits->client = trial->client;
    visits->last_frame = trial->end_frame;
    visits->last_time = trial->end_time;
    return true;
}

static void
note_failing_client(struct listener *listener, const struct trial *trial, const struct origin *origin)
{
    for (unsigned i = 0; i < GUESTS_MAX; i++)
        if (address_equal(&listener->guests[i].client, &trial->client))
            listener->guests[i] = (struct guest){0};
    if (listener->failing.family == 0 || address_equal(&listener->failing, &trial->client)) {
        listener->failing = trial->client;
        listener->failing_time = trial->end_time;
    } else if (trial->end_time - listener->failing_time > SAME_TIME_NAT) {
        listener->others_fail = true;
        listener->others_time = trial->end_time;
    }
    for (unsigned i = 0; i < SUSPECTS_MAX; i++)
        if (address_equal(&listener->suspects[i].address, &origin->address))
            return;
    listener->suspects[listener->next_suspect] = *origin;
    listener->next_suspect = (listener->next_suspect + 1) % SUSPECTS_MAX;
}

static void
note_failure(struct context *context, const struct flow *flow, uint16_t port, struct visitor *visitor,
             const struct trial *trial)
{
    struct origin origin = {.address = trial->client}, network = network_of(&trial->client);
    struct visits *visits = visits_at(visitor, port);
    ((struct capture *)capture_state(context))->failures = true;

    if (!add_failure(visits, trial))
        return;
    note_failing_client(listener_of(context, flow, port), trial, &origin);
    if (visits->finding == 0)
        try_report(context, flow, visitor, visits, &origin);
    else if (!visits->seen_twice)
        report_again(context, visits->finding);
    struct visitor *neighbours = visitor_of(context, flow, &network);
    struct visits *theirs = visits_at(neighbours, port);
    if (visits->finding != 0) {
        theirs->row = 0;
    } else if (theirs->finding != 0) {
        report_again(context, theirs->finding);
        visits->finding = theirs->finding;
    } else if (add_failure(theirs, trial)) {
        try_report(context, flow, neighbours, theirs, &network);
        visits->finding = theirs->finding;
    }
}

/* An attempt that waits for an answer and will not get it. */
static void
settle_waiting(struct context *context, const struct flow *flow, struct visitor *visitor, struct visits *visits,
               const struct ip_address *client, uint32_t frame, int64_t now)
{
    struct trial trial = {.failure = UNANSWERED,
                          .client = *client,
                          .frame = visits->waiting_frame,
                          .time = visits->waiting_time,
                          .end_frame = frame,
                          .end_time = visits->waiting_time + ANSWER_TIME};
    if (visits->waiting_flow == 0 || now - visits->waiting_time < ANSWER_TIME)
        return;
    visits->waiting_flow = 0;
    note_failure(context, flow, visits->port, visitor, &trial);
}

/* -- Attempts that work ------------------------------------------------------------------------ */

static void
add_guest(struct listener *listener, const struct ip_address *client, uint32_t frame, int64_t time, bool whole)
{
    struct guest *guest = NULL;
    for (unsigned i = 0; i < GUESTS_MAX && guest == NULL; i++)
        if (address_equal(&listener->guests[i].client, client))
            guest = &listener->guests[i];
    if (guest == NULL) {
        guest = &listener->guests[listener->next_guest];
        listener->next_guest = (listener->next_guest + 1) % GUESTS_MAX;
        *guest = (struct guest){.client = *client};
    }
    guest->worked++;
    if (!whole && guest->whole)
        return; /* a handshake alone shows less */
    guest->frame = frame;
    guest->time = time;
    guest->whole = whole;
}

/* The client's other ports, and the other clients of this port, which failed and have their control now. */
static void
try_suspects(struct context *context, const struct flow *flow, struct visitor *visitor, const struct listener *listener,
             uint32_t frame, int64_t now)
{
    struct origin mine = {.address = flow->client.address};
    for (unsigned i = 0; i < PORTS_MAX; i++) {
        if (visitor->ports[i].port == flow->server.port || visitor->ports[i].port == 0)
            continue;
        settle_waiting(context, flow, visitor, &visitor->ports[i], &mine.address, frame, now);
        try_report(context, flow, visitor, &visitor->ports[i], &mine);
    }
    for (unsigned i = 0; i < SUSPECTS_MAX; i++) {
        const struct origin *suspect = &listener->suspects[i];
        if (suspect->address.family == 0 || address_equal(&suspect->address, &mine.address))
            continue;
        struct visitor *theirs = visitor_of(context, flow, suspect);
        struct visits *visits = visits_at(theirs, flow->server.port);
        settle_waiting(context, flow, theirs, visits, &suspect->address, frame, now);
        try_report(context, flow, theirs, visits, suspect);
    }
}

static void
note_success(struct context *context, const struct flow *flow, uint32_t frame, int64_t now, bool whole)
{
    struct origin mine = {.address = flow->client.address}, network = network_of(&flow->client.address);
    struct visitor *visitor = visitor_of(context, flow, &mine);
    struct visits *visits = visits_at(visitor, flow->server.port);
    struct listener *listener = listener_of(context, flow, flow->server.port);

    add_guest(listener, &flow->client.address, frame, now, whole);
    visits->worked++;
    visits->waiting_flow = 0;
    if (whole || visits->failure != ENDED)
        visits->row = 0;
    if (whole || !visits->good_whole) {
        visits->good_frame = frame;
        visits->good_time = now;
        visits->good_whole = whole;
    }
    if (!((const struct capture *)capture_state(context))->failures)
        return;
    visits_at(visitor_of(context, flow, &network), flow->server.port)->row = 0;
    try_suspects(context, flow, visitor, listener, frame, now);
}

/* -- Packets ----------------------------------------------------------------------------------- */

/* The first SYN of an attempt, or its third: what waited before was given up, this one waits now. */
static void
on_syn(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct handshake *handshake = &flow->handshake;
    bool first = handshake->syn_frame == packet->frame, third = handshake->third_syn_frame == packet->frame;

    if (!(first || third) || flow->by_server.packets > 0 || flow->icmp_error_frame != 0 ||
        !address_is_unicast(&flow->server.address) || !answers_visible(context, flow, true))
        return;
    struct origin mine = {.address = flow->client.address};
    struct visitor *visitor = visitor_of(context, flow, &mine);
    struct visits *visits = visits_at(visitor, flow->server.port);
    if (third && visits->waiting_flow == 0)
        return;
    settle_waiting(context, flow, visitor, visits, &mine.address, packet->frame, packet->time);
    if (first && visits->waiting_flow == 0) {
        visits->waiting_flow = flow->number;
        visits->waiting_frame = packet->frame;
        visits->waiting_time = packet->time;
    }
}

/* Any answer: nothing waits any more, and what went unanswered before is no block of that kind. */
static void
on_answer(struct context *context, const struct flow *flow)
{
    struct origin mine = {.address = flow->client.address};
    struct visits *visits = visits_at(visitor_of(context, flow, &mine), flow->server.port);
    visits->waiting_flow = 0;
    if (visits->failure != ENDED)
        visits->row = 0;
}

static bool
is_refusal(const struct flow *flow, const struct packet *packet)
{
    return !packet->from_client && (packet->flags & TCP_RST) && flow->handshake.syn_frame != 0 &&
           flow->handshake.syn_ack_frame == 0 && packet->acknowledgment == flow->client_first_sequence;
}

/* The server ends what it has just accepted. A FIN that acknowledges data was sent by a service that read them. */
static bool
is_ended_at_once(const struct flow *flow, const struct packet *packet, int64_t limit)
{
    int64_t lived = packet->time - flow->handshake.completed_time;
    bool has_data = flow->by_client.new_bytes > 0;

    if (packet->from_client) {
        if (!(packet->flags & TCP_RST) || flow_ttl_distance(flow, packet) <= TTL_DIFFERENCE)
            return false;
    }
    if (!has_data)
        return lived <= limit;
    if (packet->flags & TCP_RST)
        return flow->by_client.new_bytes <= FIRST_DATA_MAX && packet->time - flow->by_client.last_payload_time <= limit;
    return lived <= limit && packet->acknowledgment == flow->client_first_sequence;
}

static void
on_end(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int64_t limit = MILLISECONDS(threshold_value(context, AT_ONCE)) + flow->round_trip;
    bool first_end = other->fin_frame == 0 && other->rst_frame == 0 &&
                     (closer->fin_frame == packet->frame || closer->fin_frame == 0) &&
                     (closer->rst_frame == packet->frame || closer->rst_frame == 0);
    bool refused = is_refusal(flow, packet), completed = flow->handshake.completed_frame != 0;

    if (!first_end || flow->tls.client_hello || !(refused || completed) || flow->handshake.syn_frame == 0)
        return;
    if (!refused && !is_ended_at_once(flow, packet, limit)) {
        bool has_data = flow->by_client.new_bytes > 0;
        bool heard = sequence_difference(flow->by_server.acknowledgment, flow->client_first_sequence) > 0;
        bool lived = (heard || !has_data) && packet->time - flow->handshake.completed_time > limit;
        bool delivered = packet->from_client && has_data && heard && !(packet->flags & TCP_RST);
        if (packet->from_client || lived)
            note_success(context, flow, packet->frame, packet->time, delivered || lived);
        return;
    }
    struct trial trial = {.failure = refused ? REFUSED : ENDED,
                          .client = flow->client.address,
                          .frame = flow->handshake.syn_frame,
                          .time = flow->handshake.syn_time,
                          .end_frame = packet->frame,
                          .end_time = packet->time,
                          .by_reset = (packet->flags & TCP_RST) != 0,
                          .by_fin = (packet->flags & TCP_RST) == 0};
    struct origin mine = {.address = flow->client.address};
    struct visitor *visitor = visitor_of(context, flow, &mine);
    visits_at(visitor, flow->server.port)->waiting_flow = 0;
    note_failure(context, flow, flow->server.port, visitor, &trial);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    bool first_data = !packet->from_client && packet->new_bytes > 0 && flow->by_server.new_bytes == packet->new_bytes;

    if (first_data) {
        note_success(context, flow, packet->frame, packet->time, true);
    } else if (packet->flags & (TCP_SYN | TCP_FIN | TCP_RST)) {
        if (packet->copy_of != 0)
            return;
        if (!(packet->flags & TCP_SYN)) {
            if (flow->by_server.new_bytes == 0)
                on_end(context, flow, packet);
        } else if (packet->from_client) {
            on_syn(context, flow, packet);
        } else if (flow->handshake.syn_ack_frame == packet->frame) {
            on_answer(context, flow);
        }
    } else if (packet->icmp != NULL) {
        if (flow->protocol == PROTOCOL_TCP && flow->by_server.packets == 0 && packet->from_client)
            on_answer(context, flow);
    } else if (flow->handshake.completed_frame == packet->frame &&
               ((const struct capture *)capture_state(context))->failures) {
        wake_at(context, packet->time + MILLISECONDS(threshold_value(context, AT_ONCE)) + flow->round_trip);
    }
}

/* A connection that nobody has ended works, even if nothing was said yet. */
static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    if (server->new_bytes == 0 && client->fin_frame + client->rst_frame + server->fin_frame + server->rst_frame == 0 &&
        client->pending.frame == 0)
        note_success(context, flow, flow->handshake.completed_frame, flow->handshake.completed_time, true);
}

const struct detector policy_port_detector = {
    .family = "policy",
    .summary = "Ports that are closed to one client",
    .sees = SEES_SYN | SEES_COMPLETED | SEES_FIRST_DATA | SEES_END | SEES_ICMP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
