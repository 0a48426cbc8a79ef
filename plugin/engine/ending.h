/* Follows how a connection ends (api/ending.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_ENDING_H
#define NETCASE_ENGINE_ENDING_H

#include "api/flow.h"

/* Take a RST of the flow, before anything else of the flow tells of it. */
void ending_take_reset(struct flow *flow, const struct packet *packet);

#endif
