/* What a RST answers, and whether its sender stands by it (api/reset.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/reset.h"

/* Packets of one sender overtake each other by less than this, and no more than so many. */
static const int64_t reordering_time = MILLISECONDS(10);
enum { OVERTAKEN_MAX = 2 };

void
reset_take(struct reset *reset, const struct flow *flow, const struct packet *packet, bool for_syn)
{
    *reset = (struct reset){.frame = packet->frame,
                            .time = packet->time,
                            .sequence = packet->sequence,
                            .acknowledgment = packet->acknowledgment,
                            .other_next = flow_receiver(flow, packet)->next_sequence,
                            .ttl = packet->ttl,
                            .acknowledges = (packet->flags & TCP_ACK) != 0,
                            .timestamp = packet->has_timestamp,
                            .for_syn = for_syn};
}

bool
reset_answers_stale(const struct flow *flow, const struct packet *packet)
{
    const struct side *resetter = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    int64_t round_trip = flow->round_trip > other->round_trip ? flow->round_trip : other->round_trip;

    return other->repeated_frame != 0 && !(packet->flags & TCP_ACK) &&
           packet->sequence == other->repeated_acknowledgment && resetter->acknowledgment_known &&
           sequence_difference(other->repeated_end, resetter->acknowledgment) <= 0 && round_trip > 0 &&
           packet->time - other->repeated_time <= round_trip + reordering_time;
}

static bool
is_near(int32_t away)
{
    return away > -RESET_NEAR && away < RESET_NEAR;
}

/* Whether the packet can't have been sent before a RST of the same host, and only been overtaken by it. A RST with ACK
 * says how far its sender had sent and received. One without answers a segment that its sender did not accept. */
static bool
contradicts(const struct reset *reset, const struct packet *packet, bool in_use)
{
    uint32_t end = packet->sequence + packet->payload.length + ((packet->flags & TCP_FIN) ? 1 : 0);
    bool late = packet->time - reset->time >= reordering_time || reset->advances > OVERTAKEN_MAX;
    bool beyond = sequence_difference(end, reset->sequence) > 0;

    if (reset->acknowledges && is_near(sequence_difference(reset->acknowledgment, reset->other_next)))
        return (beyond && (late || !packet->retransmission)) ||
               sequence_difference(packet->acknowledgment, reset->acknowledgment) > 0;
    return sequence_difference(packet->acknowledgment, reset->other_next) >= 0 && (beyond || (late && in_use));
}

/* A repeated SYN may be accepted though the first was not: the service has started meanwhile. */
static bool
accepts_syn(const struct flow *flow, const struct packet *packet)
{
    return (packet->flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK) && flow->handshake.syn_count == 1;
}

enum reset_denial
reset_denied(struct reset *reset, const struct flow *flow, const struct packet *packet, bool in_use)
{
    int32_t later = sequence_difference(packet->acknowledgment, reset->other_next);

    if (reset->for_syn)
        return accepts_syn(flow, packet) ? RESET_ACCEPTS_SYN : RESET_STANDS;
    if ((packet->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK ||
        !is_near(sequence_difference(packet->sequence, reset->sequence)))
        return RESET_STANDS;
    reset->advances += packet->new_bytes > 0;
    if (later > 0 && sequence_difference(packet->acknowledgment, flow_receiver(flow, packet)->next_sequence) <= 0)
        return RESET_IS_UNKNOWN;
    return contradicts(reset, packet, in_use) ? RESET_GOES_ON : RESET_STANDS;
}
