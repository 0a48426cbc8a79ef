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

/* -- Neighbours ------------------------------------------------------------------------------- */

/* One that no maker has given, made of the host's address. */
static struct link_address
own_link(const struct script_host *host)
{
    struct link_address link = {{2}};
    memcpy(link.bytes + 2, host->address.bytes + (host->address.family == 4 ? 0 : 12), 4);
    return link;
}

static struct link_address
take_link(struct script *script, const struct script_host *owner)
{
    const char *text = script_take(script);
    if (strcmp(text, "own") == 0)
        return own_link(owner);
    struct link_address link = {{0}};
    char **parts = g_strsplit(text, ":", -1);
    if (g_strv_length(parts) != sizeof link.bytes)
        script_fail(script, "\"%s\" is no link address", text);
    for (guint i = 0; i < sizeof link.bytes && parts[i] != NULL; i++)
        link.bytes[i] = (uint8_t)g_ascii_strtoull(parts[i], NULL, 16);
    g_strfreev(parts);
    return link;
}

/* What a line says: a question for `wanted`, or that `owner` has the link address; `told` is who asks, or is answered; or NULL. */
struct told_neighbour {
    const struct script_host *wanted, *owner, *told;
    struct link_address link;
};

static GByteArray *
neighbour_ipv4(const struct told_neighbour *said)
{
    const struct ip_address nobody = {.family = 4};
    if (said->wanted != NULL)
        return arp_bytes(1, said->told != NULL ? &said->told->address : &nobody, &said->link, &said->wanted->address);
    const struct script_host *target = said->told != NULL ? said->told : said->owner;
    return arp_bytes(said->told != NULL ? 2 : 1, &said->owner->address, &said->link, &target->address);
}

static GByteArray *
neighbour_ipv6(const struct told_neighbour *said)
{
    enum {
        SOLICITATION = 135,
        ADVERTISEMENT = 136,
        SOURCE_LINK = 1,
        TARGET_LINK = 2,
        SOLICITED = 0x40,
        OVERRIDE = 0x20
    };
    const struct ip_address nobody = {.family = 6};
    const struct ip_address all = {.family = 6, .bytes = {0xff, 2, [15] = 1}};
    struct packet packet = {.protocol = PROTOCOL_ICMPV6, .ttl = 255};

    if (said->wanted != NULL) {
        packet.source.address = said->told != NULL ? said->told->address : nobody;
        packet.destination.address = all;
        return ip_bytes(&packet, neighbour_bytes(SOLICITATION, 0, &said->wanted->address,
                                                 said->told != NULL ? SOURCE_LINK : 0, &said->link));
    }
    packet.source.address = said->owner->address;
    packet.destination.address = said->told != NULL ? said->told->address : all;
    return ip_bytes(&packet, neighbour_bytes(ADVERTISEMENT, OVERRIDE | (said->told != NULL ? SOLICITED : 0),
                                             &said->owner->address, TARGET_LINK, &said->link));
}

void
script_take_neighbour(struct script *script)
{
    struct told_neighbour said = {0};
    bool asks = script_take_if(script, "who-has");
    const struct script_host *first = script_find_host(script, script_take(script));

    if (asks) {
        said.wanted = first;
    } else {
        said.owner = first;
        if (!script_take_if(script, "is-at"))
            script_fail(script, "is it who-has or is-at?");
        else if (first != NULL)
            said.link = take_link(script, first);
    }
    if (script_take_if(script, "tell"))
        said.told = script_find_host(script, script_take(script));
    if (script->problem != NULL)
        return;
    if (asks && said.told != NULL)
        said.link = own_link(said.told);
    struct line line = {.script = script, .from_client = true};
    add_frame(&line, first->address.family == 4 ? neighbour_ipv4(&said) : neighbour_ipv6(&said));
}

void
script_add_segment(struct line *line)
{
    add_frame(line, segment_bytes(line->segment));
}
