/* Who sent a packet (api/sender.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "engine/context.h"

/* An answer in less than a quarter of the time that the host needs, and this much sooner, is not the host's. */
enum { SOONER = 4 };
static const int64_t SOONER_BY = NANOSECONDS_PER_SECOND / 5000;

/* Whether the RST shows by its numbers that it answers the newest packet of the other side, sent once (RFC 9293, 3.10.7): it has
 * received what was never acknowledged before, or takes its number from the one segment that waits. */
static bool
answers_newest(const struct side *sender, const struct side *other, const struct packet *packet)
{
    const struct pending *pending = &other->pending;
    if (other->packets == 0 || packet->time < other->last_time || pending->retransmissions > 0)
        return false;
    if (!(packet->flags & TCP_ACK))
        return pending->frame != 0 && pending->frame == other->last_frame && packet->sequence == other->acknowledgment;
    return packet->acknowledgment == other->next_sequence &&
           (!sender->acknowledgment_known || sequence_difference(packet->acknowledgment, sender->acknowledgment) > 0);
}

/* The time in which the side answered in the handshake of this flow, or in another one of its host. */
static int64_t
usual_delay(const struct flow_record *record, bool of_client)
{
    const struct host *host = of_client ? record->client_host : record->server_host;
    const struct handshake *handshake = &record->flow.handshake;
    if (!of_client && handshake->syn_count == 1 && handshake->syn_ack_count == 1)
        return handshake->syn_ack_time - handshake->syn_time;
    return host->answer_time;
}

static void
compare_ttl(struct sender *sender, uint8_t data_ttl)
{
    int hops = sender_hops(sender->usual_ttl) - sender_hops(sender->ttl);

    if (sender->usual_ttl == 0)
        return;
    sender->hops = abs(hops);
    if (hops == 0 || sender->ttl == data_ttl || sender->ttl == sender->usual_ttl)
        sender->place = SENDER_HOST;
    else
        sender->place = hops > 0 ? SENDER_NEARER : SENDER_FURTHER;
}

void
packet_sender(struct context *context, const struct flow *flow, const struct packet *packet, struct sender *sender)
{
    const struct flow_record *record = context->record;
    const struct side *side = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    const struct host *host = packet->from_client ? record->client_host : record->server_host;

    *sender = (struct sender){.ttl = packet->ttl, .usual_ttl = side->ttl != 0 ? side->ttl : host->ttl};
    compare_ttl(sender, side->data_ttl);
    if (answers_newest(side, other, packet)) {
        sender->delay = packet->time - other->last_time;
        sender->usual_delay = usual_delay(record, packet->from_client);
        sender->too_soon =
            sender->delay < sender->usual_delay / SOONER && sender->usual_delay - sender->delay >= SOONER_BY;
    }
    if (sender->too_soon)
        sender->place = SENDER_NEARER;
}

/* -- In words ---------------------------------------------------------------------------------- */

enum { WORDS = 256, SOON = 128 };

static double
milliseconds(int64_t time)
{
    return (double)time / (double)MILLISECONDS(1);
}

void
report_sender(struct finding *finding, const struct sender *sender, const struct ip_address *named)
{
    char address[ADDRESS_TEXT_SIZE], english[WORDS], chinese[WORDS], soon[SOON] = "", soon_chinese[SOON] = "";

    if (sender->place == SENDER_UNKNOWN)
        return;
    address_format(named, address);
    if (sender->too_soon) {
        snprintf(soon, sizeof soon, ", after %.2f ms where %s needs %.2f ms", milliseconds(sender->delay), address,
                 milliseconds(sender->usual_delay));
        snprintf(soon_chinese, sizeof soon_chinese, "，%.2f 毫秒后即到达，而 %s 需要 %.2f 毫秒",
                 milliseconds(sender->delay), address, milliseconds(sender->usual_delay));
    }
    if (sender->place == SENDER_HOST) {
        snprintf(english, sizeof english,
                 "TTL %u, as far away as the other packets of %s: it, or a device in its place, sent it", sender->ttl,
                 address);
        snprintf(chinese, sizeof chinese, "TTL 为 %u，与 %s 的其他报文距离相同：由它自己或代替它的设备发出",
                 sender->ttl, address);
    } else if (sender->hops == 0 || sender->usual_ttl == 0) {
        snprintf(english, sizeof english, "TTL %u%s: a device on the way sent it", sender->ttl, soon);
        snprintf(chinese, sizeof chinese, "TTL 为 %u%s：由途中的设备发出", sender->ttl, soon_chinese);
    } else if (sender->place == SENDER_NEARER) {
        snprintf(english, sizeof english,
                 "TTL %u, its other packets %u: %d hop%s nearer than %s%s: a device on the way sent it", sender->ttl,
                 sender->usual_ttl, sender->hops, sender->hops == 1 ? "" : "s", address, soon);
        snprintf(chinese, sizeof chinese, "TTL 为 %u，其他报文为 %u：比 %s 近 %d 跳%s，由途中的设备发出", sender->ttl,
                 sender->usual_ttl, address, sender->hops, soon_chinese);
    } else {
        snprintf(english, sizeof english,
                 "TTL %u, its other packets %u: %d hop%s further away than %s: another host sent it", sender->ttl,
                 sender->usual_ttl, sender->hops, sender->hops == 1 ? "" : "s", address);
        snprintf(chinese, sizeof chinese, "TTL 为 %u，其他报文为 %u：比 %s 远 %d 跳，由别的主机发出", sender->ttl,
                 sender->usual_ttl, address, sender->hops);
    }
    report_localized(finding, FACT_reset_sender, english, chinese);
}
