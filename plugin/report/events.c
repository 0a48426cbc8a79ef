/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/events.h"

/* RSTs in the name of the side that the finding is about, where it shows that they came from nearer; and the errors of a router, but not
 * those of the server itself. */
static enum event_sender
sender_of(const struct finding *finding, const struct seen_packet *packet)
{
    const struct fact *closer = finding_fact(finding, FACT_closer), *server = finding_fact(finding, FACT_server);
    const struct fact *client = finding_fact(finding, FACT_client), *reporter = finding_fact(finding, FACT_reporter);
    if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP)
        return reporter != NULL &&
                       (server == NULL || !address_equal(&reporter->endpoint.address, &server->endpoint.address))
                   ? SENT_BY_DEVICE
                   : SENT_BY_NAMED;
    bool by_client = closer != NULL && client != NULL && endpoint_equal(&closer->endpoint, &client->endpoint);
    bool shown = finding_fact(finding, FACT_nearer) != NULL || finding_fact(finding, FACT_forged) != NULL;
    return shown && (packet->flags & TCP_RST) && packet->from_client == by_client ? SENT_BY_DEVICE : SENT_BY_NAMED;
}

static void
add(GArray *events, const struct finding *finding, uint32_t frame, const struct report_view *view)
{
    struct report_event event = {
        .frame = view->shown_frame(frame, view->data), .number = frame, .trigger = frame == finding->frame};
    if (event.frame == 0 || view->packet == NULL || !view->packet(frame, view->data, &event.packet))
        return;
    event.sender = sender_of(finding, &event.packet);
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
    add(events, finding, finding->withdrawn_frame, view);
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
