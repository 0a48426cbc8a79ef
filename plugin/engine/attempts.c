/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/attempts.h"

#include "engine/controls.h"
#include "engine/vantage.h"

/* The longest that a TCP waits before it repeats its first SYN (RFC 1122, 4.2.3.1), and a little. */
static const int64_t FIRST_WAIT = MILLISECONDS(3500);
/* What is due comes within twice the last gap, but not sooner than this. */
static const int64_t SHORTEST_WAIT = SECONDS(1);
/* Linux answers a repeated SYN besides its own timer: SYN-ACKs closer together are one. */
static const int64_t SYN_ACKS_APART = MILLISECONDS(500);
enum { ENOUGH_SYNS = 3 };
enum { SYN_ACKS_OF_HALF_OPEN = 3, RETRANSMISSIONS_OF_LOST_DATA = 3 };

/* More bytes than an initial window (RFC 6928: 10 segments) are no first data any more. */
enum { FIRST_DATA_MAX = 14600 };
/* A RST with a TTL this far from that of the client's own packets was not sent by the client. */
enum { TTL_DIFFERENCE = 2 };
enum { UNREACHABLE4 = 3, FRAGMENTATION_NEEDED = 4, UNREACHABLE6 = 1 };

/* The detector's number in a wake is not used. */
struct attempts {
    struct wakes *wakes;
    uint32_t replaced; /* number of the flow in place of which its client has begun another, 0 = none */
    struct {
        uint32_t flow;       /* number of the flow whose SYN somebody else has answered, 0 = none */
        struct endpoint who; /* family 0: who had done so is rejected by the client now */
    } elsewhere;
};

struct attempts *
attempts_new(void)
{
    struct attempts *attempts = g_new0(struct attempts, 1);
    attempts->wakes = wakes_new();
    return attempts;
}

void
attempts_free(struct attempts *attempts)
{
    if (attempts == NULL)
        return;
    wakes_free(attempts->wakes);
    g_free(attempts);
}

static bool
decide(struct engine *engine, struct flow_record *record, enum outcome outcome, const struct packet *packet)
{
    struct attempt *attempt = &record->flow.attempt;
    if (outcome == attempt->outcome)
        return false;
    attempt->before = attempt->outcome;
    attempt->outcome = (uint8_t)outcome;
    attempt->frame = packet->frame;
    attempt->time = packet->time;
    controls_note(engine, record, packet);
    return true;
}

/* -- Silence ---------------------------------------------------------------------------------- */

static void
wait_until(struct engine *engine, struct flow_record *record, const struct packet *packet, int64_t time)
{
    record->attempt_due = time;
    wakes_add(engine->attempts->wakes, packet->time, time, record->flow.number, 0);
}

static int64_t
longer(int64_t wait)
{
    return wait > SHORTEST_WAIT ? wait : SHORTEST_WAIT;
}

/* After the first and the second SYN the next one is due: an attempt without it was given up. After the third the
 * answer is, for as long as a fourth may take. */
static void
wait_for_answer(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    const struct handshake *handshake = &record->flow.handshake;
    if (handshake->syn_count == 1)
        wait_until(engine, record, packet, packet->time + FIRST_WAIT);
    else if (handshake->syn_count == 2)
        wait_until(engine, record, packet, packet->time + longer(3 * handshake->syn_gap));
    else if (handshake->syn_count == 3)
        wait_until(engine, record, packet, packet->time + longer(2 * handshake->syn_gap));
}

static bool
is_silent(const struct engine *engine, const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    if (flow->handshake.syn_frame == 0 || flow->attempt.outcome > OUTCOME_UNANSWERED || flow->by_server.packets > 0 ||
        flow->by_client.packets != flow->handshake.syn_count || flow->icmp_error_frame != 0)
        return false;
    return address_is_unicast(&flow->server.address) && vantage_shows_answers(engine, record, true);
}

/* Fewer than three SYNs were taken for all that would come: the third makes it another thing to tell. */
static bool
decide_unanswered(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct attempt *attempt = &record->flow.attempt;
    unsigned syns = record->flow.handshake.syn_count;
    if (attempt->elsewhere_frame != 0)
        return decide(engine, record, OUTCOME_ELSEWHERE, packet);
    if (attempt->outcome == OUTCOME_UNANSWERED && record->unanswered_syns < ENOUGH_SYNS && syns >= ENOUGH_SYNS)
        attempt->outcome = OUTCOME_UNKNOWN;
    record->unanswered_syns = syns;
    return decide(engine, record, OUTCOME_UNANSWERED, packet);
}

static bool
data_is_lost(const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    return flow->attempt.outcome == OUTCOME_COMPLETED && flow->by_server.new_bytes == 0 &&
           flow->by_client.pending.frame != 0 && flow->by_client.pending.sequence == flow->client_first_sequence &&
           flow->by_client.pending.retransmissions >= RETRANSMISSIONS_OF_LOST_DATA;
}

/* What a packet of another flow says of this one's attempt. The flow whose outcome it changes, NULL if it does not. */
static struct flow_record *
take_elsewhere(struct engine *engine, const struct packet *packet)
{
    struct attempts *attempts = engine->attempts;
    struct flow_record *record = flow_table_by_number(engine->flows, attempts->elsewhere.flow);
    struct endpoint who = attempts->elsewhere.who;

    attempts->elsewhere.flow = 0;
    if (record == NULL || record->flow.handshake.syn_ack_frame != 0 || record->flow.by_server.packets > 0 ||
        record->flow.by_client.packets != record->flow.handshake.syn_count)
        return NULL;
    struct attempt *attempt = &record->flow.attempt;
    if (who.address.family == 0)
        return attempt->elsewhere_frame != 0 && decide(engine, record, OUTCOME_ELSEWHERE, packet) ? record : NULL;
    if (attempt->elsewhere_frame == 0) {
        attempt->elsewhere = who;
        attempt->elsewhere_frame = packet->frame;
    }
    return NULL;
}

struct flow_record *
attempts_due(struct engine *engine, const struct packet *packet)
{
    struct attempts *attempts = engine->attempts;
    struct wake wake;

    struct flow_record *elsewhere = attempts->elsewhere.flow != 0 ? take_elsewhere(engine, packet) : NULL;
    if (elsewhere != NULL)
        return elsewhere;
    struct flow_record *replaced = flow_table_by_number(engine->flows, attempts->replaced);
    attempts->replaced = 0;
    if (replaced != NULL && is_silent(engine, replaced) && decide_unanswered(engine, replaced, packet))
        return replaced;
    while (attempts->wakes->next <= packet->time && wakes_take(attempts->wakes, packet->time, &wake)) {
        struct flow_record *record = flow_table_by_number(engine->flows, wake.flow);
        if (record == NULL || record->attempt_due > packet->time)
            continue;
        if (is_silent(engine, record) && decide_unanswered(engine, record, packet))
            return record;
        if (data_is_lost(record) && vantage_shows_answers(engine, record, true) &&
            decide(engine, record, OUTCOME_DATA_LOST, packet))
            return record;
    }
    return NULL;
}

/* -- Packets ---------------------------------------------------------------------------------- */

static bool
follow_syn(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    wait_for_answer(engine, record, packet);
    if (record->flow.handshake.syn_frame == packet->frame) {
        record->syn_has_timestamp = packet->has_timestamp;
        record->syn_timestamp = packet->timestamp;
        engine->attempts->replaced = controls_begin(engine, record, packet);
    }
    return false;
}

static bool
follow_syn_ack(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct handshake *handshake = &record->flow.handshake;
    if (handshake->syn_frame == 0)
        return false;
    if (handshake->syn_ack_frame == packet->frame) {
        handshake->syns_before_answer = handshake->syn_count;
        record->client_host->reached_somebody = true;
    }
    if (handshake->syn_ack_frame == packet->frame || packet->time - record->last_syn_ack_time >= SYN_ACKS_APART) {
        handshake->syn_acks_apart++;
        record->last_syn_ack_time = packet->time;
    }
    if (handshake->completed_frame != 0)
        return false; /* it did not reach the server, or that has no room for the connection */
    if (handshake->syn_acks_apart >= SYN_ACKS_OF_HALF_OPEN && record->flow.attempt.outcome == OUTCOME_ANSWERED)
        return decide(engine, record, OUTCOME_HALF_OPEN, packet);
    return record->flow.attempt.outcome < OUTCOME_ANSWERED && decide(engine, record, OUTCOME_ANSWERED, packet);
}

/* A RST that does not acknowledge the SYN is none for a client that waits (RFC 9293, 3.10.7.3). */
static bool
refuses(const struct flow *flow, const struct packet *packet)
{
    return !packet->from_client && flow->handshake.syn_frame != 0 && flow->handshake.syn_ack_frame == 0 &&
           flow->by_client.new_bytes == 0 && (packet->flags & TCP_ACK) &&
           packet->acknowledgment == flow->client_first_sequence;
}

/* The server ends what it has just accepted, or somebody in its place does. */
static bool
closes(struct flow *flow, const struct packet *packet)
{
    bool has_data = flow->by_client.new_bytes > 0, reset = (packet->flags & TCP_RST) != 0;
    if (packet->from_client ? !reset || flow_ttl_distance(flow, packet) <= TTL_DIFFERENCE
                            : has_data && !reset && packet->acknowledgment != flow->client_first_sequence)
        return false;
    if (reset && flow->by_client.new_bytes > FIRST_DATA_MAX)
        return false;
    int64_t since = has_data && reset ? flow->by_client.last_payload_time : flow->handshake.completed_time;
    flow->attempt.lasted = packet->time > since ? packet->time - since : 0;
    return true;
}

/* The client ends what the server has accepted, and has heard that its data arrived. */
static bool
leaves(struct flow *flow, const struct packet *packet)
{
    const struct side *server = &flow->by_server;
    flow->attempt.lasted = time_gap(flow->handshake.completed_time, packet->time);
    return packet->from_client && (flow->by_client.new_bytes == 0 ||
                                   sequence_difference(server->acknowledgment, flow->client_first_sequence) > 0);
}

/* The first end of what was completed, when the server has not sent a byte. */
static bool
follow_end_of_silent(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    if (closes(&record->flow, packet))
        return decide(engine, record, OUTCOME_CLOSED, packet);
    return leaves(&record->flow, packet) && decide(engine, record, OUTCOME_LEFT, packet);
}

static bool
follow_end(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct flow *flow = &record->flow;
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    bool first = other->fin_frame == 0 && other->rst_frame == 0 &&
                 (closer->fin_frame == packet->frame || closer->fin_frame == 0) &&
                 (closer->rst_frame == packet->frame || closer->rst_frame == 0);

    if (flow->handshake.completed_frame != 0)
        return first && flow->attempt.outcome == OUTCOME_COMPLETED && flow->by_server.new_bytes == 0 &&
               follow_end_of_silent(engine, record, packet);
    if (!(packet->flags & TCP_RST) || !first || flow->handshake.syn_frame == 0)
        return false;
    if (!packet->from_client)
        return refuses(flow, packet) && decide(engine, record, OUTCOME_REFUSED, packet);
    if (flow->handshake.syn_ack_frame == 0)
        return false;
    bool acknowledges = (packet->flags & TCP_ACK) && packet->acknowledgment == flow->by_server.next_sequence;
    return decide(engine, record, acknowledges ? OUTCOME_COMPLETED : OUTCOME_ABANDONED, packet);
}

/* An ACK of a connection that the server still has for these ports (RFC 9293, 3.10.7.4). */
static void
note_challenge(struct flow_record *record, const struct packet *packet)
{
    struct flow *flow = &record->flow;
    struct handshake *handshake = &flow->handshake;
    if (handshake->syn_frame == 0 || handshake->syn_ack_frame != 0 || packet->payload.length > 0 ||
        (packet->flags & (TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK ||
        packet->acknowledgment == flow->client_first_sequence || flow->by_client.new_bytes > 0 ||
        record->challenged_syns == handshake->syn_count)
        return;
    record->challenged_syns = handshake->syn_count;
    if (handshake->challenge_acks++ == 0) {
        handshake->challenge_frame = packet->frame;
        handshake->challenge_time = packet->time;
    }
}

/* Both sides have sent data: whatever their numbers say (those of simulations are often all 0), the attempt was completed. */
static bool
follow_data(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    struct flow *flow = &record->flow;
    if (!packet->from_client && packet->new_bytes > 0)
        return decide(engine, record, OUTCOME_WORKS, packet);
    if (packet->from_client && flow->by_client.new_bytes == packet->new_bytes)
        flow->attempt.data_unseen = packet->payload.captured == 0;
    const struct pending *pending = &flow->by_client.pending;
    if (packet->from_client && packet->retransmission && pending->last_frame == packet->frame &&
        pending->retransmissions == RETRANSMISSIONS_OF_LOST_DATA && flow->by_server.new_bytes == 0)
        wait_until(engine, record, packet, packet->time + longer(packet->time - pending->time));
    return false;
}

/* A flow that belongs to another one's attempt: its SYN, which comes back to the client, the SYN-ACK for that, or the RST of a client
 * that has never asked this server. */
static void
follow_stray(struct engine *engine, const struct flow_record *record, const struct packet *packet)
{
    const struct handshake *handshake = &record->flow.handshake;
    if (address_equal(&record->flow.client.address, &record->flow.server.address)) {
        if (handshake->syn_frame == packet->frame) {
            engine->attempts->elsewhere.flow = record->original;
            engine->attempts->elsewhere.who = packet->destination;
        }
        return;
    }
    if (handshake->syn_ack_frame == 0 || handshake->completed_frame != 0)
        return;
    if (handshake->syn_ack_frame == packet->frame) {
        engine->attempts->elsewhere.flow = record->original;
        engine->attempts->elsewhere.who = packet->source;
    } else if (packet->from_client && (packet->flags & (TCP_RST | TCP_ACK)) == TCP_RST &&
               packet->sequence == record->flow.by_server.acknowledgment) {
        engine->attempts->elsewhere.flow = record->original;
        engine->attempts->elsewhere.who = (struct endpoint){0};
    }
}

static bool
is_unreachable(const struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;
    const struct icmp_error *error = packet->icmp;
    bool attempt = flow->protocol == PROTOCOL_UDP || (flow->handshake.syn_frame != 0 && flow->by_client.new_bytes == 0);
    return (error->ipv6 ? error->type == UNREACHABLE6
                        : error->type == UNREACHABLE4 && error->code != FRAGMENTATION_NEEDED) &&
           packet->from_client && attempt && flow->by_server.packets == 0 && address_is_unicast(&flow->server.address);
}

bool
attempts_follow(struct engine *engine, struct flow_record *record, const struct packet *packet)
{
    const struct flow *flow = &record->flow;

    if (packet->icmp != NULL)
        return is_unreachable(record, packet) && decide(engine, record, OUTCOME_UNREACHABLE, packet);
    if (record->original != 0)
        follow_stray(engine, record, packet);
    if (flow->attempt.outcome == OUTCOME_WORKS)
        return false;
    if (packet->flags & TCP_SYN)
        return packet->from_client ? follow_syn(engine, record, packet) : follow_syn_ack(engine, record, packet);
    if (packet->flags & (TCP_FIN | TCP_RST) && follow_end(engine, record, packet))
        return true;
    if (!packet->from_client && flow->handshake.completed_frame == 0)
        note_challenge(record, packet);
    if (flow->handshake.completed_frame == packet->frame)
        return decide(engine, record, OUTCOME_COMPLETED, packet);
    return packet->payload.length > 0 && follow_data(engine, record, packet);
}
