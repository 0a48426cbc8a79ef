/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/frames.h"

struct frame {
    int64_t offset;  /* in the file */
    int64_t time;    /* of the packet */
    uint32_t number; /* the user's */
    uint32_t flow;   /* the first one; 0 = none */
    struct frame_mirror mirror;
    uint16_t length;                       /* of the packet's payload, at most that */
    uint8_t flags;                         /* of TCP */
    uint8_t protocol : 7, from_client : 1; /* 0 = no packet; those of IP that are kept are below 128 */
};

struct more_flow {
    uint32_t frame, flow;
};

enum { NUMBERS_AT_ONCE = 4096, FRAMES_AT_ONCE = 4096 };

struct frames {
    GPtrArray
        *blocks; /* of FRAMES_AT_ONCE struct frame each, by the engine's number - 1: nothing is copied as they grow */
    uint32_t count;     /* of frames */
    GArray *by_number;  /* the engine's number by the user's, 0 = none; the newest wins */
    GArray *more_flows; /* struct more_flow, ascending by frame: frames with several flows are few */
};

struct frames *
frames_new(void)
{
    struct frames *frames = g_new0(struct frames, 1);
    frames->blocks = g_ptr_array_new_with_free_func(g_free);
    frames->by_number = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    frames->more_flows = g_array_new(FALSE, TRUE, sizeof(struct more_flow));
    return frames;
}

void
frames_free(struct frames *frames)
{
    if (frames == NULL)
        return;
    g_ptr_array_unref(frames->blocks);
    g_array_unref(frames->by_number);
    g_array_unref(frames->more_flows);
    g_free(frames);
}

static struct frame *
frame_at(const struct frames *frames, uint32_t frame)
{
    struct frame *block = g_ptr_array_index(frames->blocks, (frame - 1) / FRAMES_AT_ONCE);
    return &block[(frame - 1) % FRAMES_AT_ONCE];
}

uint32_t
frames_by_number(const struct frames *frames, uint32_t number)
{
    return number < frames->by_number->len ? g_array_index(frames->by_number, uint32_t, number) : 0;
}

uint32_t
frames_known(const struct frames *frames, struct frame_place place)
{
    uint32_t known = frames_by_number(frames, place.number);
    return known != 0 && frame_at(frames, known)->offset == place.offset ? known : 0;
}

uint32_t
frames_add(struct frames *frames, struct frame_place place)
{
    uint32_t known = frames_known(frames, place);
    if (known != 0)
        return known;
    if (frames->count % FRAMES_AT_ONCE == 0)
        g_ptr_array_add(frames->blocks, g_new0(struct frame, FRAMES_AT_ONCE));
    frames->count++;
    *frame_at(frames, frames->count) = (struct frame){.offset = place.offset, .number = place.number};
    if (place.number >= frames->by_number->len)
        g_array_set_size(frames->by_number, place.number + NUMBERS_AT_ONCE);
    g_array_index(frames->by_number, uint32_t, place.number) = frames->count;
    return frames->count;
}

uint32_t
frames_newest(const struct frames *frames)
{
    return frames->count;
}

uint32_t
frames_shown_number(const struct frames *frames, uint32_t frame)
{
    if (frame == 0 || frame > frames->count)
        return 0;
    uint32_t number = frame_at(frames, frame)->number;
    return g_array_index(frames->by_number, uint32_t, number) == frame ? number : 0;
}

static void
keep_packet(struct frame *entry, const struct packet *packet)
{
    entry->time = packet->time;
    entry->length = (uint16_t)MIN(packet->payload.length, G_MAXUINT16);
    entry->flags = packet->flags;
    entry->protocol = packet->protocol & 0x7f;
    entry->from_client = packet->from_client;
}

bool
frames_packet(const struct frames *frames, uint32_t frame, struct seen_packet *packet)
{
    if (frame == 0 || frame > frames->count || frame_at(frames, frame)->protocol == 0)
        return false;
    const struct frame *entry = frame_at(frames, frame);
    *packet = (struct seen_packet){.time = entry->time,
                                   .flow = entry->flow,
                                   .length = entry->length,
                                   .protocol = entry->protocol,
                                   .flags = entry->flags,
                                   .from_client = entry->from_client};
    return true;
}

void
frames_add_packet(struct frames *frames, uint32_t frame, uint32_t flow, const struct packet *packet)
{
    struct frame *entry = frame_at(frames, frame);
    if (entry->protocol == 0 || (entry->flow == 0 && flow != 0))
        keep_packet(entry, packet);
    if (flow == 0 || entry->flow == flow)
        return;
    if (entry->flow == 0) {
        entry->flow = flow;
    } else {
        struct more_flow more = {.frame = frame, .flow = flow};
        g_array_append_val(frames->more_flows, more);
    }
}

uint32_t
frames_flow(const struct frames *frames, uint32_t frame, unsigned place)
{
    if (place == 0)
        return frame_at(frames, frame)->flow;
    guint low = 0, high = frames->more_flows->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(frames->more_flows, struct more_flow, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    guint index = low + place - 1;
    if (index >= frames->more_flows->len || g_array_index(frames->more_flows, struct more_flow, index).frame != frame)
        return 0;
    return g_array_index(frames->more_flows, struct more_flow, index).flow;
}

void
frames_set_mirror(struct frames *frames, uint32_t frame, struct frame_mirror mirror)
{
    frame_at(frames, frame)->mirror = mirror;
}

struct frame_mirror
frames_mirror(const struct frames *frames, uint32_t frame)
{
    return frame_at(frames, frame)->mirror;
}
