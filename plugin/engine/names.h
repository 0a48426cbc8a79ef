/* What DNS answers in the capture taught about addresses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_NAMES_H
#define NETCASE_ENGINE_NAMES_H

#include <glib.h>

#include "api/detector.h"
#include "memory/hash.h"

struct names;

struct names *names_new(const struct hash_seed *seed);
void names_free(struct names *names);

/* A private address is one of the network that the answer was seen in (encapsulation_network()).
 *
 * Learn from a DNS packet; queries and failed answers teach nothing. At most 65,536 addresses. */
void names_learn(struct names *names, uint32_t network, const struct packet *packet);

/* See name_of() in detector.h. */
const struct learned_name *names_find(const struct names *names, uint32_t network, const struct ip_address *address);

#endif
