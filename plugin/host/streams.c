/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/streams.h"

#include "host/host_compat.h"

#include <epan/dissectors/packet-tcp.h>
#include <epan/tap.h>

#include "engine/context.h"
#include "host/host_address.h"

static bool
is_end(const struct endpoint *end, const address *address, uint16_t port)
{
    struct ip_address ip;
    ip_address_from(&ip, address);
    return end->port == port && memcmp(&end->address, &ip, sizeof ip) == 0;
}

static bool
is_of_flow(const struct flow *flow, const struct tcpheader *header)
{
    return flow->protocol == PROTOCOL_TCP && ((is_end(&flow->client, &header->ip_src, header->th_sport) &&
                                               is_end(&flow->server, &header->ip_dst, header->th_dport)) ||
                                              (is_end(&flow->server, &header->ip_src, header->th_sport) &&
                                               is_end(&flow->client, &header->ip_dst, header->th_dport)));
}

/* A frame may hold packets of several flows, and this header is of one of them. The first number of a flow stays. */
static tap_packet_status
note_stream(void *data, packet_info *pinfo, epan_dissect_t *dissection, const void *tapped, tap_flags_t flags)
{
    (void)data;
    (void)dissection;
    (void)flags;
    struct capture *capture = capture_current();
    const struct tcpheader *header = tapped;
    uint32_t frame = capture != NULL ? frames_known(capture->frames, frame_place_of(pinfo)) : 0;
    if (frame == 0)
        return TAP_PACKET_DONT_REDRAW;
    for (unsigned place = 0;; place++) {
        uint32_t number = frames_flow(capture->frames, frame, place);
        if (number == 0)
            return TAP_PACKET_DONT_REDRAW;
        if (g_hash_table_contains(capture->streams, GUINT_TO_POINTER(number)))
            continue;
        const struct flow_record *record = flow_table_by_number(capture->engine->flows, number);
        if (record != NULL && is_of_flow(&record->flow, header))
            g_hash_table_insert(capture->streams, GUINT_TO_POINTER(number), GUINT_TO_POINTER(header->th_stream));
    }
}

void
streams_listen(void *listener)
{
    GString *problem = register_tap_listener("tcp", listener, NULL, TL_REQUIRES_NOTHING, NULL, note_stream, NULL, NULL);
    if (problem != NULL) /* without TCP there are no numbers */
        g_string_free(problem, TRUE);
}

bool
streams_of_flow(const struct capture *capture, uint32_t flow, uint32_t *stream)
{
    void *found;
    if (flow == 0 || !g_hash_table_lookup_extended(capture->streams, GUINT_TO_POINTER(flow), NULL, &found))
        return false;
    *stream = GPOINTER_TO_UINT(found);
    return true;
}
