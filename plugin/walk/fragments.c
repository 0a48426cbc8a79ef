/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk/fragments.h"

#include <glib.h>

#include "memory/table.h"

/* Who a part belongs to. Zeroed before it is filled in: it is compared as bytes. */
struct key {
    struct ip_address source, destination;
    uint32_t path, id;
    uint8_t protocol;
};

/* A packet of which parts are known. */
struct fragmented {
    struct key key;
    GByteArray *bytes; /* up to the end of the last part known */
    GArray *parts;     /* struct part, ascending, none touches another */
    uint32_t length;   /* 0 while the last part is missing */
};

struct part {
    uint32_t from, to;
};

struct fragments {
    struct table *packets; /* struct fragmented */
    GQueue *order;         /* the same, the oldest first */
    GByteArray *whole;
};

static void
fragmented_free(void *item)
{
    struct fragmented *fragmented = item;
    g_byte_array_unref(fragmented->bytes);
    g_array_unref(fragmented->parts);
    g_free(fragmented);
}

struct fragments *
fragments_new(const struct hash_seed *seed)
{
    struct fragments *fragments = g_new0(struct fragments, 1);
    fragments->packets = table_new(seed, sizeof(struct key), fragmented_free);
    fragments->order = g_queue_new();
    fragments->whole = g_byte_array_new();
    return fragments;
}

void
fragments_free(struct fragments *fragments)
{
    table_free(fragments->packets);
    g_queue_free(fragments->order);
    g_byte_array_unref(fragments->whole);
    g_free(fragments);
}

static void
forget(struct fragments *fragments, struct fragmented *fragmented)
{
    g_queue_remove(fragments->order, fragmented);
    table_remove(fragments->packets, &fragmented->key);
}

static struct fragmented *
find_or_add(struct fragments *fragments, const struct packet *packet, uint32_t path, uint32_t id)
{
    struct key key;
    memset(&key, 0, sizeof key);
    key.source = packet->source.address;
    key.destination = packet->destination.address;
    key.path = path;
    key.id = id;
    key.protocol = packet->protocol;
    struct fragmented *found = table_find(fragments->packets, &key);
    if (found != NULL)
        return found;
    if (g_queue_get_length(fragments->order) == FRAGMENTED_MAX)
        forget(fragments, g_queue_peek_head(fragments->order));
    found = g_new0(struct fragmented, 1);
    found->key = key;
    found->bytes = g_byte_array_new();
    found->parts = g_array_new(FALSE, FALSE, sizeof(struct part));
    table_add(fragments->packets, found);
    g_queue_push_tail(fragments->order, found);
    return found;
}

/* Parts that overlap or follow each other become one. */
static void
add_part(GArray *parts, struct part part)
{
    guint at = 0;
    while (at < parts->len && g_array_index(parts, struct part, at).to < part.from)
        at++;
    while (at < parts->len && g_array_index(parts, struct part, at).from <= part.to) {
        const struct part *other = &g_array_index(parts, struct part, at);
        part.from = MIN(part.from, other->from);
        part.to = MAX(part.to, other->to);
        g_array_remove_index(parts, at);
    }
    g_array_insert_val(parts, at, part);
}

static bool
is_whole(const struct fragmented *fragmented)
{
    const struct part *first = &g_array_index(fragmented->parts, struct part, 0);
    return fragmented->length > 0 && first->from == 0 && first->to >= fragmented->length;
}

bool
fragments_add(struct fragments *fragments, const struct packet *packet, uint32_t path,
              const struct ip_fragment *fragment, struct payload *whole)
{
    const struct payload *data = &fragment->data;
    uint32_t end = fragment->offset + data->length;
    if (data->captured < data->length || data->length == 0 || end > UINT16_MAX)
        return false;
    struct fragmented *fragmented = find_or_add(fragments, packet, path, fragment->id);
    if (end > fragmented->bytes->len)
        g_byte_array_set_size(fragmented->bytes, end);
    memcpy(fragmented->bytes->data + fragment->offset, data->bytes, data->length);
    add_part(fragmented->parts, (struct part){fragment->offset, end});
    if (fragment->last)
        fragmented->length = end;
    if (!is_whole(fragmented))
        return false;
    g_byte_array_set_size(fragments->whole, 0);
    g_byte_array_append(fragments->whole, fragmented->bytes->data, fragmented->length);
    forget(fragments, fragmented);
    *whole = (struct payload){fragments->whole->data, fragments->whole->len, fragments->whole->len};
    return true;
}
