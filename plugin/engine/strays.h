/* Finds the connection that a packet with the addresses of another one belongs to, by its numbers: the answer to a SYN that comes
 * from an address which was not asked, a segment of a living connection in which the peer's address was not translated back, a SYN
 * that was sent on to another address (a copy of it at the translating router, or on its way back to its own sender).
 *
 * Of each client endpoint the newest SYN is known, as long as no other one needs its place: then nothing is found.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_STRAYS_H
#define NETCASE_ENGINE_STRAYS_H

#include "engine/flow_table.h"

struct strays;

/* The seed must live longer. */
struct strays *strays_new(const struct hash_seed *seed);
void strays_free(struct strays *strays);

/* The flow begins with this TCP packet. Fills in flow.asked, and record->original, where another flow is what the packet belongs
 * to. Returns the record, which may have moved. */
struct flow_record *strays_begin(struct strays *strays, struct flow_table *flows, struct flow_record *record,
                                 const struct packet *packet);

#endif
