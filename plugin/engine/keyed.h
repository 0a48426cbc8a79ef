/* The memory of detectors by key: bounded, because a flood brings a new key with every packet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_KEYED_H
#define NETCASE_ENGINE_KEYED_H

#include <stddef.h>
#include <stdint.h>

#include "memory/hash.h"

enum { KEYED_KEY_MAX = 64, KEYED_GENERATION = 32768 };

struct keyed;

struct keyed *keyed_new(const struct hash_seed *seed);
void keyed_free(struct keyed *keyed);

/* The state of the key, zeroed when it is new; `size` must be the same each time. `serial` tells packets
 * apart: what was returned for one stays valid until a call with the next. A state is forgotten when
 * KEYED_GENERATION others were asked for since it was. NULL only for a key of no or too many bytes. */
void *keyed_get(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size);

/* The same, NULL if the key was not asked for before, or is forgotten. */
void *keyed_find(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size);

#endif
