/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/events.h"

static void
add(GArray *events, const struct finding *finding, uint32_t frame, const struct report_view *view)
{
    struct report_event event = {.frame = view->shown_frame(frame, view->data), .trigger = frame == finding->frame};
    if (event.frame == 0 || view->packet == NULL || !view->packet(frame, view->data, &event.packet))
        return;
    g_array_append_val(events, event);
}

static gint
by_frame(gconstpointer a, gconstpointer b)
{
    const struct report_event *one = a, *other = b;
    return one->frame < other->frame ? -1 : one->frame > other->frame;
}

static void
keep_each_once(GArray *events)
{
    guint kept = 0;
    for (guint i = 0; i < events->len; i++) {
        struct report_event *event = &g_array_index(events, struct report_event, i);
        if (kept == 0 || g_array_index(events, struct report_event, kept - 1).frame != event->frame)
            g_array_index(events, struct report_event, kept++) = *event;
    }
    g_array_set_size(events, kept);
}

GArray *
finding_events(const struct finding *finding, const struct report_view *view)
{
    GArray *events = g_array_new(FALSE, FALSE, sizeof(struct report_event));
    for (guint i = 0; i < finding->evidence->len; i++)
        add(events, finding, g_array_index(finding->evidence, uint32_t, i), view);
    add(events, finding, finding->frame, view);
    if (finding->series.events > 0) {
        add(events, finding, finding->series.first_frame, view);
        add(events, finding, finding->series.last_frame, view);
    }
    g_array_sort(events, by_frame);
    keep_each_once(events);
    return events;
}

char *
packet_kind_text(const struct seen_packet *packet)
{
    static const struct {
        unsigned bit;
        const char *name;
    } flags[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"}, {TCP_ACK, "ACK"}};
    if (packet->protocol == PROTOCOL_UDP)
        return g_strdup("UDP");
    if (packet->protocol != PROTOCOL_TCP)
        return g_strdup("ICMP");
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        if (packet->flags & flags[i].bit)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", flags[i].name);
    return g_string_free(text, FALSE);
}
