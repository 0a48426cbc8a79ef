/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/encapsulation.h"

#include "memory/table.h"

/* What makes two networks one, two paths one, and two sessions one. */
struct network_key {
    uint32_t outer_network;
    uint32_t what; /* as in the path */
    uint32_t identifier;
    uint32_t padding;
};

struct path_key {
    uint32_t outer_path;
    uint32_t what; /* enum session_kind, or the letter of encapsulation_separate */
    uint32_t identifier;
    struct ip_address low, high;
    uint8_t padding[2];
};

struct session_key {
    uint32_t outer_path;
    uint32_t kind; /* enum session_kind */
    uint32_t identifier;
    struct ip_address source, target;
    uint8_t padding[2];
};

struct session_entry {
    struct session_key key; /* first: the entry is found by it */
    struct session session;
};

struct path_entry {
    struct path_key key; /* first: the entry is found by it */
    uint32_t number;
};

struct network_entry {
    struct network_key key; /* first: the entry is found by it */
    uint32_t number;
};

/* Most packets come in a session that brought one lately: found without a search, a place for each hash. */
enum { LATELY = 64 };

struct encapsulation {
    struct session_entry *lately[LATELY];
    struct hash_seed seed;
    struct table *paths, *networks; /* struct path_entry, struct network_entry */
    GArray *network_of_path;        /* uint32_t, by number of the path */
    GPtrArray *network_by_number;   /* struct network_entry *; NULL for 0 */
    struct table *session_keys;     /* struct session_entry */
    GPtrArray *sessions;            /* struct session *, inside of the entries */
};

struct encapsulation *
encapsulation_new(const struct hash_seed *seed)
{
    struct encapsulation *encapsulation = g_new0(struct encapsulation, 1);
    encapsulation->seed = *seed;
    encapsulation->paths = table_new(seed, sizeof(struct path_key), g_free);
    encapsulation->networks = table_new(seed, sizeof(struct network_key), g_free);
    encapsulation->network_of_path = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    g_array_set_size(encapsulation->network_of_path, 1);
    encapsulation->network_by_number = g_ptr_array_new();
    g_ptr_array_add(encapsulation->network_by_number, NULL);
    encapsulation->session_keys = table_new(seed, sizeof(struct session_key), g_free);
    encapsulation->sessions = g_ptr_array_new();
    return encapsulation;
}

void
encapsulation_free(struct encapsulation *encapsulation)
{
    if (encapsulation == NULL)
        return;
    table_free(encapsulation->paths);
    table_free(encapsulation->networks);
    g_array_unref(encapsulation->network_of_path);
    g_ptr_array_unref(encapsulation->network_by_number);
    table_free(encapsulation->session_keys);
    g_ptr_array_unref(encapsulation->sessions);
    g_free(encapsulation);
}

uint32_t
encapsulation_network(const struct encapsulation *encapsulation, uint32_t path)
{
    const GArray *networks = encapsulation->network_of_path;
    return path < networks->len ? g_array_index(networks, uint32_t, path) : 0;
}

struct network_name
encapsulation_network_name(const struct encapsulation *encapsulation, uint32_t network)
{
    const GPtrArray *networks = encapsulation->network_by_number;
    const struct network_entry *entry = network < networks->len ? g_ptr_array_index(networks, network) : NULL;
    return entry != NULL ? (struct network_name){entry->key.what, entry->key.identifier} : (struct network_name){0, 0};
}

/* The network that a path with this key leads into. */
static uint32_t
network_number(struct encapsulation *encapsulation, const struct path_key *path)
{
    struct network_key key = {.outer_network = encapsulation_network(encapsulation, path->outer_path),
                              .what = path->what,
                              .identifier = path->identifier};
    struct network_entry *entry = table_find(encapsulation->networks, &key);
    if (entry == NULL) {
        entry = g_new0(struct network_entry, 1);
        entry->key = key;
        entry->number = encapsulation->network_by_number->len;
        table_add(encapsulation->networks, entry);
        g_ptr_array_add(encapsulation->network_by_number, entry);
    }
    return entry->number;
}

static uint32_t
path_number(struct encapsulation *encapsulation, uint32_t outer_path, uint32_t what, const struct ip_address *a,
            const struct ip_address *b, uint32_t identifier)
{
    struct path_key key;
    memset(&key, 0, sizeof key);
    key.outer_path = outer_path;
    key.what = what;
    key.identifier = identifier;
    if (a != NULL && b != NULL) {
        bool ordered = memcmp(a, b, sizeof *a) < 0;
        key.low = ordered ? *a : *b;
        key.high = ordered ? *b : *a;
    }
    struct path_entry *entry = table_find(encapsulation->paths, &key);
    if (entry == NULL) {
        entry = g_new0(struct path_entry, 1);
        entry->key = key;
        entry->number = table_size(encapsulation->paths) + 1;
        uint32_t network = network_number(encapsulation, &key);
        g_array_append_val(encapsulation->network_of_path, network);
        table_add(encapsulation->paths, entry);
    }
    return entry->number;
}

static struct session_entry *
start_session(struct encapsulation *encapsulation, const struct session_key *key)
{
    struct session_entry *entry = g_new0(struct session_entry, 1);
    entry->key = *key;
    table_add(encapsulation->session_keys, entry);
    g_ptr_array_add(encapsulation->sessions, &entry->session);
    entry->session = (struct session){
        .number = encapsulation->sessions->len,
        .kind = key->kind,
        .source = key->source,
        .target = key->target,
        .vni = key->identifier,
        .path = path_number(encapsulation, key->outer_path, key->kind, &key->source, &key->target, key->identifier),
        .role = key->kind == SESSION_ERSPAN ? SESSION_MIRROR : SESSION_UNKNOWN,
    };

    struct session_key reverse = *key;
    reverse.source = key->target;
    reverse.target = key->source;
    struct session_entry *opposite = table_find(encapsulation->session_keys, &reverse);
    if (opposite != NULL && opposite != entry && key->kind != SESSION_ERSPAN)
        entry->session.role = opposite->session.role = SESSION_OVERLAY;
    return entry;
}

static struct session_entry *
find_session(struct encapsulation *encapsulation, const struct session_key *key)
{
    uint64_t hash = hash_bytes(&encapsulation->seed, 0, key, sizeof *key);
    struct session_entry **lately = &encapsulation->lately[hash % LATELY];
    if (*lately != NULL && memcmp(&(*lately)->key, key, sizeof *key) == 0)
        return *lately;
    struct session_entry *entry = table_find(encapsulation->session_keys, key);
    *lately = entry != NULL ? entry : start_session(encapsulation, key);
    return *lately;
}

struct place
encapsulation_enter(struct encapsulation *encapsulation, const struct place *outer, enum session_kind kind,
                    const struct ip_address *source, const struct ip_address *target, uint32_t identifier,
                    uint32_t frame_length)
{
    struct session_key key;
    memset(&key, 0, sizeof key);
    key.outer_path = outer->path;
    key.kind = kind;
    key.identifier = identifier;
    key.source = *source;
    key.target = *target;
    struct session_entry *entry = find_session(encapsulation, &key);
    return (struct place){.path = entry->session.path, .session = entry->session.number, .frame_length = frame_length};
}

struct place
encapsulation_separate(struct encapsulation *encapsulation, const struct place *outer, char what,
                       const struct ip_address *source, const struct ip_address *target, uint32_t identifier)
{
    struct place place = *outer;
    place.path = path_number(encapsulation, outer->path, (uint8_t)what, source, target, identifier);
    return place;
}

struct session *
encapsulation_session(const struct encapsulation *encapsulation, uint32_t number)
{
    const GPtrArray *sessions = encapsulation->sessions;
    return number >= 1 && number <= sessions->len ? g_ptr_array_index(sessions, number - 1) : NULL;
}

const GPtrArray *
encapsulation_sessions(const struct encapsulation *encapsulation)
{
    return encapsulation->sessions;
}

enum mirror_direction
session_direction(const struct session *session, const struct ip_address *inner_source,
                  const struct ip_address *inner_destination)
{
    if (address_equal(&session->source, inner_source))
        return DIRECTION_EGRESS;
    if (address_equal(&session->source, inner_destination))
        return DIRECTION_INGRESS;
    return DIRECTION_UNKNOWN;
}

void
session_count(struct session *session, const struct packet *packet)
{
    enum mirror_direction direction = session_direction(session, &packet->source.address, &packet->destination.address);

    if (session->packets == 0) {
        session->first_frame = packet->frame;
        session->first_time = session->last_time = packet->time;
    }
    session->last_frame = packet->frame;
    session->first_time = MIN(session->first_time, packet->time);
    session->last_time = MAX(session->last_time, packet->time);
    session->packets++;
    session->bytes += packet->ip_length;
    session->unique_bytes += packet->duplicate ? 0 : packet->ip_length;
    session->ingress += direction == DIRECTION_INGRESS;
    session->egress += direction == DIRECTION_EGRESS;
    if (direction != DIRECTION_UNKNOWN && session->role == SESSION_UNKNOWN)
        session->role = SESSION_MIRROR;
    if (packet->missing > 0) {
        session->cut_packets++;
        if (packet->frame_length > session->cut_length)
            session->cut_length = packet->frame_length;
    }
}

void
session_two_way(struct session *session)
{
    session->two_way_flows++;
    if (session->role == SESSION_UNKNOWN)
        session->role = SESSION_MIRROR;
}
