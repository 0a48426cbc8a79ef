/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/keyed.h"

#include <stdbool.h>

#include <glib.h>
#include <stddef.h>

#include "memory/arena.h"

/* The key stands in front of the state, in `key_room` bytes. */
struct entry {
    uint32_t hash, kind;
    uint32_t key_size, key_room;
    _Alignas(max_align_t) uint8_t bytes[];
};

/* Open addressing: every handshake asks for some keys, and GHashTable costs three times as much. */
struct generation {
    struct entry **places; /* NULL = empty */
    uint32_t size;         /* a power of two, more than twice `used` */
    uint32_t used;         /* places that are not empty */
    struct arena entries;
};

/* Two generations: what is asked for is copied into the young one; when that is full, the old one, in which
 * nothing was asked for since, is forgotten and the young one grows old. */
struct keyed {
    struct hash_seed seed;
    struct generation young, old;
    uint64_t serial;
};

enum { PLACES_AT_FIRST = 64 };

static void
generation_start(struct generation *generation)
{
    generation->size = PLACES_AT_FIRST;
    generation->used = 0;
    generation->places = g_new0(struct entry *, generation->size);
    generation->entries = (struct arena){0};
}

static void
generation_end(struct generation *generation)
{
    arena_clear(&generation->entries);
    g_free(generation->places);
}

struct keyed *
keyed_new(const struct hash_seed *seed)
{
    struct keyed *keyed = g_new0(struct keyed, 1);
    keyed->seed = *seed;
    generation_start(&keyed->young);
    generation_start(&keyed->old);
    return keyed;
}

void
keyed_free(struct keyed *keyed)
{
    if (keyed == NULL)
        return;
    generation_end(&keyed->young);
    generation_end(&keyed->old);
    g_free(keyed);
}

/* The place of the key, or the empty one where the search for it ends. */
static struct entry **
find(const struct generation *generation, uint32_t hash, unsigned kind, const void *key, size_t key_size)
{
    for (uint32_t place = hash & (generation->size - 1);; place = (place + 1) & (generation->size - 1)) {
        struct entry *entry = generation->places[place];
        if (entry == NULL || (entry->hash == hash && entry->kind == kind && entry->key_size == key_size &&
                              memcmp(entry->bytes, key, key_size) == 0))
            return &generation->places[place];
    }
}

static void
grow(struct generation *generation)
{
    struct generation larger = {.size = 2 * generation->size, .used = generation->used, .entries = generation->entries};
    larger.places = g_new0(struct entry *, larger.size);
    for (uint32_t i = 0; i < generation->size; i++) {
        struct entry *moved = generation->places[i];
        if (moved != NULL)
            *find(&larger, moved->hash, moved->kind, moved->bytes, moved->key_size) = moved;
    }
    g_free(generation->places);
    *generation = larger;
}

/* Only between packets: nobody holds a state then. */
static void
grow_old(struct keyed *keyed, uint64_t serial)
{
    if (serial == keyed->serial)
        return;
    keyed->serial = serial;
    if (keyed->young.used < KEYED_GENERATION)
        return;
    generation_end(&keyed->old);
    keyed->old = keyed->young;
    generation_start(&keyed->young);
}

/* Fills the place, which is where the search for the key ended. */
static struct entry *
add_entry(struct generation *generation, struct entry **place, uint32_t hash, unsigned kind, const void *key,
          size_t key_size, size_t size)
{
    size_t room = arena_aligned(key_size);
    struct entry *entry = arena_take(&generation->entries, sizeof *entry + room + size);
    entry->hash = hash;
    entry->kind = kind;
    entry->key_size = (uint32_t)key_size;
    entry->key_room = (uint32_t)room;
    memcpy(entry->bytes, key, key_size);
    *place = entry;
    if (2 * ++generation->used > generation->size)
        grow(generation);
    return entry;
}

/* Makes the entry if `make` says so, or if it is there and only has to be kept for longer. */
static void *
take(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size, bool make)
{
    g_return_val_if_fail(key_size > 0 && key_size <= KEYED_KEY_MAX, NULL);
    uint32_t hash = (uint32_t)hash_bytes(&keyed->seed, (uint64_t)kind << 8 | key_size, key, key_size);

    grow_old(keyed, serial);
    struct entry **place = find(&keyed->young, hash, kind, key, key_size), *entry = *place;
    if (entry == NULL) {
        const struct entry *old = keyed->old.used > 0 ? *find(&keyed->old, hash, kind, key, key_size) : NULL;
        if (old == NULL && !make)
            return NULL;
        entry = add_entry(&keyed->young, place, hash, kind, key, key_size, size);
        if (old != NULL)
            memcpy(entry->bytes + entry->key_room, old->bytes + old->key_room, size);
    }
    return entry->bytes + entry->key_room;
}

void *
keyed_get(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size)
{
    return take(keyed, serial, kind, key, key_size, size, true);
}

void *
keyed_find(struct keyed *keyed, uint64_t serial, unsigned kind, const void *key, size_t key_size, size_t size)
{
    return take(keyed, serial, kind, key, key_size, size, false);
}
