/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/tcp.h"

#include <glib.h>

#include "engine/ending.h"

/* How long a copy that was overtaken by the acknowledgment of it may still arrive: two queues of a
 * mirror differ by milliseconds, so this is generous. */
enum { HOLE_PACKETS = 5 };
static const int64_t hole_time = MILLISECONDS(200);

/* Packets that overtake each other on parallel links or queues of a network card are milliseconds apart. */
static const int64_t reordering_time = MILLISECONDS(3);
/* No retransmission timer is this short (RFC 6298, 2.4; Linux waits 200 ms, and 2 ms for a tail loss probe). */
static const int64_t twice_at_once = MILLISECONDS(1);
/* Round trips to a neighbour, or from the receiver's own capture, differ by more than they take. */
static const int64_t near = MILLISECONDS(1);
/* Further apart, IP IDs do not count the packets of one sender. */
enum { NEAR_IDS = 1024 };
/* No window is larger: a box on the way counts anew, and the capture has both sides of it. */
enum { FAR = 1 << 26 };
/* The next retransmission is due after this time at least, its answer in this time at most, and after less than this in all a
 * path that is slow may still answer. */
static const int64_t due_least = SECONDS(1), answer_least = MILLISECONDS(200), silence_least = SECONDS(3);
/* With less in flight the receiver may wait with its acknowledgment (RFC 9293, 3.8.6.3). */
enum { BULK = 4096 };
/* No path has a maximum segment size of less, but for the oldest. */
enum { SMALL = 1000 };
/* After this time and more a sender probes for a lost tail with new data, however small (RFC 8985, 7.2). */
static const int64_t tail_probe = MILLISECONDS(190);

static int64_t
time_since(int64_t then, int64_t now)
{
    return now > then ? now - then : 0;
}

/* Idle counts from the last payload byte. Before there was any, from the end of the handshake, or from
 * the first packet that was captured: then the true idle time is this or longer. */
static void
measure_idle(const struct flow *flow, struct packet *packet)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    int64_t base = flow->handshake.completed_frame != 0 ? flow->handshake.completed_time : flow->first_time;
    if (client->last_payload_frame != 0 && client->last_payload_time > base)
        base = client->last_payload_time;
    if (server->last_payload_frame != 0 && server->last_payload_time > base)
        base = server->last_payload_time;
    packet->idle = time_since(base, packet->time);
    packet->quiet = time_since(flow->last_time, packet->time);
}

/* A round trip of what was sent once (Karn's rule). Delayed acknowledgments make some longer, nothing makes one shorter. */
static void
note_round_trip(struct side *side, int64_t then, int64_t now)
{
    int64_t round_trip = time_since(then, now);
    if (round_trip > 0 && (side->shortest_round_trip == 0 || round_trip < side->shortest_round_trip))
        side->shortest_round_trip = round_trip;
}

static void
follow_syn(struct flow_record *record, const struct packet *packet)
{
    struct handshake *handshake = &record->flow.handshake;

    if (packet->flags & TCP_ACK) {
        handshake->syn_ack_count++;
        if (handshake->syn_ack_frame == 0) {
            handshake->syn_ack_frame = packet->frame;
            handshake->syn_ack_time = packet->time;
            record->server_initial_sequence = packet->sequence;
            handshake->answers_first_syn =
                record->syn_has_timestamp && packet->has_timestamp && packet->timestamp_echo == record->syn_timestamp;
            if (handshake->syn_count == 1)
                note_round_trip(&record->flow.by_client, handshake->syn_time, packet->time);
        }
        return;
    }
    handshake->syn_count++;
    handshake->syn_gap = time_gap(handshake->last_syn_time, packet->time);
    handshake->last_syn_time = packet->time;
    if (handshake->syn_count == 1) {
        handshake->syn_frame = packet->frame;
        handshake->bare = packet->bare;
        handshake->syn_time = packet->time;
        record->client_initial_sequence = packet->sequence;
        record->flow.client_first_sequence = packet->sequence + 1;
    } else if (handshake->syn_count == 2) {
        handshake->second_syn_frame = packet->frame;
    } else if (handshake->syn_count == 3) {
        handshake->third_syn_frame = packet->frame;
    }
}

/* RFC 9293, 3.5: the numbers complete a handshake, flags alone do not. */
static bool
completes_handshake(const struct flow_record *record, const struct packet *packet)
{
    const struct handshake *handshake = &record->flow.handshake;
    return handshake->completed_frame == 0 && handshake->syn_ack_frame != 0 && packet->from_client &&
           (packet->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK &&
           packet->acknowledgment == record->server_initial_sequence + 1 &&
           (handshake->syn_frame == 0 || packet->sequence == record->client_initial_sequence + 1);
}

/* Of what was sent again it is open which one was answered (Karn). */
static void
complete_handshake(struct flow *flow, const struct packet *packet)
{
    struct handshake *handshake = &flow->handshake;
    handshake->completed_frame = packet->frame;
    handshake->completed_time = packet->time;
    /* Of a repeated SYN or SYN-ACK it is open which of them was answered. */
    if (handshake->syn_count == 1 && handshake->syn_ack_count == 1)
        flow->round_trip = time_since(handshake->syn_time, packet->time);
    if (handshake->syn_ack_count == 1)
        note_round_trip(&flow->by_server, handshake->syn_ack_time, packet->time);
}

/* The other side answers although none of its packets was ever captured (a blind direction): this
 * side acknowledges what was not seen, or goes on as if it had been answered. */
static bool
proves_unseen_answer(const struct flow *flow, const struct side *sender, const struct side *receiver,
                     const struct packet *packet)
{
    if (receiver->packets > 0 || (packet->flags & (TCP_SYN | TCP_RST)) || !(packet->flags & TCP_ACK))
        return false;
    if (packet->from_client ? flow->handshake.syn_frame != 0 : flow->handshake.syn_ack_frame != 0)
        return true;
    return sender->acknowledgment_known && sequence_difference(packet->acknowledgment, sender->acknowledgment) > 0;
}

/* -- What was overtaken ----------------------------------------------------------------------- */

/* The receiver has it, or never will. */
static void
drop_acknowledged(struct missing *missing, const struct side *receiver)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < missing->count; i++)
        if (!receiver->acknowledgment_known || sequence_difference(missing->range[i].to, receiver->acknowledgment) > 0)
            missing->range[kept++] = missing->range[i];
    missing->count = kept;
}

/* The packet came before the bytes from the sender's next one up to its own. */
static void
note_missing(struct flow_record *record, const struct side *sender, const struct packet *packet)
{
    struct missing **place = packet->from_client ? &record->client_missing : &record->server_missing;
    if (packet->sequence - sender->next_sequence > FAR)
        return;
    if (*place == NULL)
        *place = g_new0(struct missing, 1);
    struct missing *missing = *place;
    if (missing->count == MISSING_MAX)
        drop_acknowledged(missing, packet->from_client ? &record->flow.by_server : &record->flow.by_client);
    if (missing->count == MISSING_MAX) {
        /* What is sent again now lies in holes, most likely. */
        missing->range[MISSING_MAX - 1].to = packet->sequence;
        return;
    }
    missing->range[missing->count++] = (struct missing_range){
        .from = sender->next_sequence,
        .to = packet->sequence,
        .time = packet->time,
        .timestamp = packet->timestamp,
        .ip_id = packet->ip_id,
        .has_timestamp = packet->has_timestamp,
        .has_ip_id = packet->has_ip_id && packet->ip_id != 0,
    };
}

/* Whether the packet left its sender before the one that came before it. Timestamps and IP IDs tell; without
 * them the time does, as a retransmission takes a round trip. */
static bool
was_overtaken(const struct missing_range *range, const struct packet *packet, int64_t round_trip)
{
    if (range->has_timestamp && packet->has_timestamp && range->timestamp != packet->timestamp)
        return sequence_difference(packet->timestamp, range->timestamp) < 0;
    int16_t later = (int16_t)(packet->ip_id - range->ip_id);
    if (range->has_ip_id && packet->has_ip_id && packet->ip_id != 0 && later != 0 && later > -NEAR_IDS &&
        later < NEAR_IDS)
        return later < 0;
    int64_t limit = round_trip / 2 > reordering_time ? round_trip / 2 : reordering_time;
    return time_since(range->time, packet->time) < limit;
}

/* Take the packet's bytes out of the range: false if nothing of it is left. */
static bool
shrink_range(struct missing_range *range, uint32_t from, uint32_t to)
{
    if (sequence_difference(from, range->from) <= 0)
        range->from = to;
    else if (sequence_difference(to, range->to) >= 0)
        range->to = from;
    return sequence_difference(range->to, range->from) > 0;
}

static void
fill_missing(struct missing *missing, struct packet *packet, int64_t round_trip)
{
    uint32_t from = packet->sequence, to = from + packet->payload.length;
    for (unsigned i = 0; missing != NULL && i < missing->count; i++) {
        struct missing_range *range = &missing->range[i];
        if (sequence_difference(to, range->from) <= 0 || sequence_difference(range->to, from) <= 0)
            continue;
        if (!packet->fills_hole) {
            packet->fills_hole = true;
            packet->hole_age = time_since(range->time, packet->time);
            packet->overtaken = was_overtaken(range, packet, round_trip);
        }
        if (!shrink_range(range, from, to))
            *range = missing->range[--missing->count], i--;
    }
    packet->retransmission = !packet->overtaken;
}

/* Whether a box on the way, or the sender's own, sends each packet twice: sooner than any timer repeats it, and without an
 * acknowledgment that could have asked for it. */
static bool
is_sent_twice(const struct side *sender, const struct packet *packet)
{
    const struct pending *pending = &sender->pending;
    return pending->frame != 0 && !pending->answered && time_since(pending->time, packet->time) < twice_at_once &&
           sequence_difference(packet->sequence, pending->sequence) >= 0;
}

/* Sequence numbers of the sender: what of this packet is new, what was sent before. */
static void
follow_sequence(struct flow_record *record, struct side *sender, struct packet *packet)
{
    uint32_t length = packet->payload.length;
    uint32_t control = ((packet->flags & TCP_SYN) ? 1 : 0) + ((packet->flags & TCP_FIN) ? 1 : 0);
    uint32_t end = packet->sequence + length + control;

    if (!sender->sequence_known) {
        sender->sequence_known = true;
        sender->next_sequence = end;
        packet->new_bytes = length;
        return;
    }
    int32_t ahead = sequence_difference(end, sender->next_sequence);
    packet->keepalive_probe = control == 0 && length <= 1 && sender->fin_frame == 0 &&
                              packet->sequence == sender->next_sequence - 1 && ahead <= 0 &&
                              (length == 0 || sender->pending.frame == 0 || sender->pending.probe);
    if (ahead > 0) {
        if ((uint32_t)ahead > length + control)
            note_missing(record, sender, packet);
        uint32_t new_length = (uint32_t)ahead - ((packet->flags & TCP_FIN) ? 1 : 0);
        packet->new_bytes = new_length < length ? new_length : length;
        sender->next_sequence = end;
    } else {
        packet->retransmission = !packet->keepalive_probe && length + control > 0;
        if (packet->retransmission && length > 0)
            fill_missing(packet->from_client ? record->client_missing : record->server_missing, packet,
                         record->flow.round_trip);
        if (packet->retransmission && !packet->fills_hole && control == 0 && is_sent_twice(sender, packet))
            packet->retransmission = false;
    }
}

/* -- Where packets come from ------------------------------------------------------------------ */

static void
make_offer(struct offer *offer, struct side *sender, const struct packet *packet)
{
    uint32_t control = ((packet->flags & TCP_SYN) ? 1 : 0) + ((packet->flags & TCP_FIN) ? 1 : 0);
    uint32_t end = packet->sequence + packet->payload.length + control;

    if (sender->ttl == 0)
        sender->ttl = packet->ttl;
    if (!offer->taken && end != packet->sequence && (!offer->made || sequence_difference(end, offer->end) < 0))
        *offer = (struct offer){.end = end, .ttl = packet->ttl, .made = true};
}

static void
take_offer(struct offer *offer, struct side *receiver, struct host *host, const struct packet *packet)
{
    if (!offer->made || offer->taken || !(packet->flags & TCP_ACK) ||
        sequence_difference(packet->acknowledgment, offer->end) < 0)
        return;
    offer->taken = true;
    receiver->ttl = host->ttl = offer->ttl;
}

static void
follow_offers(struct flow_record *record, struct side *sender, struct side *receiver, const struct packet *packet)
{
    bool from_client = packet->from_client;
    if (packet->flags & TCP_RST)
        return;
    make_offer(from_client ? &record->client_offer : &record->server_offer, sender, packet);
    take_offer(from_client ? &record->server_offer : &record->client_offer, receiver,
               from_client ? record->server_host : record->client_host, packet);
}

/* What the other side may have acknowledged before it arrives there: see reset_answers_stale(). */
static void
note_repeated(struct side *sender, const struct packet *packet)
{
    if (!packet->retransmission || packet->fills_hole || packet->payload.length == 0)
        return;
    sender->repeated_frame = packet->frame;
    sender->repeated_time = packet->time;
    sender->repeated_acknowledgment = packet->acknowledgment;
    sender->repeated_end = packet->sequence + packet->payload.length;
}

/* -- Round trips ------------------------------------------------------------------------------ */

/* Karn's rule: of what was sent again it is open which one was acknowledged. And behind a loss all
 * acknowledgments wait. */
static void
start_timing(struct timed_packet *timed, const struct side *sender, const struct side *receiver,
             const struct packet *packet)
{
    if (packet->retransmission && timed->from_client == packet->from_client)
        timed->time = 0;
    if (!packet->sampled || timed->time != 0 || packet->retransmission)
        return;
    bool echo = packet->payload.length == 0 && packet->has_timestamp && (packet->flags & ~TCP_PSH) == TCP_ACK;
    bool bulk = packet->new_bytes > 0 && receiver->acknowledgment_known &&
                sequence_difference(sender->next_sequence, receiver->acknowledgment) >= BULK;
    if (echo || bulk)
        *timed = (struct timed_packet){.time = packet->time,
                                       .from_client = packet->from_client,
                                       .echo = echo,
                                       .awaited = echo ? packet->timestamp : sender->next_sequence,
                                       .next = receiver->next_sequence};
}

/* Data that follows a pause was not sent because of the acknowledgment that is timed. */
static bool
follows_at_once(const struct timed_packet *timed, const struct side *sender, const struct packet *packet)
{
    return sequence_difference(sender->next_sequence, timed->next) >= BULK &&
           packet->quiet <= time_since(timed->time, packet->time) / 2;
}

static void
end_timing(struct timed_packet *timed, struct side *timed_side, const struct side *sender, const struct packet *packet)
{
    bool reacts = timed->echo ? packet->has_timestamp && packet->payload.length > 0 &&
                                    sequence_difference(packet->timestamp_echo, timed->awaited) >= 0
                              : (packet->flags & TCP_ACK) != 0 &&
                                    sequence_difference(packet->acknowledgment, timed->awaited) >= 0;
    if (!reacts)
        return;
    if (!timed->echo || follows_at_once(timed, sender, packet)) {
        timed_side->round_trip = time_since(timed->time, packet->time);
        if (!timed->echo)
            note_round_trip(timed_side, timed->time, packet->time);
        timed_side->round_trip_time = packet->time;
    }
    timed->time = 0;
}

/* A sender doubles its timeout: the next retransmission follows after twice the last gap, its answer within a round trip. */
static int64_t
due_after(const struct pending *pending, int64_t now, int64_t round_trip)
{
    int64_t gap = 2 * time_gap(pending->last_time, now);
    int64_t due = now + MAX(gap, due_least) + MAX(2 * time_gap(0, round_trip), answer_least);
    return MAX(due, pending->time + silence_least);
}

/* Nothing is pending when this small segment leaves, and the last packet of the connection was a bare ACK: what it acknowledges had
 * waited so long. 0 if it is otherwise. */
static int64_t
time_to_release(const struct side *sender, const struct side *receiver, const struct packet *packet)
{
    const struct pending *before = &sender->pending;
    bool bare = receiver->last_payload_time < before->time && packet->time - packet->quiet == before->time;
    if (!bare || packet->payload.length >= SMALL || before->probe || before->retransmissions > 0)
        return 0;
    return time_since(before->last_time, before->time);
}

/* Nagle's algorithm holds a small segment back until the one before it is acknowledged (RFC 9293, 3.7.4), but for the last one. */
static bool
is_sent_at_once(const struct pending *pending, const struct packet *packet)
{
    return packet->new_bytes > 0 && packet->payload.length < SMALL && pending->largest < SMALL && !pending->probe &&
           !(packet->flags & TCP_FIN) && time_since(pending->last_time, packet->time) < tail_probe;
}

/* What the sender has sent and the other side has not acknowledged. */
static void
follow_pending(struct side *sender, const struct side *receiver, struct packet *packet, int64_t round_trip)
{
    struct pending *pending = &sender->pending;

    if (packet->new_bytes > 0 || packet->keepalive_probe) {
        if (pending->frame == 0 || (pending->probe && packet->new_bytes > 0)) {
            uint32_t first = packet->sequence + packet->payload.length - packet->new_bytes;
            packet->released = pending->frame == 0 ? time_to_release(sender, receiver, packet) : 0;
            *pending = (struct pending){.frame = packet->frame,
                                        .time = packet->time,
                                        .idle = packet->idle,
                                        .quiet = packet->quiet,
                                        .sequence = first,
                                        .acknowledgment = packet->acknowledgment,
                                        .probe = packet->new_bytes == 0,
                                        .closed = receiver->closed_window};
        } else if (pending->probe) {
            pending->retransmissions++;
        } else if (is_sent_at_once(pending, packet)) {
            sender->sends_at_once = true;
        }
        if (packet->payload.length > pending->largest)
            pending->largest = packet->payload.length;
    } else if (pending->frame != 0 && packet->retransmission && packet->payload.length > 0 &&
               sequence_difference(packet->sequence, pending->sequence) <= 0 &&
               sequence_difference(packet->sequence + packet->payload.length, pending->sequence) > 0) {
        pending->retransmissions++;
        pending->repeated_time = packet->time;
        pending->unseen |= packet->fills_hole;
        if (pending->retransmissions == 3) {
            pending->third_frame = packet->frame;
            pending->due = due_after(pending, packet->time, round_trip);
        }
    } else {
        return;
    }
    pending->last_frame = packet->frame;
    pending->last_time = packet->time;
}

/* The first byte that waits is acknowledged now. What comes back sooner after a retransmission than half of a round trip
 * answers one that was sent before (RFC 3522, 1): round trips differ, and the first one is often the longest. Where it comes back a
 * round trip after the first, none was needed. */
static void
time_answer(struct side *side, int64_t now)
{
    const struct pending *pending = &side->pending;
    int64_t shortest = side->shortest_round_trip;
    if (pending->retransmissions == 0) {
        note_round_trip(side, pending->time, now);
    } else if (shortest >= near && !pending->unseen && time_since(pending->repeated_time, now) < shortest / 2) {
        bool first = time_since(pending->time, now) < shortest + shortest / 2;
        side->spurious += first ? pending->retransmissions : 1;
    }
}

static void
note_passed(struct side *side, uint32_t acknowledged)
{
    uint32_t passed = acknowledged < side->pending.largest ? acknowledged : side->pending.largest;
    if (passed > side->largest_passed)
        side->largest_passed = passed;
}

/* What this packet says about the other side's unacknowledged data. Returns the idle time that the
 * connection has survived thereby, 0 if none. A RST is no answer: detectors look at it first. */
static int64_t
follow_answer(struct side *receiver, struct packet *packet)
{
    struct pending *pending = &receiver->pending;
    int64_t survived = 0;

    if (pending->frame == 0 || (packet->flags & TCP_RST))
        return 0;
    pending->answered = true;
    pending->closed |= packet->window == 0;
    if (!(packet->flags & TCP_ACK))
        return 0;
    if (!pending->probe && sequence_difference(packet->acknowledgment, pending->sequence) > 0)
        time_answer(receiver, packet->time);
    if (pending->probe || sequence_difference(packet->acknowledgment, receiver->next_sequence) >= 0) {
        survived = pending->probe ? 0 : pending->idle;
        packet->revives = pending->third_frame != 0;
        note_passed(receiver, pending->largest);
        pending->frame = 0;
        pending->time = packet->time;
    } else if (sequence_difference(packet->acknowledgment, pending->sequence) > 0) {
        /* The rest waits as well, but no longer for a connection that had rested. */
        survived = pending->idle;
        packet->revives = pending->third_frame != 0;
        note_passed(receiver, packet->acknowledgment - pending->sequence);
        pending->idle = pending->quiet = 0;
        pending->sequence = packet->acknowledgment;
        pending->retransmissions = 0;
        pending->third_frame = 0;
        pending->due = 0;
        pending->unseen = false;
    }
    return survived;
}

/* A jump in the sender's sequence numbers, or a packet that fills one. */
static void
follow_hole_data(struct hole *hole, const struct side *sender, const struct packet *packet)
{
    if (!sender->sequence_known || packet->payload.length == 0)
        return;
    uint32_t end = packet->sequence + packet->payload.length;
    if (hole->from == hole->to) {
        if (sequence_difference(packet->sequence, sender->next_sequence) > 0)
            *hole = (struct hole){.from = sender->next_sequence, .to = packet->sequence};
    } else if (sequence_difference(packet->sequence, hole->from) <= 0 && sequence_difference(end, hole->from) > 0) {
        hole->from = sequence_difference(end, hole->to) < 0 ? end : hole->to;
    }
}

/* An acknowledgment of the receiver's bytes that were not captured. At the beginning of a capture
 * those may be from before it. */
static void
follow_hole_acknowledgment(struct hole *hole, const struct side *sender, struct side *receiver,
                           const struct packet *packet)
{
    if (!receiver->sequence_known || !(packet->flags & TCP_ACK) || (packet->flags & (TCP_RST | TCP_SYN)))
        return;
    if (sequence_difference(packet->acknowledgment, receiver->next_sequence) > 0) {
        if (!sender->acknowledgment_known)
            receiver->next_sequence = packet->acknowledgment;
        else if (hole->from == hole->to)
            *hole = (struct hole){.from = receiver->next_sequence, .to = packet->acknowledgment};
    }
    if (hole->from != hole->to && hole->frame == 0 && sequence_difference(packet->acknowledgment, hole->to) >= 0) {
        hole->frame = packet->frame;
        hole->time = packet->time;
    }
}

static bool
hole_stays(struct hole *hole, const struct flow_record *record, const struct packet *packet)
{
    if (hole->from == hole->to || hole->frame == 0 || hole->frame == packet->frame)
        return false;
    hole->packets_after++;
    bool closed =
        (packet->flags & TCP_RST) || (record->flow.by_client.fin_frame != 0 && record->flow.by_server.fin_frame != 0);
    return closed || hole->packets_after >= HOLE_PACKETS || time_since(hole->time, packet->time) >= hole_time;
}

static bool
follow_holes(struct flow_record *record, const struct packet *packet)
{
    struct hole *holes[] = {&record->client_hole, &record->server_hole};
    bool stays = false;

    for (unsigned i = 0; i < 2; i++) {
        if (!hole_stays(holes[i], record, packet))
            continue;
        record->flow.gap_frame = holes[i]->frame;
        *holes[i] = (struct hole){0};
        stays = true;
    }
    return stays;
}

static void
follow_end(struct side *sender, const struct packet *packet)
{
    if ((packet->flags & TCP_FIN) && sender->fin_frame == 0) {
        sender->fin_frame = packet->frame;
        sender->fin_time = packet->time;
        sender->fin_sequence = packet->sequence + packet->payload.length;
        sender->fin_idle = packet->idle;
        sender->fin_acknowledgment = packet->acknowledgment;
    }
    if ((packet->flags & TCP_RST) && sender->rst_frame == 0) {
        sender->rst_frame = packet->frame;
        sender->rst_time = packet->time;
    }
}

static void
note_acknowledgment(struct side *sender, const struct packet *packet)
{
    if (!(packet->flags & TCP_ACK) || (packet->flags & TCP_RST))
        return;
    if (!sender->acknowledgment_known || sequence_difference(packet->acknowledgment, sender->acknowledgment) > 0)
        sender->acknowledgment = packet->acknowledgment;
    sender->acknowledgment_known = true;
    sender->closed_window = packet->window == 0;
}

struct tcp_events
tcp_follow(struct flow_record *record, struct packet *packet)
{
    struct flow *flow = &record->flow;
    struct side *sender = packet->from_client ? &flow->by_client : &flow->by_server;
    struct side *receiver = packet->from_client ? &flow->by_server : &flow->by_client;
    struct hole *sender_hole = packet->from_client ? &record->client_hole : &record->server_hole;
    struct hole *receiver_hole = packet->from_client ? &record->server_hole : &record->client_hole;
    struct tcp_events events = {0};

    measure_idle(flow, packet);
    if (packet->flags & TCP_SYN)
        follow_syn(record, packet);
    if (packet->flags & TCP_RST)
        ending_take_reset(flow, packet);
    events.completed = completes_handshake(record, packet);
    if (events.completed)
        complete_handshake(flow, packet);
    events.answered_unseen = proves_unseen_answer(flow, sender, receiver, packet);

    if (!(packet->flags & TCP_RST)) {
        follow_hole_data(sender_hole, sender, packet);
        follow_hole_acknowledgment(receiver_hole, sender, receiver, packet);
        follow_sequence(record, sender, packet);
        note_repeated(sender, packet);
    }
    events.survived_idle = follow_answer(receiver, packet);
    follow_pending(sender, receiver, packet, flow->round_trip);
    follow_offers(record, sender, receiver, packet);
    note_acknowledgment(sender, packet);
    if (packet->sampled | packet->retransmission | packet->reports_duplicate) {
        sender->received_twice += packet->reports_duplicate;
        start_timing(&record->timed, sender, receiver, packet);
    }
    if (record->timed.time != 0 && record->timed.from_client != packet->from_client)
        end_timing(&record->timed, receiver, sender, packet);
    follow_end(sender, packet);
    events.gap = follow_holes(record, packet);

    sender->new_bytes += packet->new_bytes;
    if (packet->payload.length > 0 && !packet->keepalive_probe && !(packet->flags & TCP_RST)) {
        sender->data_ttl = packet->ttl;
        sender->last_payload_frame = packet->frame;
        sender->last_payload_time = packet->time;
    }
    return events;
}
