/* Decides what becomes of connection attempts (api/attempt.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_ATTEMPTS_H
#define NETCASE_ENGINE_ATTEMPTS_H

#include "engine/context.h"

struct attempts;

struct attempts *attempts_new(void);
void attempts_free(struct attempts *attempts);

/* Take the next TCP packet of the flow, no duplicate, after the flow's other facts; or an ICMP error that quotes it. True if the
 * outcome has changed. */
bool attempts_follow(struct engine *engine, struct flow_record *record, const struct packet *packet);

/* The next attempt whose outcome has changed by the time of `packet` for want of an answer, NULL if there is none. */
struct flow_record *attempts_due(struct engine *engine, const struct packet *packet);

#endif
