/* Open addressing. SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/table.h"

struct place {
    uint32_t hash;
    void *entry; /* NULL = empty */
};

struct table {
    struct hash_seed seed;
    size_t key_size;
    GDestroyNotify free_entry;
    struct place *places;
    uint32_t size; /* a power of two, more than twice `used` */
    uint32_t used;
};

enum { PLACES_AT_FIRST = 16 };

struct table *
table_new(const struct hash_seed *seed, size_t key_size, GDestroyNotify free_entry)
{
    struct table *table = g_new0(struct table, 1);
    table->seed = *seed;
    table->key_size = key_size;
    table->free_entry = free_entry;
    table->size = PLACES_AT_FIRST;
    table->places = g_new0(struct place, table->size);
    return table;
}

void
table_free(struct table *table)
{
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < table->size; i++)
        if (table->places[i].entry != NULL && table->free_entry != NULL)
            table->free_entry(table->places[i].entry);
    g_free(table->places);
    g_free(table);
}

static uint32_t
hash_of(const struct table *table, const void *key)
{
    return (uint32_t)hash_bytes(&table->seed, table->key_size, key, table->key_size);
}

/* The place of the key, or the empty one where the search for it ends. */
static struct place *
place_of(const struct table *table, uint32_t hash, const void *key)
{
    uint32_t mask = table->size - 1, at = hash & mask;
    while (table->places[at].entry != NULL &&
           (table->places[at].hash != hash || memcmp(table->places[at].entry, key, table->key_size) != 0))
        at = (at + 1) & mask;
    return &table->places[at];
}

void *
table_find(const struct table *table, const void *key)
{
    return place_of(table, hash_of(table, key), key)->entry;
}

static void
grow(struct table *table)
{
    struct place *old = table->places;
    uint32_t old_size = table->size;

    table->size *= 2;
    table->places = g_new0(struct place, table->size);
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].entry != NULL)
            *place_of(table, old[i].hash, old[i].entry) = old[i];
    g_free(old);
}

void
table_add(struct table *table, void *entry)
{
    uint32_t hash = hash_of(table, entry);
    struct place *place = place_of(table, hash, entry);
    g_return_if_fail(place->entry == NULL);
    *place = (struct place){hash, entry};
    table->used++;
    if (2 * table->used > table->size)
        grow(table);
}

/* A search ends at an empty place: those behind the emptied one move up, unless they already stand between where they belong
 * and it. */
static void
close_gap(struct table *table, uint32_t empty)
{
    uint32_t mask = table->size - 1;
    for (uint32_t at = (empty + 1) & mask; table->places[at].entry != NULL; at = (at + 1) & mask) {
        uint32_t wanted = table->places[at].hash & mask;
        if (((at - wanted) & mask) < ((at - empty) & mask))
            continue;
        table->places[empty] = table->places[at];
        empty = at;
    }
    table->places[empty].entry = NULL;
}

void
table_remove(struct table *table, const void *key)
{
    struct place *place = place_of(table, hash_of(table, key), key);
    void *entry = place->entry;
    if (entry == NULL)
        return;
    close_gap(table, (uint32_t)(place - table->places));
    table->used--;
    if (table->free_entry != NULL)
        table->free_entry(entry);
}

uint32_t
table_size(const struct table *table)
{
    return table->used;
}

GPtrArray *
table_entries(const struct table *table)
{
    GPtrArray *entries = g_ptr_array_new();
    for (uint32_t i = 0; i < table->size; i++)
        if (table->places[i].entry != NULL)
            g_ptr_array_add(entries, table->places[i].entry);
    return entries;
}
