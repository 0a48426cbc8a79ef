/* From the segments of scenarios to frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

static GByteArray *
segment_bytes(const struct segment *segment)
{
    const struct packet *packet = &segment->packet;
    GByteArray *payload = g_byte_array_append(g_byte_array_new(), segment->payload->data, segment->payload->len);
    if (packet->protocol == PROTOCOL_TCP) {
        GByteArray *tcp = tcp_bytes(packet, payload);
        if (segment->checksum)
            put_tcp_checksum(tcp, packet, segment->bad_checksum ? 1 : 0);
        return ip_bytes(packet, tcp);
    }
    return ip_bytes(packet, udp_bytes(packet->source.port, packet->destination.port, payload));
}

/* Mirrors count from the link header, where they carry one. */
static void
cut_inside(const struct line *line, GByteArray *ip)
{
    enum { ETHERNET_HEADER = 14 };
    if (line->wrappings.count == 0 || line->cut == 0)
        return;
    enum wrapping_kind kind = line->wrappings.item[line->wrappings.count - 1]->wrapping.kind;
    uint32_t link = kind == WRAPPING_GRE || kind == WRAPPING_IPIP ? 0 : ETHERNET_HEADER;
    if (line->cut < ip->len + link)
        g_byte_array_set_size(ip, line->cut - link);
}

static void
add_frame(struct line *line, GByteArray *ip)
{
    struct script *script = line->script;
    struct scenario_frame *frame = g_new0(struct scenario_frame, 1);

    cut_inside(line, ip);
    for (unsigned i = line->wrappings.count; i > 0; i--) {
        const struct script_wrapping *item = line->wrappings.item[i - 1];
        ip = wrap_bytes(&item->wrapping, !item->mirror && !line->from_client, script->outer_ip_id++, ip);
    }
    frame->time = script->time;
    frame->line = script->line;
    frame->bytes = ip;
    frame->captured = line->snap > 0 ? MIN(line->snap, ip->len) : ip->len;
    g_ptr_array_add(script->scenario->frames, frame);
}

static bool
find_error(const char *name, bool ipv6, uint8_t *type, uint8_t *code)
{
    static const struct {
        const char *name;
        uint8_t type4, code4, type6, code6;
    } errors[] = {{"unreachable", 3, 1, 1, 0},    {"prohibited", 3, 13, 1, 1}, {"port", 3, 3, 1, 4},
                  {"time-exceeded", 11, 0, 3, 0}, {"too-big", 3, 4, 2, 0},     {"redirect", 5, 1, 137, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        if (strcmp(errors[i].name, name) != 0)
            continue;
        *type = ipv6 ? errors[i].type6 : errors[i].type4;
        *code = ipv6 ? errors[i].code6 : errors[i].code4;
        return true;
    }
    return false;
}

/* An ICMP error to the receiver of this direction, about what it sent last. */
void
script_add_icmp(struct line *line)
{
    struct script *script = line->script;
    const char *name = script_take(script);
    bool ipv6 = line->receiver->host->address.family == 6;
    uint8_t type = 0, code = 0;

    uint32_t mtu = strcmp(name, "too-big") == 0 ? (uint32_t)script_take_number(script) : 0;
    script_take_if(script, "from");
    struct script_host *router = script_find_host(script, script_take(script));
    if (!find_error(name, ipv6, &type, &code) || line->receiver->last == NULL || router == NULL) {
        script_fail(script, "there is no such error, nothing that it could quote, or no such host");
        return;
    }
    struct packet packet = {
        .protocol = ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP, .ttl = router->ttl, .ip_id = router->next_ip_id++};
    packet.source.address = router->address;
    packet.destination.address = line->receiver->host->address;
    GByteArray *quoted = segment_bytes(line->receiver->last);
    add_frame(line, ip_bytes(&packet, icmp_error_bytes(type, code, mtu, quoted)));
    g_byte_array_unref(quoted);
}

void
script_add_segment(struct line *line)
{
    add_frame(line, segment_bytes(line->segment));
}
