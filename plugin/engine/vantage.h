/* What can be seen from where the capture was made. At a vantage that never shows one direction, "no
 * answer" can't be concluded there. Learned from flows that prove answers which were never captured, and
 * taken back if those turn up after all (mirrors deliver copies late).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_VANTAGE_H
#define NETCASE_ENGINE_VANTAGE_H

#include "engine/context.h"

/* The packet proves that the other side of its flow answers, though nothing of that was captured. */
void vantage_note_unseen(struct engine *engine, struct flow_record *record, const struct packet *packet);

/* The first packet of a side. */
void vantage_note_side(struct engine *engine, struct flow_record *record, struct side *side,
                       const struct packet *packet);

/* See answers_visible() in detector.h. */
bool vantage_shows_answers(const struct engine *engine, const struct flow_record *record, bool from_client);

/* See capture_point() in detector.h. */
enum capture_point vantage_capture_point(const struct flow_record *record);

#endif
