/* The packet lines of scenarios: from words to a frame, with the numbers that two hosts would use.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

enum { WINDOW = 502 };

void
segment_free(void *item)
{
    struct segment *segment = item;
    if (segment == NULL)
        return;
    g_byte_array_unref(segment->payload);
    g_free(segment);
}

static struct segment *
segment_copy(const struct segment *segment)
{
    struct segment *copy = g_memdup2(segment, sizeof *segment);
    copy->payload = g_byte_array_append(g_byte_array_new(), segment->payload->data, segment->payload->len);
    return copy;
}

/* Sequence numbers that the segment takes. */
static uint32_t
segment_size(const struct segment *segment)
{
    uint8_t flags = segment->packet.flags;
    return segment->payload->len + ((flags & TCP_SYN) != 0) + ((flags & TCP_FIN) != 0);
}

/* -- What is sent by itself ------------------------------------------------------------------- */

static void
stamp(struct line *line)
{
    struct packet *packet = &line->segment->packet;
    struct script_host *host = line->sender->host;

    packet->ip_id = line->flow->has_ip_id ? line->flow->ip_id : host->next_ip_id++;
    packet->ttl = host->ttl;
    packet->has_timestamp = line->flow->timestamps && line->flow->protocol == PROTOCOL_TCP;
    packet->timestamp = line->sender->timestamp + (uint32_t)(line->script->time / 1000000);
    packet->timestamp_echo = line->receiver->last != NULL ? line->receiver->last->packet.timestamp : 0;
    packet->acknowledgment = line->receiver->waits ? line->receiver->waits_for : line->receiver->next;
}

static void
start_segment(struct line *line)
{
    struct script_flow *flow = line->flow;
    struct segment *segment = line->segment = g_new0(struct segment, 1);
    struct packet *packet = &segment->packet;

    segment->payload = g_byte_array_new();
    segment->checksum = flow->checksums;
    packet->protocol = flow->protocol;
    packet->source = (struct endpoint){line->sender->host->address, line->sender->port};
    packet->destination = (struct endpoint){line->receiver->host->address, line->receiver->port};
    packet->window = WINDOW;
    packet->flags = TCP_ACK;
    packet->sequence = line->sender->next;
    stamp(line);
}

/* -- Words ------------------------------------------------------------------------------------ */

static const struct {
    const char *word;
    uint8_t add, remove;
} flag_words[] = {
    {"SYN", TCP_SYN, TCP_ACK}, {"SYN-ACK", TCP_SYN, 0},   {"ACK", 0, 0},
    {"FIN", TCP_FIN, 0},       {"RST", TCP_RST, TCP_ACK}, {"RST-ACK", TCP_RST, 0},
    {"no-ack", 0, TCP_ACK},    {"ECE", 0x40, 0},          {"URG", 0x20, 0},
};

static bool
take_flags(struct line *line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(flag_words); i++) {
        if (!script_take_if(line->script, flag_words[i].word))
            continue;
        struct packet *packet = &line->segment->packet;
        packet->flags = (uint8_t)((packet->flags | flag_words[i].add) & ~flag_words[i].remove);
        if (packet->flags & TCP_RST)
            packet->has_timestamp = false; /* as Linux does */
        if ((packet->flags & TCP_ACK) == 0)
            packet->acknowledgment = 0;
        return true;
    }
    return false;
}

/* +N, -N or =N */
static void
take_offset(struct line *line, uint32_t *number)
{
    const char *text = script_peek(line->script);
    if (strchr("+-=", text[0]) == NULL || text[0] == '\0')
        return;
    uint32_t offset = (uint32_t)g_ascii_strtoull(text + 1, NULL, 10);
    *number = text[0] == '+' ? *number + offset : text[0] == '-' ? *number - offset : offset;
    script_take(line->script);
}

static void
take_again(struct line *line)
{
    guint back = g_ascii_isdigit(script_peek(line->script)[0]) ? (guint)script_take_number(line->script) : 1;
    const GPtrArray *sent = line->sender->sent;
    if (back == 0 || back > sent->len) {
        script_fail(line->script, "there is nothing to send again");
        return;
    }
    segment_free(line->segment);
    line->segment = segment_copy(g_ptr_array_index(sent, sent->len - back));
    line->repeated = true;
    stamp(line);
}

static void
take_copy(struct line *line)
{
    if (line->sender->last == NULL) {
        script_fail(line->script, "there is nothing to copy");
        return;
    }
    segment_free(line->segment);
    line->segment = segment_copy(line->sender->last);
    line->repeated = line->copied = true;
}

static void
take_probe(struct line *line)
{
    if (g_ascii_isdigit(script_peek(line->script)[0]))
        put_fill(line->segment->payload, 0, script_take_number(line->script));
    line->segment->packet.sequence--;
    line->repeated = true;
}

static bool
take_header_word(struct line *line)
{
    struct script *script = line->script;
    struct packet *packet = &line->segment->packet;

    if (script_take_if(script, "ttl"))
        packet->ttl = (uint8_t)script_take_number(script);
    else if (script_take_if(script, "ip-id"))
        packet->ip_id = (uint16_t)script_take_number(script);
    else if (script_take_if(script, "win"))
        packet->window = (uint32_t)script_take_number(script);
    else if (script_take_if(script, "seq"))
        take_offset(line, &packet->sequence);
    else if (script_take_if(script, "ack"))
        take_offset(line, &packet->acknowledgment);
    else if (script_take_if(script, "echo"))
        take_offset(line, &packet->timestamp_echo);
    else if (script_take_if(script, "cut"))
        line->cut = (uint32_t)script_take_number(script);
    else if (script_take_if(script, "snap"))
        line->snap = (uint32_t)script_take_number(script);
    else if (script_take_if(script, "bad-checksum"))
        line->segment->bad_checksum = true;
    else if (script_take_if(script, "d-sack"))
        packet->reports_duplicate = true;
    else if (script_take_if(script, "in"))
        line->wrappings = script_take_wrappings(script);
    else
        return false;
    return true;
}

static void
take_word(struct line *line)
{
    struct script *script = line->script;

    if (take_flags(line) || take_header_word(line) || script_take_payload(script, line->segment->payload))
        return;
    if (script_take_if(script, "again"))
        take_again(line);
    else if (script_take_if(script, "copy"))
        take_copy(line);
    else if (script_take_if(script, "probe"))
        take_probe(line);
    else if (script_take_if(script, "lost"))
        line->lost = true;
    else if (script_take_if(script, "dropped"))
        line->dropped = true;
    else
        script_fail(script, "what is \"%s\"?", script_take(script));
}

/* -- The line --------------------------------------------------------------------------------- */

/* The numbers of the sender go on, and the receiver knows what has arrived. */
static void
note_sent(struct line *line)
{
    struct script_side *sender = line->sender;
    struct segment *segment = line->segment;
    uint32_t size = segment_size(segment), sequence = segment->packet.sequence;

    if (!line->repeated && (size > 0 || line->flow->protocol != PROTOCOL_TCP)) {
        g_ptr_array_add(sender->sent, segment_copy(segment));
        if ((int32_t)(sequence + size - sender->next) > 0)
            sender->next = sequence + size;
    }
    if (line->dropped && !sender->waits) {
        sender->waits = true;
        sender->waits_for = sequence;
    } else if (!line->dropped && !line->copied && sender->waits && size > 0 && sequence == sender->waits_for) {
        sender->waits = false;
    }
    segment_free(sender->last);
    sender->last = segment;
}

void
script_take_packet(struct script *script)
{
    struct line line = {.script = script};
    const char *name = script_take(script), *direction = script_take(script);

    for (guint i = 0; i < script->flows->len; i++) {
        struct script_flow *flow = g_ptr_array_index(script->flows, i);
        if (strcmp(flow->name, name) == 0)
            line.flow = flow; /* the newest of the name */
    }
    if (line.flow == NULL || (strcmp(direction, ">") != 0 && strcmp(direction, "<") != 0)) {
        script_fail(script, "a flow and a direction (> or <) are missing");
        return;
    }
    line.from_client = direction[0] == '>';
    line.sender = &line.flow->side[line.from_client ? 0 : 1];
    line.receiver = &line.flow->side[line.from_client ? 1 : 0];
    line.wrappings = line.flow->wrappings;
    line.cut = line.flow->cut;
    if (script_take_if(script, "icmp")) {
        script_add_icmp(&line);
        return;
    }
    start_segment(&line);
    while (script_peek(script)[0] != '\0' && script->problem == NULL)
        take_word(&line);
    if (!line.lost)
        script_add_segment(&line);
    note_sent(&line);
}
