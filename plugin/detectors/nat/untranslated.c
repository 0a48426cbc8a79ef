/* Answers from an address that was not asked.
 *
 * A service address, a load balancer or a NAT gateway sends what comes in on to another address. On its way back the answer has to
 * pass the same place, where it gets the address that was asked. If it takes a shorter way (client and back end on one bridge, in one
 * network), or connection tracking does not know it, it arrives with the address of the back end. The client knows nothing of that
 * one and answers a segment with RST; a program drops a datagram. The numbers show what was meant: 32 bits of a SYN's sequence
 * number, the id and the name of a DNS query, the sender index of a WireGuard initiation.
 *
 * Source: Kubernetes blog, kube-proxy subtleties (2019-03-29); Kubernetes issue 21613; RFC 9293, 3.10.7.3.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { UNTRANSLATED };

/* clang-format off */
static const struct case_info cases[] = {
    [UNTRANSLATED] = {
        .id = "nat.untranslated",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Answer from an address that was not asked",
            .summary = "[{client} connects to {server}, but {unexpected} answered: its SYN-ACK has the numbers of this attempt (SYNs: "
                       "{attempts})][{client} asked {server} for {name} ({query_type}), but {unexpected} answered, with the same "
                       "id{!attempts}][{client} sent {packets} WireGuard initiations to {server}, but {unexpected} answered, with the "
                       "same index{!attempts}{!name}][{client} is connected to {server}, but a segment with the numbers of this "
                       "connection ({bytes}) came from {unexpected}{!attempts}{!name}][, and the client rejected it with RST{?by_reset}].",
            .causes = "[{server.address} is an address that is translated to {unexpected.address} (Kubernetes service, load balancer, "
                      "LVS-NAT, DNAT), and the answer does not pass the translation on its way back: client and back end are on one "
                      "node, bridge or network, and speak to each other directly{!bytes}.]\n"
                      "[The host of {server.address} has several addresses or uplinks, and answers from another one: a UDP service bound "
                      "to all addresses, policy routing, a second network card{!attempts}{!bytes}.]\n"
                      "[Connection tracking on the node of the client took the segment for INVALID (out of its window) and let it pass "
                      "without the translation back{?bytes}.]",
            .checks = "[On the node, must bridged packets pass the translation (1 = yes): `sysctl "
                      "net.bridge.bridge-nf-call-iptables`{!bytes}]\n"
                      "[On the host that translates, does it see the answers: `tcpdump -ni any 'host {client.address} and host "
                      "{unexpected.address}'`{!bytes}]\n"
                      "On the host that translates, what it knows of it: `conntrack -L -d {server.address}`\n"
                      "[On {unexpected.address}: the way to the client must lead through the host that translates: `ip route get "
                      "{client.address}`{!bytes}]\n"
                      "[On the node, does \"invalid\" grow; 1 lets such segments be translated: `conntrack -S; sysctl "
                      "net.netfilter.nf_conntrack_tcp_be_liberal`{?bytes}]",
            .disproof = "A capture on {client.address} itself shows the answer of {server.address}: then this capture was only made "
                        "before the translation back.",
        },
        .source = "Kubernetes blog, kube-proxy subtleties; Kubernetes issue 21613; RFC 9293, 3.10.7.3",
        .silent_on = "the translated copy of the same packet at a router\n"
                     "two real connections from one port\n"
                     "a port scan with one sequence number",
    },
};
/* clang-format on */

/* Lengths of the messages, and their types (WireGuard white paper, 5.4). */
enum { INITIATION_LENGTH = 148, RESPONSE_LENGTH = 92, INITIATION = 1, RESPONSE = 2, WIREGUARD_HEADER = 12 };
enum { INITIATIONS = 3 };

/* What was asked: different protocols of one address fail for themselves. */
struct subject {
    struct endpoint asked;
    uint8_t protocol;
};

/* A WireGuard initiation, by the index of its sender. */
struct initiation {
    struct endpoint client, server;
};

/* The initiations of a client to a server that somebody else has answered. */
struct initiator {
    struct endpoint client, server;
};

struct run {
    unsigned count;       /* responses from elsewhere */
    struct endpoint from; /* the newest of these */
    uint32_t frame;
};

enum { KEY_INITIATION, KEY_RUN };

static struct subject
subject_of(const struct endpoint *asked, uint8_t protocol)
{
    struct subject subject;
    memset(&subject, 0, sizeof subject);
    subject.asked.address = asked->address;
    subject.asked.port = asked->port;
    subject.protocol = protocol;
    return subject;
}

static struct finding *
report_untranslated(struct context *context, const struct flow *flow, const struct endpoint *client,
                    const struct endpoint *asked, const struct endpoint *unexpected)
{
    struct subject subject = subject_of(asked, flow->protocol);
    struct finding *finding =
        report_about(context, &cases[UNTRANSLATED], CONFIDENCE_CONFIRMED, &subject, sizeof subject, 1);
    if (finding == NULL)
        return NULL;
    report_endpoint(finding, FACT_client, client);
    report_endpoint(finding, FACT_server, asked);
    report_endpoint(finding, FACT_unexpected, unexpected);
    return finding;
}

/* What was asked has answered after all. */
static void
take_back(struct context *context, const struct endpoint *asked, uint8_t protocol)
{
    struct subject subject = subject_of(asked, protocol);
    struct finding *finding = reported_about(context, &cases[UNTRANSLATED], &subject, sizeof subject);
    if (finding != NULL)
        report_withdraw(context, finding);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    const struct attempt *attempt = &flow->attempt;
    if (attempt_came_back(attempt, &flow->client))
        return; /* nat.hairpin */
    if (attempt->before == OUTCOME_ELSEWHERE && attempt->outcome == OUTCOME_ANSWERED)
        take_back(context, &flow->server, flow->protocol);
    if (attempt->outcome != OUTCOME_ELSEWHERE)
        return;
    struct finding *finding = report_untranslated(context, flow, &flow->client, &flow->server, &attempt->elsewhere);
    if (finding == NULL)
        return;
    report_count(finding, FACT_attempts, flow->handshake.syn_count);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, attempt->elsewhere_frame);
}

static void
on_query(struct context *context, const struct flow *flow, const struct query *query, enum query_event event)
{
    if (query->unexpected_frame == 0)
        return;
    if (event == QUERY_GETS_ANSWER && query->given_up)
        take_back(context, &query->server, flow->protocol);
    if (event != QUERY_IS_GIVEN_UP)
        return;
    struct finding *finding =
        report_untranslated(context, flow, &query->client, &query->server, &query->unexpected_source);
    if (finding == NULL)
        return;
    report_text(finding, FACT_name, query->name);
    report_text(finding, FACT_query_type, dns_type_name(query->type));
    report_evidence(finding, query->first_frame);
    report_evidence(finding, query->unexpected_frame);
    report_evidence(finding, query->last_frame);
}

/* A segment of another connection began this flow, and who got it answers with the RST that such a segment deserves. */
static void
take_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *stranger = flow_receiver(flow, packet);
    if (flow->handshake.syn_frame != 0 || flow->handshake.syn_ack_frame != 0 || stranger->packets == 0 ||
        !(packet->flags & TCP_RST) || packet->sequence != stranger->acknowledgment ||
        flow_sender(flow, packet)->packets != 1)
        return;
    struct finding *finding = report_untranslated(context, flow, &packet->source, &flow->asked, &packet->destination);
    if (finding == NULL)
        return;
    report_count(finding, FACT_bytes, stranger->bytes);
    report_flag(finding, FACT_by_reset);
    report_evidence(finding, flow->first_frame);
}

static unsigned
wireguard_type(const struct payload *payload)
{
    if ((payload->length != INITIATION_LENGTH && payload->length != RESPONSE_LENGTH) ||
        payload->captured < WIREGUARD_HEADER)
        return 0;
    const uint8_t *bytes = payload->bytes;
    if ((bytes[1] | bytes[2] | bytes[3]) != 0 ||
        bytes[0] != (payload->length == INITIATION_LENGTH ? INITIATION : RESPONSE))
        return 0;
    return bytes[0];
}

static struct run *
run_of(struct context *context, const struct endpoint *client, const struct endpoint *server)
{
    struct initiator key;
    memset(&key, 0, sizeof key);
    key.client.address = client->address;
    key.client.port = client->port;
    key.server.address = server->address;
    key.server.port = server->port;
    return keyed_state(context, KEY_RUN, &key, sizeof key, sizeof(struct run));
}

/* A peer that takes the response sends data at once, and initiates again after two minutes only. */
static void
take_wireguard(struct context *context, const struct flow *flow, const struct packet *packet, unsigned type)
{
    struct initiation *initiation =
        keyed_state(context, KEY_INITIATION, packet->payload.bytes + (type == RESPONSE ? 8 : 4), sizeof(uint32_t),
                    sizeof *initiation);
    if (type == INITIATION) {
        *initiation = (struct initiation){.client = packet->source, .server = packet->destination};
        const struct run *run = run_of(context, &packet->source, &packet->destination);
        struct finding *finding =
            run->count >= INITIATIONS - 1 && flow->by_client.packets >= INITIATIONS && flow->by_server.packets == 0
                ? report_untranslated(context, flow, &packet->source, &packet->destination, &run->from)
                : NULL;
        if (finding != NULL) {
            report_count(finding, FACT_packets, flow->by_client.packets);
            report_evidence(finding, run->frame);
        }
        return;
    }
    if (initiation->server.address.family == 0 || address_equal(&initiation->server.address, &packet->source.address) ||
        !endpoint_equal(&initiation->client, &packet->destination))
        return;
    struct run *run = run_of(context, &initiation->client, &initiation->server);
    run->count++;
    run->from = packet->source;
    run->frame = packet->frame;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->protocol == PROTOCOL_TCP) {
        if (flow->asked.address.family != 0)
            take_reset(context, flow, packet);
        return;
    }
    unsigned type = wireguard_type(&packet->payload);
    if (type != 0)
        take_wireguard(context, flow, packet, type);
}

const struct detector nat_untranslated_detector = {
    .family = "nat",
    .summary = "Addresses that are translated one way only",
    .sees = SEES_UDP | SEES_END | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
    .on_query = on_query,
};
