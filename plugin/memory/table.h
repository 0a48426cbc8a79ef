/* A hash table whose keys come from packets. GHashTable can't be used for those: its hash functions know no secret of the
 * capture.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_MEMORY_TABLE_H
#define NETCASE_MEMORY_TABLE_H

#include <glib.h>
#include <stdbool.h>

#include "memory/hash.h"

struct table;

/* An entry begins with its key of `key_size` bytes, which are compared whole: keys are zeroed before they are filled, because
 * their padding counts. The table owns its entries and gives them to `free_entry` (may be NULL). */
struct table *table_new(const struct hash_seed *seed, size_t key_size, GDestroyNotify free_entry);
void table_free(struct table *table);

/* The entry with this key, NULL if there is none. It stays where it is until it is removed. */
void *table_find(const struct table *table, const void *key);

/* Takes ownership. No entry with the same key may be there. */
void table_add(struct table *table, void *entry);

/* Frees the entry with this key, if there is one. */
void table_remove(struct table *table, const void *key);

uint32_t table_size(const struct table *table);

/* All entries, in an order that differs from capture to capture: sort what is shown. The caller frees the array, not the
 * entries. */
GPtrArray *table_entries(const struct table *table);

#endif
