/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json/answers.h"

#include "engine/vantage.h"

/* Shorter, it may be a copy; and who has waited less before the capture ended may get his answer yet. */
static const int64_t REPEATED_AFTER = NANOSECONDS_PER_SECOND / 10, WAITED = NANOSECONDS_PER_SECOND;

struct answers {
    const struct engine *engine;
    const struct frames *frames;
    int64_t end;         /* of the capture */
    GHashTable *by_flow; /* GArray of the engine's frames, ascending, by the number of the flow */
};

static void
free_frames(void *frames)
{
    g_array_unref(frames);
}

static void
want_flow(struct answers *answers, uint32_t flow)
{
    if (flow != 0 && !g_hash_table_contains(answers->by_flow, GUINT_TO_POINTER(flow)))
        g_hash_table_insert(answers->by_flow, GUINT_TO_POINTER(flow), g_array_new(FALSE, FALSE, sizeof(uint32_t)));
}

/* Its evidence may be of other flows. */
static void
want(struct answers *answers, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        want_flow(answers, finding->flow);
        want_flow(answers, frames_flow(answers->frames, finding->frame, 0));
        for (guint k = 0; k < finding->evidence->len; k++)
            want_flow(answers, frames_flow(answers->frames, g_array_index(finding->evidence, uint32_t, k), 0));
    }
}

struct answers *
answers_new(const struct frames *frames, const struct report *report)
{
    struct answers *answers = g_new0(struct answers, 1);
    answers->engine = report->engine;
    answers->frames = frames;
    answers->end = report->summary.last_time;
    answers->by_flow = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_frames);
    for (guint i = 0; i < report->groups->len; i++)
        want(answers, ((const struct report_group *)g_ptr_array_index(report->groups, i))->findings);
    want(answers, report->withdrawn);
    if (g_hash_table_size(answers->by_flow) == 0)
        return answers;
    for (uint32_t frame = 1, flow; frame <= frames_newest(frames); frame++)
        for (unsigned place = 0; (flow = frames_flow(frames, frame, place)) != 0; place++) {
            GArray *of_flow = g_hash_table_lookup(answers->by_flow, GUINT_TO_POINTER(flow));
            if (of_flow != NULL)
                g_array_append_val(of_flow, frame);
        }
    return answers;
}

void
answers_free(struct answers *answers)
{
    g_hash_table_destroy(answers->by_flow);
    g_free(answers);
}

/* An ACK alone asks for nothing, nobody answers a RST, and a datagram of the server is an answer. */
static bool
asks(const struct seen_packet *packet)
{
    if (packet->protocol == PROTOCOL_UDP)
        return packet->from_client;
    return packet->protocol == PROTOCOL_TCP && !(packet->flags & TCP_RST) &&
           (packet->length > 0 || (packet->flags & (TCP_SYN | TCP_FIN)));
}

static bool
could_be_seen(const struct answers *answers, const struct seen_packet *packet)
{
    const struct flow_record *record = flow_table_by_number(answers->engine->flows, packet->flow);
    return record != NULL && vantage_shows_answers(answers->engine, record, packet->from_client);
}

static bool
repeats(const struct seen_packet *later, const struct seen_packet *packet)
{
    return later->length == packet->length && (later->flags & ~TCP_PSH) == (packet->flags & ~TCP_PSH) &&
           later->time - packet->time >= REPEATED_AFTER;
}

static gint
compare_frames(gconstpointer a, gconstpointer b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

bool
answers_lack(const struct answers *answers, uint32_t frame)
{
    struct seen_packet packet, later;
    if (!frames_packet(answers->frames, frame, &packet) || !asks(&packet) || !could_be_seen(answers, &packet))
        return false;
    const GArray *frames = g_hash_table_lookup(answers->by_flow, GUINT_TO_POINTER(packet.flow));
    guint at;
    if (frames == NULL || !g_array_binary_search((GArray *)frames, &frame, compare_frames, &at))
        return false;
    while (++at < frames->len) {
        bool known = frames_packet(answers->frames, g_array_index(frames, uint32_t, at), &later);
        if (!known || later.flow != packet.flow || later.from_client != packet.from_client)
            return false;
        if (repeats(&later, &packet))
            return true;
    }
    return answers->end - packet.time >= WAITED;
}
