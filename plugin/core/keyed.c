/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/keyed.h"

#include <glib.h>
#include <stddef.h>

#include "core/hash.h"

struct keyed_key {
    uint32_t kind, size;
    uint8_t bytes[KEYED_KEY_MAX]; /* zero behind `size` */
};

struct entry {
    struct keyed_key key; /* first: the entry is found by it */
    _Alignas(max_align_t) uint8_t state[];
};

/* Two generations: what is asked for moves into the young one; when that is full, the old one, in which
 * nothing was asked for since, is forgotten and the young one grows old. */
struct keyed {
    GHashTable *young, *old;
    uint64_t serial;
};

HASH_KEY_FUNCTIONS(keyed_key)

static GHashTable *
generation_new(void)
{
    return g_hash_table_new_full(keyed_key_hash, keyed_key_equal, NULL, g_free);
}

struct keyed *
keyed_new(void)
{
    struct keyed *keyed = g_new0(struct keyed, 1);
    keyed->young = generation_new();
    keyed->old = generation_new();
    return keyed;
}

void
keyed_free(struct keyed *keyed)
{
    if (keyed == NULL)
        return;
    g_hash_table_destroy(keyed->young);
    g_hash_table_destroy(keyed->old);
    g_free(keyed);
}

/* Only between packets: nobody holds a state then. */
static void
grow_old(struct keyed *keyed, uint64_t serial)
{
    if (serial == keyed->serial)
        return;
    keyed->serial = serial;
    if (g_hash_table_size(keyed->young) < KEYED_GENERATION)
        return;
    g_hash_table_destroy(keyed->old);
    keyed->old = keyed->young;
    keyed->young = generation_new();
}

void *
keyed_get(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size)
{
    g_return_val_if_fail(key_size > 0 && key_size <= KEYED_KEY_MAX, NULL);
    struct keyed_key wanted = {.kind = kind, .size = (uint32_t)key_size};
    memcpy(wanted.bytes, key, key_size);

    grow_old(keyed, serial);
    struct entry *entry = g_hash_table_lookup(keyed->young, &wanted);
    if (entry != NULL)
        return entry->state;
    void *kept = NULL;
    if (g_hash_table_steal_extended(keyed->old, &wanted, &kept, NULL)) {
        entry = kept;
    } else {
        entry = g_malloc0(sizeof *entry + size);
        entry->key = wanted;
    }
    g_hash_table_insert(keyed->young, &entry->key, entry);
    return entry->state;
}
