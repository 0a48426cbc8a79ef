/* Reflection: servers that answer a victim what somebody has asked in its name.
 *
 * The attacker sends small queries with the victim's address as source to open servers of NTP, DNS, memcached and
 * others. Their answers, many times as large, meet at the victim and fill its uplink. At the victim: large responses
 * from a service that it never asked. At such a server: one "client" that repeats the same small query. TCP servers serve as
 * well: each repeats its SYN-ACK to somebody who has sent no SYN.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 1 (NTP flood); US-CERT TA14-017A (the protocols);
 * factors as collected by protocolports.org ("UDP amplification DDoS ports"), where it gives any.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* WINDOW_SECONDS: what is counted together. LARGE: payload of a response that amplifies; those of time queries and
 * of most name queries are smaller. REFLECTORS_BLIND: where the victim's own packets are not captured, so many
 * servers must answer at once. FACTOR and REQUESTS: of a reflector, and 3 of 4
 * requests must be the same. */
enum { WINDOW_SECONDS = 10, LARGE = 200, REFLECTORS_BLIND = 10, FACTOR = 10, REQUESTS = 10 };

enum { PACKETS };

static const struct threshold thresholds[] = {
    [PACKETS] = {"reflection_packets",
                 {"Flood: UDP responses without query",
                  "So many large responses (200 bytes or more) of one service must reach one host within 10 s"},
                 30,
                 10,
                 1000000},
};

enum { REFLECTION };

/* clang-format off */
static const struct case_info cases[] = {
    [REFLECTION] = {
        .id = "flood.udp_reflection",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Reflection flood",
            .summary = "[{client.address} received {packets} SYN-ACKs (threshold {limit}) within {delay} without having sent a SYN{!service}]"
                       "[{client.address} received {packets} large {service} responses (threshold {limit}; together {bytes}) "
                       "within {delay} without having sent a query{!reflector}][, from {sources} servers{!reflector}]"
                       "[{client.address} got {packets} large {service} responses (threshold {limit}; together {bytes}) "
                       "within {delay} for small requests that were all alike, {attempts} of them; the responses "
                       "were {amplification} times as large{?reflector}][, and came from {sources} servers{?reflector}].",
            .causes = "[Somebody sends SYNs to TCP servers in the name of {client.address}: SYN-ACK reflection; each of them "
                      "repeats its SYN-ACK, because nobody goes on{!service}.]\n"
                      "[{client.address} answers with RST: it has not asked{?port_closed}{!service}.]\n"
                      "[Somebody asks open {service} servers in the name of {client.address}: a reflection attack; the large "
                      "responses fill its uplink{!reflector}.][ Amplification as documented: {amplification} times{!reflector}.]\n"
                      "[{client.address} is the victim of a reflection attack: the requests carry its address, but "
                      "another host has sent them. {server} is an open reflector{?reflector}.]\n"
                      "[{client.address} answers with ICMP \"port unreachable\": no program there waits for these "
                      "responses{?port_closed}{?service}.]\n"
                      "[No packet of {client.address} itself was captured. That it sent no query is concluded from "
                      "the number of servers{?one_way}.]\n"
                      "[A load test or a program that repeats the same request without a pause{?reflector}{!port_closed}.]\n"
                      "[What {client.address} sends leaves by another path, which was not captured{!reflector}{!port_closed}.]",
            .checks = "[How many packets and bytes, from which addresses (FILE is this capture): `tshark -r FILE -q "
                      "-z conv,udp,udp.srcport=={server.port}`{?service}]\n"
                      "[How many SYN-ACKs, from which servers (FILE is this capture): `tshark -r FILE -Y 'ip.dst == "
                      "{client.address} and tcp.flags.syn == 1 and tcp.flags.ack == 1' -T fields -e ip.src -e "
                      "tcp.srcport | sort | uniq -c | sort -rn | head`{!service}]\n"
                      "[On {client.address}, does any program use this service: `ss -uanp 'dport = "
                      ":{server.port}'`{!reflector}{?service}]\n"
                      "[Is the uplink full: `sar -n DEV 1 5`{!reflector}]\n"
                      "[A firewall on the host can't empty the uplink: have the provider or the DDoS protection drop "
                      "UDP with source port {server.port} to {client.address}{!reflector}{?service}.]\n"
                      "[Have the provider or the DDoS protection drop SYN-ACKs to {client.address} that belong to no "
                      "connection{!service}.]\n"
                      "[On the server, who may ask it: `ss -ulnp 'sport = :{server.port}'`{?reflector}]\n"
                      "[Close it to the Internet: NTP: \"restrict default noquery\", \"disable monitor\"; DNS: no "
                      "open recursion, response rate limiting; memcached: -U 0; others: allow the own networks only "
                      "in the firewall or security group{?reflector}.]\n"
                      "[Until then limit what leaves: `nft add rule inet filter output udp sport {server.port} limit "
                      "rate over 100/second drop`{?reflector}]",
            .disproof = "[{client.address} did ask these servers: its queries are in a capture on another of its "
                        "interfaces{!reflector}.][The owner of {client.address} confirms that it sent these requests{?reflector}.]",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1; US-CERT TA14-017A",
        .silent_on = "NTP clients\nDNS clients\na pool of 50 NTP servers\na resolver whose answers come late\n"
                     "answers to a multicast search\nonly the direction of the answers captured\nQUIC and games\n"
                     "a server of large DNS answers",
    },
};
/* clang-format on */

/* -- State ------------------------------------------------------------------------------------ */

enum { SOURCES_MAX = 128, SOURCE_SLOTS = 2 * SOURCES_MAX, NAMES_MAX = 4 };

/* What one host gets from one service. Asked: a reflector's view; else the victim's. */
struct victim {
    int64_t start; /* of the window, first packet */
    uint32_t first_frame, packets;
    uint64_t bytes;
    uint32_t requests, alike;
    uint64_t request_bytes;
    uint64_t request; /* digest of one of them */
    struct closed_loop loop;
    uint32_t sources, source[SOURCE_SLOTS];
    uint64_t name[NAMES_MAX]; /* that DNS responses are about */
    uint32_t other_names;
    bool port_closed; /* the host rejects what comes */
    uint32_t finding; /* number, 0 = none */
};

enum { KEY_UNASKED, KEY_ASKED, KEY_SEARCH };

/* A multicast search of a host. */
struct search {
    bool seen;
    int64_t time;
};

struct host_key {
    struct ip_address address;
    uint16_t port; /* of the service */
};

static void *
state_of(struct context *context, unsigned kind, const struct ip_address *address, uint16_t port, size_t size)
{
    struct host_key key;
    memset(&key, 0, sizeof key);
    key.address = *address;
    key.port = port;
    return keyed_state(context, kind, &key, sizeof key, size);
}

static void
roll(struct victim *victim, const struct packet *packet)
{
    if (victim->packets > 0 && packet->time - victim->start <= SECONDS(WINDOW_SECONDS))
        return;
    *victim = (struct victim){.start = packet->time,
                              .first_frame = packet->frame,
                              .port_closed = victim->port_closed,
                              .finding = victim->finding};
}

/* A reflection asks for the few names that have large records; a resolver's answers are about all kinds. */
static void
note_name(struct victim *victim, const struct dns_message *dns)
{
    if (dns == NULL)
        return;
    uint64_t digest = dns_name_digest(dns->query_name);
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        if (victim->name[i] == 0)
            victim->name[i] = digest;
        if (victim->name[i] == digest)
            return;
    }
    victim->other_names++;
}

/* -- Reporting -------------------------------------------------------------------------------- */

/* NULL for a service: SYN-ACKs. */
static struct finding *
report_victim(struct context *context, const struct endpoint *host, const struct endpoint *server, int64_t now,
              struct victim *victim, const struct reflector *service, enum confidence confidence)
{
    struct finding *finding = report(context, &cases[REFLECTION], confidence);
    if (finding == NULL)
        return NULL;
    victim->finding = finding_number(finding);
    report_series(finding, victim->packets, victim->first_frame, victim->start);
    report_endpoint(finding, FACT_client, &(struct endpoint){host->address, 0});
    report_endpoint(finding, FACT_server, server);
    if (service != NULL) {
        report_text(finding, FACT_service, service->name);
        report_count(finding, FACT_bytes, victim->bytes);
    }
    report_count(finding, FACT_packets, victim->packets);
    report_count(finding, FACT_limit, threshold_value(context, PACKETS));
    report_duration(finding, FACT_delay, now - victim->start);
    if (victim->sources < SOURCES_MAX)
        report_count(finding, FACT_sources, victim->sources);
    if (victim->port_closed)
        report_flag(finding, FACT_port_closed);
    report_evidence(finding, victim->first_frame);
    return finding;
}

static bool
searches(struct context *context, const struct packet *packet, const struct reflector *service)
{
    if (!service->searched)
        return false;
    const struct search *search =
        state_of(context, KEY_SEARCH, &packet->destination.address, packet->source.port, sizeof *search);
    return search->seen && packet->time - search->time <= SECONDS(WINDOW_SECONDS);
}

/* Whether the number of servers alone shows that nobody asked them. Some programs ask many, and devices of the local
 * network are found without being asked one by one. */
static bool
too_many_to_be_asked(const struct victim *victim, const struct packet *packet, const struct reflector *service)
{
    return victim->sources >= REFLECTORS_BLIND &&
           (!(service->searched || service->many_at_a_time) || address_is_public(&packet->source.address));
}

/* Responses to a host that asked nobody. */
static void
check_unasked(struct context *context, const struct flow *flow, const struct packet *packet, struct victim *victim,
              const struct reflector *service)
{
    /* A host that asks as well is no victim, or the few answers are not worth a word: a capture that begins in the
     * middle, answers from another address than was asked. */
    if (victim->packets < threshold_value(context, PACKETS) || 4 * victim->requests > victim->packets ||
        4 * victim->other_names > victim->packets || searches(context, packet, service))
        return;
    bool one_way = session_is_one_way_so_far(session_of(context, packet->session));
    bool visible = victim->port_closed || (!one_way && address_was_seen(context, flow, &packet->destination.address) &&
                                           answers_visible(context, flow, packet->from_client));
    if (!visible && !too_many_to_be_asked(victim, packet, service))
        return;
    enum confidence confidence = victim->port_closed ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY;
    if (!visible && (one_way || service->many_at_a_time))
        confidence = CONFIDENCE_POSSIBLE;
    struct finding *finding =
        report_victim(context, &packet->destination, &packet->source, packet->time, victim, service, confidence);
    if (finding == NULL)
        return;
    report_text(finding, FACT_amplification, service->factor);
    if (!visible)
        report_flag(finding, FACT_one_way);
}

/* Responses many times as large as what was asked, and always the same was asked. */
static void
check_asked(struct context *context, const struct packet *packet, struct victim *victim,
            const struct reflector *service)
{
    char factor[24];
    if (victim->packets < threshold_value(context, PACKETS) || victim->requests < REQUESTS ||
        4 * victim->alike < 3 * victim->requests || victim->bytes < FACTOR * victim->request_bytes ||
        closed_loop_holds(&victim->loop, victim->start, packet->time))
        return;
    struct finding *finding = report_victim(context, &packet->destination, &packet->source, packet->time, victim,
                                            service, victim->port_closed ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flag(finding, FACT_reflector);
    report_count(finding, FACT_attempts, victim->requests);
    snprintf(factor, sizeof factor, "%llu", (unsigned long long)(victim->bytes / victim->request_bytes));
    report_text(finding, FACT_amplification, factor);
}

/* -- Packets ---------------------------------------------------------------------------------- */

static void
note_response(struct context *context, const struct flow *flow, const struct packet *packet,
              const struct reflector *service)
{
    const struct side *receiver = flow_receiver(flow, packet);
    bool asked = receiver->packets > 0;
    if (asked && (service->streams || flow_sender(flow, packet)->bytes < FACTOR * receiver->bytes))
        return;
    if (!address_is_unicast(&packet->destination.address) || !flow_packet_counts(flow, packet))
        return;
    recent_hosts_add(capture_state(context), &packet->destination.address, packet->time);
    struct victim *victim = state_of(context, asked ? KEY_ASKED : KEY_UNASKED, &packet->destination.address,
                                     packet->source.port, sizeof *victim);
    if (victim->finding != 0) {
        report_again(context, victim->finding);
        return;
    }
    bool first = victim->packets == 0;
    roll(victim, packet);
    if (first && asked) {
        victim->requests = victim->alike = 1;
        victim->request_bytes = receiver->bytes;
    }
    closed_loop_answer(&victim->loop, packet->time);
    victim->packets++;
    victim->bytes += packet->payload.length;
    distinct_add(victim->source, SOURCE_SLOTS, SOURCES_MAX, &victim->sources, address_digest(&packet->source.address));
    if (asked) {
        check_asked(context, packet, victim, service);
    } else {
        note_name(victim, packet->dns);
        check_unasked(context, flow, packet, victim, service);
    }
}

static void
note_request(struct context *context, const struct flow *flow, const struct packet *packet,
             const struct reflector *service)
{
    uint16_t port = packet->destination.port;
    if (service->searched) {
        struct search *search = state_of(context, KEY_SEARCH, &packet->source.address, port, sizeof *search);
        *search = (struct search){.seen = true, .time = packet->time};
    }
    if (!recent_hosts_may_have(capture_state(context), &packet->source.address, packet->time) ||
        !flow_packet_counts(flow, packet))
        return;
    struct victim *unasked = state_of(context, KEY_UNASKED, &packet->source.address, port, sizeof *unasked);
    unasked->requests++;
    struct victim *asked = state_of(context, KEY_ASKED, &packet->source.address, port, sizeof *asked);
    if (asked->packets == 0)
        return;
    uint64_t request = reflector_request_digest(service, &packet->payload);
    if (asked->request == 0)
        asked->request = request;
    closed_loop_ask(&asked->loop, packet->time);
    asked->requests++;
    asked->alike += asked->request == request;
    asked->request_bytes += packet->payload.length;
}

/* "Port unreachable": the host takes its packets for an answer to nothing. */
static void
note_rejection(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct endpoint *quoted = packet->from_client ? &flow->client : &flow->server;
    const struct endpoint *target = packet->from_client ? &flow->server : &flow->client;
    const struct icmp_error *error = packet->icmp;
    if (flow->protocol != PROTOCOL_UDP || reflector_of(quoted->port) == NULL ||
        !recent_hosts_may_have(capture_state(context), &packet->source.address, packet->time) ||
        !address_equal(&packet->source.address, &target->address) ||
        !(error->ipv6 ? error->type == 1 && error->code == 4 : error->type == 3 && error->code == 3))
        return;
    for (unsigned kind = KEY_UNASKED; kind <= KEY_ASKED; kind++) {
        struct victim *victim = state_of(context, kind, &target->address, quoted->port, sizeof *victim);
        victim->port_closed = true;
    }
}

/* -- SYN-ACKs --------------------------------------------------------------------------------- */

/* A SYN-ACK to a host that has sent no SYN: the host rejects it, or it is repeated because nothing comes back. Who did ask, before
 * the capture began, acknowledges it; only one that scans without its TCP stack does not, for as long as its first answers come. */
static void
note_syn_ack(struct context *context, const struct flow *flow, const struct packet *packet)
{
    bool rejected = packet->from_client && (packet->flags & TCP_RST) && flow->by_client.packets == 1;
    bool repeated = !packet->from_client && flow->handshake.syn_ack_count > 1 && flow->by_client.packets == 0;
    if (flow->handshake.syn_frame != 0 || flow->handshake.syn_ack_frame == 0 || packet->duplicate ||
        packet->copy_of != 0 || !(rejected || repeated))
        return;
    struct victim *victim = state_of(context, KEY_UNASKED, &flow->client.address, 0, sizeof *victim);
    if (victim->finding != 0) {
        report_again(context, victim->finding);
        return;
    }
    roll(victim, packet);
    victim->packets++;
    victim->port_closed |= rejected;
    distinct_add(victim->source, SOURCE_SLOTS, SOURCES_MAX, &victim->sources, address_digest(&flow->server.address));
    if (victim->packets < threshold_value(context, PACKETS) || packet->time - victim->start < SECONDS(1) ||
        !answers_visible(context, flow, false) ||
        !(victim->port_closed || address_was_seen(context, flow, &flow->client.address)))
        return;
    report_victim(context, &flow->client, &flow->server, packet->time, victim, NULL,
                  victim->port_closed ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
}

/* -- Every packet ----------------------------------------------------------------------------- */

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct reflector *service;
    if (packet->icmp != NULL)
        note_rejection(context, flow, packet);
    else if (packet->protocol == PROTOCOL_TCP)
        note_syn_ack(context, flow, packet);
    else if (packet->payload.length >= LARGE && (service = reflector_at(packet->source.port, &packet->payload)) != NULL)
        note_response(context, flow, packet, service);
    else if ((service = reflector_at(packet->destination.port, &packet->payload)) != NULL)
        note_request(context, flow, packet, service);
}

const struct detector flood_reflection_detector = {
    .family = "flood",
    .summary = "Responses that nobody asked for",
    .sees = SEES_UDP | SEES_ICMP | SEES_SYN | SEES_AFTER_RESET | SEES_DUPLICATES,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .capture_state_size = sizeof(struct recent_hosts),
    .on_packet = on_packet,
};
