/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/losses.h"

/* A capture made before the network card splits or after it joins segments shows fewer packets than the wire. */
enum { SEGMENT_SIZE = 1460 };

/* Further back than any window: a box on the way changes the numbers, and the capture has both sides of it. */
enum { FAR = 1 << 26 };

static uint32_t
take(uint32_t *from, uint32_t count)
{
    uint32_t taken = count < *from ? count : *from;
    *from -= taken;
    return taken;
}

/* The receiver had them already. */
static void
take_back(struct side *sender, struct repeated *repeated, uint32_t twice)
{
    twice -= take(&sender->lost_behind, twice);
    twice -= take(&repeated->waiting, twice);
    take(&sender->lost_before, twice);
}

/* What was sent again and then acknowledged was lost; what never is was sent into silence. */
static void
settle(struct side *sender, const struct side *receiver, struct repeated *repeated)
{
    /* Where the receiver is never seen: the sender goes on, or has new answers. */
    bool goes_on = sender->new_bytes > repeated->new_bytes || sender->acknowledgment != repeated->acknowledgment;
    bool arrived = receiver->acknowledgment_known
                       ? sequence_difference(receiver->acknowledgment, repeated->waiting_end) >= 0
                       : receiver->packets == 0 && goes_on;
    if (repeated->waiting > 0 && arrived) {
        sender->lost_behind += repeated->waiting;
        repeated->waiting = 0;
    }
    /* Two signs of the same. */
    uint32_t twice = MAX(receiver->received_twice, sender->spurious);
    if (twice > repeated->twice)
        take_back(sender, repeated, twice - repeated->twice);
    repeated->twice = twice;
}

static uint8_t
loss_of(const struct side *sender, const struct side *receiver, const struct packet *packet, uint32_t end)
{
    bool control = packet->flags & (TCP_SYN | TCP_FIN);
    /* Some systems probe a closed window with a byte of data, and what does not fit into it is dropped by the receiver. */
    if ((packet->payload.length <= 1 && !control) || sender->pending.closed ||
        sequence_difference(sender->next_sequence, end) > FAR)
        return NOT_LOST;
    if (packet->fills_hole)
        return LOST_BEFORE;
    bool had_it = receiver->acknowledgment_known && sequence_difference(receiver->acknowledgment, end) >= 0;
    return had_it ? NOT_LOST : LOST_BEHIND;
}

/* The receiver had most of what this side has sent again so far (D-SACK): the way is slow at times, and the sender impatient. */
static bool
is_impatient(const struct side *sender, const struct side *receiver, const struct packet *packet)
{
    uint64_t repeated = sender->bytes - sender->new_bytes;
    return receiver->received_twice > 0 && 2 * (uint64_t)receiver->received_twice * packet->payload.length >= repeated;
}

static void
follow_retransmission(struct side *sender, const struct side *receiver, struct repeated *repeated,
                      struct packet *packet)
{
    bool control = packet->flags & (TCP_SYN | TCP_FIN);
    uint32_t end = packet->sequence + packet->payload.length + control;
    uint32_t segments = (packet->payload.length + SEGMENT_SIZE - 1) / SEGMENT_SIZE + (packet->payload.length == 0);

    packet->loss = loss_of(sender, receiver, packet, end);
    if (packet->loss == LOST_BEFORE)
        sender->lost_before += segments;
    if (packet->loss != LOST_BEHIND)
        return;
    if (repeated->waiting == 0 || sequence_difference(end, repeated->waiting_end) > 0)
        repeated->waiting_end = end;
    repeated->waiting += segments;
    repeated->new_bytes = sender->new_bytes;
    repeated->acknowledgment = sender->acknowledgment;
    if (is_impatient(sender, receiver, packet))
        packet->loss = NOT_LOST;
}

void
losses_follow(struct flow_record *record, struct packet *packet)
{
    struct side *client = &record->flow.by_client, *server = &record->flow.by_server;

    if (!packet->retransmission && !(packet->flags & (TCP_FIN | TCP_RST)))
        return;
    /* A packet that another mirror session brought before was counted there. What an ICMP error is about was not lost: somebody
     * said why it was not forwarded. */
    if (packet->copy_of != 0 || packet->keepalive_probe || record->flow.icmp_error_frame != 0)
        return;
    if (packet->retransmission) {
        struct side *sender = packet->from_client ? client : server, *receiver = packet->from_client ? server : client;
        struct repeated *repeated = packet->from_client ? &record->client_repeated : &record->server_repeated;
        settle(sender, receiver, repeated);
        follow_retransmission(sender, receiver, repeated, packet);
        record->server_host->repeats = true;
    } else {
        settle(client, server, &record->client_repeated);
        settle(server, client, &record->server_repeated);
    }
}
