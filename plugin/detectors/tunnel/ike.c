/* IPsec tunnels whose negotiation does not begin.
 *
 * Whoever wants an IPsec tunnel sends the first message of IKE, IKE_SA_INIT of version 2 or that of main or aggressive mode of version 1,
 * and sends it again after some seconds, each time later. The peer answers at once: with its own part, with a cookie, or with the demand
 * for another group. If nothing comes, the way does not pass UDP on port 500 or 4500, or nobody is there. If the peer says no in clear,
 * the way is right and the settings of the two differ.
 *
 * Source: RFC 7296, 2.1, 2.4 and 2.21; Alibaba Cloud, IPsec-VPN connections ("no response from peer", UDP 500 and 4500).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* Two negotiations that begin at the same time are no repetition; the shortest gap of an implementation is half a second, but it grows. */
static const int64_t REPEATED_AFTER = MILLISECONDS(900);

/* A port scanner sends its few packets in a shorter time. */
static const int64_t RUN_TIME = SECONDS(3);

/* A responder has to work out a key before it answers. */
static const int64_t ANSWER_TIME = SECONDS(2);

/* After a rejection, initiators try another version or another proposal within this time. */
static const int64_t FALLBACK_TIME = SECONDS(10);

enum { MESSAGES };

static const struct threshold thresholds[] = {
    [MESSAGES] = {"ike_messages",
                  {"Tunnel: IKE messages without answer",
                   "The first message of an IKE negotiation must be sent so many times without any answer of the peer"},
                  3,
                  2,
                  20},
};

enum { IKE_UNANSWERED, IKE_REJECTED };

/* clang-format off */
static const struct case_info cases[] = {
    [IKE_UNANSWERED] = {
        .id = "tunnel.ike_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "IPsec peer does not answer",
            .summary = "{client} sent the first message of an IPsec tunnel ({service}) to {server} {attempts} times (threshold {limit}) within "
                       "{delay}, and [nothing came back{!icmp_error}][all that came back is an ICMP error{?icmp_error}][; the peer was last "
                       "heard {quiet} before the first of them].",
            .causes = "[The ICMP error says why: no IKE daemon listens at the peer, or a device on the way rejects the packet{?icmp_error}.]\n"
                      "[The peer answered earlier in this capture, so it went down, or the way broke since{?quiet}.]\n"
                      "A firewall, security group or provider on the way does not pass UDP port {server.port}.\n"
                      "The peer is down, or its IKE daemon is not running.\n"
                      "The address of the peer is wrong, or has changed (dynamic address, DNS name of the gateway).\n"
                      "The peer ignores {client.address}: it has no connection with this address as the other end.\n"
                      "The answer of the peer is lost on the way back, or leaves it through another uplink.",
            .checks = "On the peer, do the messages arrive: `tcpdump -ni any 'host {client.address} and (udp port 500 or udp port 4500)'`\n"
                      "On the peer, does the daemon listen (strongSwan, Libreswan): `ss -lunp 'sport = :500 or sport = :4500'`\n"
                      "On the peer, why does it not answer: `journalctl -u strongswan -u strongswan-starter -u ipsec --since -1h`\n"
                      "In the console, security group and network ACL of the VPN gateway: both must let UDP 500 and 4500 in and out.",
            .disproof = "An IKE message of {server.address} to {client.address}, later in this capture or in one made closer to the peer.",
        },
        .source = "RFC 7296, 2.1; Alibaba Cloud, IPsec-VPN connections: no response from peer",
        .silent_on = "DPD\na rekey that is answered\ncookie or another group\nfirst lost then answered\nblind direction",
    },
    [IKE_REJECTED] = {
        .id = "tunnel.ike_rejected",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "IPsec peer rejects the negotiation",
            .summary = "{server} rejects the IPsec tunnel that {client} asks for ({service}): {notify}.",
            .causes = "[The two sides have no set of algorithms in common: encryption, integrity, PRF or group differ{?no_proposal}.]\n"
                      "[The peer has no connection for these two addresses, and says the same then{?no_proposal}.]\n"
                      "[The settings of the two sides differ: version of IKE, mode, identities, key or certificate, networks{!no_proposal}"
                      ".]\n"
                      "The message is not protected, so it may be forged. Then another answer follows.",
            .checks = "On both peers, compare version, proposals and group. On the peer (strongSwan): `swanctl --list-conns; ipsec statusall`\n"
                      "On the peer, its log names what it received and what it is set to: `journalctl -u strongswan -u strongswan-starter -u "
                      "ipsec --since -1h`\n"
                      "In the console, IKE settings of the VPN connection: version, encryption, authentication and DH group as on the other "
                      "side.",
            .disproof = "The same negotiation goes on: an answer of {server.address} without an error, or ESP in both directions.",
        },
        .source = "RFC 7296, 2.21 and 3.10.1; RFC 2408, 3.14.1",
        .silent_on = "cookie or another group\nanother proposal is accepted\nan answer to what nobody asked",
    },
};
/* clang-format on */

/* First messages of one side of a flow that the other side has not answered. */
struct run {
    uint32_t total; /* of all runs, each copy counted that was sent */
    unsigned messages;
    uint32_t first_frame, previous_frame;
    int64_t first_time, previous_time;
    int64_t due;            /* when the last one that the threshold asks for is answered at the latest, 0 before it */
    uint32_t other_packets; /* of the other side when it began, its own first messages excepted */
    uint8_t spi[IKE_SPI_SIZE];
    uint8_t version;
    uint32_t finding; /* number, 0 = not reported */
};

/* A negotiation, by the SPI of its initiator, on whatever flow: it may move to port 4500. */
struct negotiation {
    bool asked, answered;
    uint32_t unanswered; /* finding, 0 = none */
};

/* What one host sent another one. */
struct heard {
    int64_t time;       /* of its newest IKE message that is no first one */
    uint32_t rejection; /* finding about its newest rejection, 0 = none */
    int64_t rejection_time;
};

enum { KIND_RUN, KIND_NEGOTIATION, KIND_HEARD };

struct run_key {
    uint32_t flow, from_client;
};

static struct run *
run_of(struct context *context, const struct flow *flow, bool from_client)
{
    struct run_key key = {flow->number, from_client};
    return keyed_state(context, KIND_RUN, &key, sizeof key, sizeof(struct run));
}

static struct negotiation *
negotiation_of(struct context *context, const uint8_t spi[IKE_SPI_SIZE])
{
    return keyed_state_of_all(context, KIND_NEGOTIATION, spi, IKE_SPI_SIZE, sizeof(struct negotiation));
}

static struct heard *
heard_of(struct context *context, const struct ip_address *sender, const struct ip_address *receiver)
{
    struct client_at_server key = client_at_server(receiver, sender, 0);
    return keyed_state(context, KIND_HEARD, &key, sizeof key, sizeof(struct heard));
}

static const char *
exchange_name(const struct run *run)
{
    return run->version == 2 ? "IKEv2" : "IKEv1";
}

/* Packets of the other side that are an answer: all but its own first messages. */
static uint32_t
others(struct context *context, const struct flow *flow, bool from_client)
{
    const struct side *other = from_client ? &flow->by_server : &flow->by_client;
    return other->packets - run_of(context, flow, !from_client)->total;
}

/* -- Nothing comes back ----------------------------------------------------------------------- */

static void
report_run(struct context *context, const struct flow *flow, bool from_client)
{
    const struct endpoint *client = from_client ? &flow->client : &flow->server;
    const struct endpoint *server = from_client ? &flow->server : &flow->client;
    struct run *run = run_of(context, flow, from_client);
    uint32_t session = (from_client ? &flow->by_client : &flow->by_server)->session;
    bool one_way = session_is_one_way_so_far(session_of(context, session));
    struct client_at_server key = client_at_server(&client->address, &server->address, 0);
    struct finding *finding = report_about(context, &cases[IKE_UNANSWERED],
                                           one_way ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    int64_t heard = heard_of(context, &server->address, &client->address)->time;
    run->finding = finding_number(finding);
    negotiation_of(context, run->spi)->unanswered = run->finding;
    report_series(finding, run->messages, run->first_frame, run->first_time);
    report_endpoint(finding, FACT_client, client);
    report_endpoint(finding, FACT_server, server);
    report_text(finding, FACT_service, exchange_name(run));
    report_count(finding, FACT_attempts, run->messages);
    report_count(finding, FACT_limit, threshold_value(context, MESSAGES));
    report_duration(finding, FACT_delay, run->previous_time - run->first_time);
    if (flow->icmp_error_frame != 0)
        report_flag(finding, FACT_icmp_error);
    report_evidence(finding, flow->icmp_error_frame);
    report_evidence(finding, run->first_frame);
    report_evidence(finding, run->previous_frame);
    /* A tunnel that worked is negotiated anew by both sides, again and again: the peer is known to be there. */
    if (heard != 0) {
        report_duration(finding, FACT_quiet, time_gap(heard, run->first_time));
        report_severity(finding, SEVERITY_NOTE);
    }
}

/* One more first message: the next one of the run, or the first of another. */
static void
note_beginning(struct context *context, const struct flow *flow, const struct packet *packet,
               const struct ike_message *message)
{
    uint32_t answers = others(context, flow, packet->from_client);
    struct run *run = run_of(context, flow, packet->from_client);
    unsigned limit = threshold_value(context, MESSAGES);

    negotiation_of(context, message->initiator_spi)->asked = true;
    if (run->messages == 0 || run->other_packets != answers || negotiation_of(context, run->spi)->answered) {
        *run = (struct run){
            .total = run->total, .first_frame = packet->frame, .first_time = packet->time, .other_packets = answers};
    } else if (packet->time - run->previous_time < REPEATED_AFTER) {
        run->total++;
        return;
    }
    run->total++;
    run->messages++;
    run->version = message->version;
    run->previous_frame = packet->frame;
    run->previous_time = packet->time;
    memcpy(run->spi, message->initiator_spi, sizeof run->spi);
    if (run->finding != 0) {
        report_again(context, run->finding);
    } else if (run->due == 0 && run->messages >= limit && packet->time - run->first_time >= RUN_TIME) {
        run->due = packet->time + ANSWER_TIME;
        wake_at(context, run->due);
    }
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    for (int from_client = 0; from_client < 2; from_client++) {
        uint32_t answers = others(context, flow, from_client);
        const struct run *run = run_of(context, flow, from_client);
        if (run->due != 0 && now >= run->due && run->finding == 0 && run->other_packets == answers &&
            !negotiation_of(context, run->spi)->answered && answers_visible(context, flow, from_client))
            report_run(context, flow, from_client);
    }
}

/* -- The peer says something ------------------------------------------------------------------ */

static void
withdraw(struct context *context, uint32_t *number)
{
    struct finding *finding = *number != 0 ? reported_number(context, *number) : NULL;
    if (finding != NULL)
        report_withdraw(context, finding);
    *number = 0;
}

static uint32_t
report_rejection(struct context *context, const struct packet *packet, const struct ike_message *message,
                 const char *name)
{
    struct client_at_server key = client_at_server(&packet->destination.address, &packet->source.address, 0);
    struct finding *finding = report_about(context, &cases[IKE_REJECTED], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return 0;
    report_endpoint(finding, FACT_client, &packet->destination);
    report_endpoint(finding, FACT_server, &packet->source);
    report_text(finding, FACT_service, message->version == 2 ? "IKEv2" : "IKEv1");
    report_text(finding, FACT_notify, name);
    if (message->notify == 14)
        report_flag(finding, FACT_no_proposal);
    return finding_number(finding);
}

static void
note_answer(struct context *context, const struct packet *packet, const struct ike_message *message)
{
    struct negotiation *negotiation = negotiation_of(context, message->initiator_spi);
    const char *rejection = ike_rejection(message);
    bool asked = negotiation->asked;

    /* The initiator's own further messages have the responder's SPI, too: the answer was there, even if it was not captured. */
    negotiation->answered = true;
    withdraw(context, &negotiation->unanswered);
    struct heard *heard = heard_of(context, &packet->source.address, &packet->destination.address);
    heard->time = packet->time;
    if (rejection == NULL) {
        if (message->notify == 0 && heard->rejection != 0 && packet->time - heard->rejection_time < FALLBACK_TIME)
            withdraw(context, &heard->rejection);
    } else if (asked) {
        uint32_t number = report_rejection(context, packet, message, rejection);
        heard = heard_of(context, &packet->source.address, &packet->destination.address);
        heard->rejection = number != 0 ? number : heard->rejection;
        heard->rejection_time = packet->time;
    }
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct ike_message message;
    uint16_t source = packet->source.port, destination = packet->destination.port;

    if (source != IKE_PORT && source != IKE_NAT_PORT && destination != IKE_PORT && destination != IKE_NAT_PORT)
        return;
    if (!ike_read(packet, &message))
        return;
    if (ike_begins(&message))
        note_beginning(context, flow, packet, &message);
    else
        note_answer(context, packet, &message);
}

const struct detector tunnel_ike_detector = {
    .family = "tunnel",
    .summary = "Tunnels that do not pass what enters them",
    .sees = SEES_UDP,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
