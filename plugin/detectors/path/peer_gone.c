/* Hosts that are gone in the middle of a conversation.
 *
 * A connection that was at work repeats its data into silence: no acknowledgment, no RST, nothing. Its peer has lost power, its
 * virtual machine was moved or stopped, a link or a firewall on the way went down without a word. The sender notices late: it repeats
 * itself for a quarter of an hour (RFC 1122, 4.2.3.5), and the application waits as long, unless it has a time limit of its own. After
 * an idle time a timer on the way is to blame (idle.blackhole), and for packets of full size the path MTU.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { SILENCE };

static const struct threshold thresholds[] = {
    [SILENCE] = {"gone_milliseconds",
                 {"Peer gone: silence (ms)", "Data must be repeated for so many milliseconds while nothing comes back"},
                 3000,
                 500,
                 600000},
};

/* Connections that stop so close to each other stop together. */
static const int64_t TOGETHER = SECONDS(10);
/* A packet of so many bytes, from the IP header on, may be too large for the path. */
enum { FULL_SIZE = 1000 };
enum { UNREACHABLE4 = 3, FRAGMENTATION_NEEDED = 4, UNREACHABLE6 = 1 };

enum { PEER_GONE };

/* clang-format off */
static const struct case_info cases[] = {
    [PEER_GONE] = {
        .id = "path.peer_gone",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Peer gone in the middle of a conversation",
            .summary = "[{server}{?by_client}][{client}{?by_server}] fell silent in the middle of a conversation: the same data was "
                       "sent {attempts} times within {delay} (threshold {threshold}) and nothing came back[; {stopped} connections to "
                       "it stopped together][; new SYNs to it are not answered either{?unanswered}][; {reporter} says that it is "
                       "unreachable].",
            .causes = "[The host at {server.address} is down or cut off: power, kernel, its virtual machine or container was stopped "
                      "or moved, its link{?by_client}.]"
                      "[The host at {client.address} is down or cut off: power, sleep, its virtual machine was stopped or moved, its "
                      "link{?by_server}.]\n"
                      "A device on the way failed over and has lost its table of connections: then all connections through it stop "
                      "at this moment, and new ones work.\n"
                      "A firewall, security group or intrusion prevention system began to drop this connection: then new ones are "
                      "dropped as well, or other hosts are not.",
            .checks = "[Is the host up, and does it answer anything: `ping -c 3 {server.address}`{?by_client}]\n"
                      "[Is the host up, and does it answer anything: `ping -c 3 {client.address}`{?by_server}]\n"
                      "[Does a new connection work? Then the host is up, and a device on the way has lost this one: `nc -vz -w 5 "
                      "{server.address} {server.port}`{?by_client}]\n"
                      "Look for a failover, a live migration or a maintenance event at this time in the console of the cloud, and in "
                      "the logs of firewalls and load balancers.\n"
                      "Have applications give up sooner, by a time limit for answers or TCP_USER_TIMEOUT. The kernel gives up after "
                      "so many retransmissions: `sysctl net.ipv4.tcp_retries2`",
            .disproof = "The data arrives, or answers leave, in a capture made on the other host at the same time: then the path "
                        "between the captures loses them.",
        },
        .source = "RFC 1122, 4.2.3.5; clients of a Redis server whose host died",
        .silent_on = "an outage that is repaired\n"
                     "blind direction\n"
                     "MTU: only packets of full size vanish\n"
                     "end of capture\n"
                     "silence after an idle time (idle.blackhole)",
    },
};
/* clang-format on */

/* What is known of a host that does not answer. */
struct peer {
    unsigned stopped;  /* connections to it, within TOGETHER of each other */
    int64_t last_time; /* when the newest of them stopped */
};

struct gone_flow {
    uint32_t size;       /* of the packet that waits when it was first sent again, from the IP header on */
    uint32_t icmp_frame; /* says that the peer is unreachable */
    struct ip_address reporter;
    bool stopped; /* it is counted among those of the peer */
};

static const struct ip_address *
peer_of(const struct flow *flow, bool by_client)
{
    return by_client ? &flow->server.address : &flow->client.address;
}

static struct peer *
peer_state(struct context *context, const struct ip_address *address)
{
    return keyed_state(context, 0, address, sizeof *address, sizeof(struct peer));
}

/* What the client says first is connect.first_data_lost or tls.hello_unanswered. */
static bool
is_first_data(const struct flow *flow, bool by_client)
{
    return by_client && flow->handshake.syn_frame != 0 && flow->by_server.new_bytes == 0 &&
           flow->by_client.pending.sequence == flow->client_first_sequence;
}

static bool
may_be_too_large(const struct side *sender, const struct gone_flow *state)
{
    return state->size >= FULL_SIZE && sender->largest_passed < sender->pending.largest;
}

/* Whether what this side says meets silence, in a conversation that both sides took part in. */
static bool
vanishes(struct context *context, const struct flow *flow, bool by_client, const struct gone_flow *state)
{
    const struct side *sender = by_client ? &flow->by_client : &flow->by_server;
    const struct side *receiver = by_client ? &flow->by_server : &flow->by_client;
    const struct pending *pending = &sender->pending;

    return pending->third_frame != 0 && !pending->probe && !pending->answered && !pending->closed &&
           receiver->acknowledgment_known && receiver->rst_frame == 0 && receiver->fin_frame == 0 &&
           level_passed(context, pending->idle) == 0 && !is_first_data(flow, by_client) &&
           !may_be_too_large(sender, state) && (flow->icmp_error_frame == 0 || state->icmp_frame != 0) &&
           answers_visible(context, flow, by_client);
}

static void
report_gone(struct context *context, const struct flow *flow, bool by_client, struct gone_flow *state, int64_t now)
{
    const struct pending *pending = by_client ? &flow->by_client.pending : &flow->by_server.pending;
    const struct ip_address *address = peer_of(flow, by_client);
    struct peer *peer = peer_state(context, address);

    if (state->stopped)
        return;
    state->stopped = true;
    peer->stopped = peer->stopped > 0 && time_gap(peer->last_time, pending->time) <= TOGETHER ? peer->stopped + 1 : 1;
    peer->last_time = pending->time;
    bool sure = peer->stopped > 1 || state->icmp_frame != 0;
    struct finding *former = reported_about(context, &cases[PEER_GONE], address, sizeof *address);
    if (former != NULL && sure) {
        report_stronger(context, former, CONFIDENCE_LIKELY);
        if (peer->stopped > 1)
            report_count(former, FACT_stopped, peer->stopped);
    }
    struct finding *finding = report_about(context, &cases[PEER_GONE], sure ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
                                           address, sizeof *address, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_flag(finding, by_client ? FACT_by_client : FACT_by_server);
    report_count(finding, FACT_attempts, pending->retransmissions + 1);
    report_duration(finding, FACT_delay, now - pending->time);
    report_duration(finding, FACT_threshold, MILLISECONDS(threshold_value(context, SILENCE)));
    if (state->icmp_frame != 0) {
        report_address(finding, FACT_reporter, &state->reporter);
        report_evidence(finding, state->icmp_frame);
    }
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->third_frame);
    report_evidence(finding, by_client ? flow->by_server.last_frame : flow->by_client.last_frame);
}

/* An ICMP error that says that the host, or the way to it, is not there. */
static void
take_error(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct icmp_error *error = packet->icmp;
    bool unreachable =
        error->ipv6 ? error->type == UNREACHABLE6 : error->type == UNREACHABLE4 && error->code != FRAGMENTATION_NEEDED;
    if (flow->protocol != PROTOCOL_TCP || !unreachable)
        return;
    struct gone_flow *state = flow_state(context);
    state->icmp_frame = packet->frame;
    state->reporter = packet->source.address;
    struct finding *finding = reported(context, &cases[PEER_GONE]);
    if (finding != NULL) {
        report_stronger(context, finding, CONFIDENCE_LIKELY);
        report_address(finding, FACT_reporter, &state->reporter);
    }
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->icmp != NULL) {
        take_error(context, flow, packet);
        return;
    }
    if (packet->revives) {
        struct finding *finding = reported(context, &cases[PEER_GONE]);
        if (finding != NULL)
            report_withdraw(context, finding);
        ((struct gone_flow *)flow_state(context))->stopped = false;
        return;
    }
    const struct pending *pending = &flow_sender(flow, packet)->pending;
    int64_t silence = MILLISECONDS(threshold_value(context, SILENCE));
    if (pending->retransmissions == 0 || pending->last_frame != packet->frame)
        return;
    struct gone_flow *state = flow_state(context);
    if (pending->retransmissions == 1)
        state->size = packet->ip_length;
    if (pending->third_frame == packet->frame)
        wake_at(context, pending->due > pending->time + silence ? pending->due : pending->time + silence);
    else if (pending_is_lost(pending, packet->time) && packet->time - pending->time >= silence &&
             vanishes(context, flow, packet->from_client, state))
        report_gone(context, flow, packet->from_client, state, packet->time);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    struct gone_flow *state = flow_state(context);
    if (pending_is_lost(&flow->by_client.pending, now) && vanishes(context, flow, true, state))
        report_gone(context, flow, true, state, now);
    else if (pending_is_lost(&flow->by_server.pending, now) && vanishes(context, flow, false, state))
        report_gone(context, flow, false, state, now);
}

/* New connections to it fail as well, or do not. */
static void
on_outcome(struct context *context, const struct flow *flow)
{
    struct finding *finding =
        reported_about(context, &cases[PEER_GONE], &flow->server.address, sizeof flow->server.address);
    if (finding == NULL || flow->protocol != PROTOCOL_TCP)
        return;
    if (flow->attempt.outcome == OUTCOME_UNANSWERED) {
        report_stronger(context, finding, CONFIDENCE_LIKELY);
        report_flag(finding, FACT_unanswered);
    } else if (flow->attempt.outcome == OUTCOME_ANSWERED) {
        report_ruled_out(finding, "a host that stays down: it accepts a new connection", "主机一直宕机：它接受了新连接",
                         flow->attempt.frame);
    }
}

const struct detector path_peer_gone_detector = {
    .family = "path",
    .summary = "Hosts that are gone in the middle of a conversation",
    .sees = SEES_REPEATED | SEES_REVIVED | SEES_ICMP | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct gone_flow),
    .on_packet = on_packet,
    .on_wake = on_wake,
    .on_outcome = on_outcome,
};
