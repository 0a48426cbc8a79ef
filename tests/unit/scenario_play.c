/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"
#include "packet_bytes.h"
#include "scenario.h"

/* A packet on its way into the engine. */
struct shown {
    int64_t time;
    GByteArray *bytes; /* from the outer IP header on, owned */
    uint32_t captured;
};

static struct shown
of_frame(const struct scenario_frame *frame)
{
    GByteArray *bytes = g_byte_array_append(g_byte_array_new(), frame->bytes->data, frame->bytes->len);
    return (struct shown){frame->time, bytes, frame->captured};
}

/* -- Ways to change it ------------------------------------------------------------------------ */

static void
wrap_in_vxlan(struct shown *shown, uint16_t ip_id)
{
    const struct wrapping mirror = {.kind = WRAPPING_VXLAN,
                                    .source = {.family = 4, .bytes = {10, 255, 0, 9}},
                                    .target = {.family = 4, .bytes = {10, 255, 0, 1}},
                                    .has_identifier = true,
                                    .identifier = 7};
    uint32_t length = shown->bytes->len;
    shown->bytes = wrap_bytes(&mirror, false, ip_id, shown->bytes);
    shown->captured += shown->bytes->len - length;
}

static void
cut_payload(struct shown *shown)
{
    enum { TCP_HEADER = 20, UDP_HEADER = 8 };
    const uint8_t *ip = shown->bytes->data;
    bool ipv6 = ip[0] >> 4 == 6;
    uint32_t header = ipv6 ? 40 : 4 * (ip[0] & 15);
    uint8_t protocol = ip[ipv6 ? 6 : 9];
    if (protocol == PROTOCOL_TCP && shown->bytes->len >= header + TCP_HEADER)
        header += 4 * (ip[header + 12] >> 4);
    else if (protocol == PROTOCOL_UDP)
        header += UDP_HEADER;
    else
        return;
    shown->captured = MIN(shown->captured, header);
}

static struct shown
one_hop_on(struct shown shown)
{
    uint8_t *bytes = shown.bytes->data;
    if (bytes[0] >> 4 != 0) /* ARP goes no hop on, it is captured at another port of the switch */
        bytes[bytes[0] >> 4 == 6 ? 7 : 8]--;
    shown.time += MILLISECONDS(1) / 100;
    return shown;
}

/* -- Showing ---------------------------------------------------------------------------------- */

/* Takes the packet's bytes. */
static void
show(struct player *player, struct shown shown)
{
    if (player->play.headers_only)
        cut_payload(&shown);
    if (player->play.in_vxlan)
        wrap_in_vxlan(&shown, (uint16_t)player->engine_frames);
    const struct feed feed = {.engine = player->engine,
                              .frame = ++player->engine_frames,
                              .time = shown.time + player->play.shift,
                              .engine_opens = player->play.engine_opens};
    /* A copy of the exact size: the address sanitizer sees the first byte beyond it. */
    uint8_t *bytes = g_memdup2(shown.bytes->data, shown.captured);
    feed_ip(&feed, &(struct payload){bytes, shown.captured, shown.bytes->len});
    g_free(bytes);
    g_byte_array_unref(shown.bytes);
}

/* A packet of the others' connection, with the numbers that come after so many exchanges. */
static void
show_other(struct player *player, int64_t time, bool from_client, uint8_t flags, uint32_t sequence,
           uint32_t acknowledgment)
{
    enum { SIZE = 20 };
    const struct endpoint client = {{.family = 4, .bytes = {10, 255, 1, 1}}, 33000};
    const struct endpoint server = {{.family = 4, .bytes = {10, 255, 2, 2}}, 8086};
    struct packet packet = {.protocol = PROTOCOL_TCP,
                            .source = from_client ? client : server,
                            .destination = from_client ? server : client,
                            .ttl = from_client ? 64 : 63,
                            .ip_id = (uint16_t)(2 * player->exchanges + (flags == TCP_ACK)),
                            .flags = flags,
                            .window = 502,
                            .sequence = 1000 + sequence,
                            .acknowledgment = flags & TCP_ACK ? 1000 + acknowledgment : 0};
    GByteArray *payload = g_byte_array_new();
    if (flags & TCP_PSH)
        put_fill(payload, 'x', SIZE);
    GByteArray *bytes = ip_bytes(&packet, tcp_bytes(&packet, payload));
    show(player, (struct shown){time, bytes, bytes->len});
}

/* A request, its answer, and the acknowledgment of that; the handshake at first. */
static void
show_others(struct player *player, int64_t time)
{
    enum { SIZE = 20 };
    uint32_t before = 1 + SIZE * (player->exchanges - 1), behind = before + SIZE;
    if (player->exchanges == 0) {
        show_other(player, time, true, TCP_SYN, 0, 0);
        show_other(player, time, false, TCP_SYN | TCP_ACK, 0, 1);
        show_other(player, time, true, TCP_ACK, 1, 1);
    } else {
        show_other(player, time, true, TCP_PSH | TCP_ACK, before, before);
        show_other(player, time, false, TCP_PSH | TCP_ACK, before, behind);
        show_other(player, time, true, TCP_ACK, behind, behind);
    }
    player->exchanges++;
}

struct player *
player_new(struct scenario *scenario, const struct play *play)
{
    struct player *player = g_new0(struct player, 1);
    scenario->settings.detectors_reversed = play->detectors_reversed;
    player->scenario = scenario;
    player->play = *play;
    player->engine = engine_new(&scenario->settings);
    player->number = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return player;
}

void
player_free(struct player *player)
{
    engine_free(player->engine);
    g_array_unref(player->number);
    g_free(player);
}

/* ARP and neighbour discovery wake nobody, so that what others sent after them would be news. */
static bool
tells_the_time(const struct scenario_frame *frame)
{
    const uint8_t *bytes = frame->bytes->data;
    bool ipv6 = frame->bytes->len > 40 && bytes[0] >> 4 == 6;
    return frame->bytes->len == 0 || (bytes[0] >> 4 != 0 && !(ipv6 && bytes[6] == PROTOCOL_ICMPV6 && bytes[40] >= 128));
}

bool
player_next(struct player *player)
{
    if (player->frames == player->scenario->frames->len)
        return false;
    const struct scenario_frame *frame = g_ptr_array_index(player->scenario->frames, player->frames++);
    /* The mirror session has shown both directions before. */
    if (player->play.in_vxlan && player->frames == 1)
        show_others(player, frame->time);

    show(player, of_frame(frame));
    g_array_append_val(player->number, player->engine_frames);
    if (player->play.twice)
        show(player, one_hop_on(of_frame(frame)));
    if (player->play.beside_others && tells_the_time(frame))
        show_others(player, frame->time);
    return true;
}

uint32_t
player_number(const struct player *player, uint32_t frame)
{
    return g_array_index(player->number, uint32_t, frame - 1);
}
