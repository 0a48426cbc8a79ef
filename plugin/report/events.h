/* The packets that a finding rests on, as they came.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_EVENTS_H
#define NETCASE_REPORT_EVENTS_H

#include "report/view.h"

/* NAMED: the side that it names, as far as is known. DEVICE: somebody else, as the finding shows. */
enum event_sender { SENT_BY_NAMED, SENT_BY_DEVICE };

struct report_event {
    uint32_t frame, number; /* that the user knows, and the engine's */
    bool trigger;           /* the frame at which the finding was made */
    enum event_sender sender;
    struct seen_packet packet;
};

/* Trigger, evidence, the frame that refutes it if one does, and, of a series, its first and last frame, by frame, each once; without those that are not shown or not
 * known. The caller frees the array with g_array_unref. */
GArray *finding_events(const struct finding *finding, const struct report_view *view);

/* "SYN ACK", "" for none; "UDP", "ICMP" for what has none. The caller frees the text. */
char *packet_kind_text(const struct seen_packet *packet);

#endif
