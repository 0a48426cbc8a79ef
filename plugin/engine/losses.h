/* Counts what the network loses of a TCP connection, as far as retransmissions tell (side.lost_before, side.lost_behind).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_LOSSES_H
#define NETCASE_ENGINE_LOSSES_H

#include "engine/flow_table.h"

/* Take the next packet of the flow, no duplicate, after all else that is known of it: fills packet->loss. Counts are brought up to date by
 * retransmissions and ends. */
void losses_follow(struct flow_record *record, struct packet *packet);

#endif
