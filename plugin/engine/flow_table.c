/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/flow_table.h"

#include "memory/packed.h"
#include "memory/table.h"

/* A place of the table of current flows; empty while `number` is 0. */
struct slot {
    uint32_t hash, number;
};

/* Where a flow is kept. */
struct entry {
    void *memory;     /* NULL = forgotten */
    bool open;        /* `memory` is a struct flow_record, otherwise what packed_write() made of one */
    bool young;       /* of what is packed: is_young() */
    bool has_missing; /* of what is packed: it owns memory */
};

/* Every packet looks its flow up, so this is a table of our own: open addressing, a port that is used again
 * replaces its flow. It costs a third of GHashTable's instructions. */
struct flow_table {
    struct hash_seed seed;
    struct slot *slots;
    size_t slot_count; /* a power of two, more than twice the number of flows in it */
    size_t slots_used;
    GArray *entries;     /* struct entry, by number - 1 */
    struct table *hosts; /* struct host, by struct host_key */
    size_t record_size;  /* with the states of the detectors: whole words */
    struct flow_record *open[FLOWS_OPEN_MAX];
    size_t open_count, next_open;  /* of these, and the one that is tried next when a place is needed */
    struct flow_record *looked_at; /* room for one that is packed */
};

/* Where a struct host begins. */
struct host_key {
    uint32_t path;
    struct ip_address address;
};

enum { SLOTS_AT_FIRST = 1024 };

struct flow_table *
flow_table_new(const struct hash_seed *seed, size_t states_size)
{
    struct flow_table *table = g_new0(struct flow_table, 1);
    table->seed = *seed;
    size_t groups = (sizeof(struct flow_record) + states_size + PACKED_GROUP - 1) / PACKED_GROUP;
    table->record_size = groups * PACKED_GROUP;
    g_assert(table->record_size <= PACKED_SIZE_MAX);
    table->looked_at = g_malloc(table->record_size);
    table->slot_count = SLOTS_AT_FIRST;
    table->slots = g_new0(struct slot, table->slot_count);
    table->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    table->hosts = table_new(seed, sizeof(struct host_key), g_free);
    return table;
}

static struct entry *
entry_of(const struct flow_table *table, uint32_t number)
{
    return &g_array_index(table->entries, struct entry, number - 1);
}

/* -- Records, open and packed ------------------------------------------------------------------- */

static bool
is_young(const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol == PROTOCOL_TCP)
        return flow->handshake.completed_frame == 0 && flow->by_client.new_bytes + flow->by_server.new_bytes == 0;
    return flow->by_client.packets + flow->by_server.packets <= 2;
}

static void
free_missing(struct missing **missing)
{
    g_free(*missing);
    *missing = NULL;
}

static void
pack_record(struct flow_table *table, struct flow_record *record)
{
    uint32_t packed[PACKED_ROOM];
    struct entry *entry = entry_of(table, record->flow.number);

    if (record->client_missing != NULL && record->client_missing->count == 0)
        free_missing(&record->client_missing);
    if (record->server_missing != NULL && record->server_missing->count == 0)
        free_missing(&record->server_missing);
    size_t words = packed_write(record, table->record_size, packed);
    *entry = (struct entry){.memory = g_memdup2(packed, words * sizeof *packed),
                            .young = is_young(record),
                            .has_missing = record->client_missing != NULL || record->server_missing != NULL};
}

/* A place for a record: a new one while there are few, else that of a flow that was not asked for lately. */
static struct flow_record *
take_record(struct flow_table *table)
{
    if (table->open_count < FLOWS_OPEN_MAX) {
        struct flow_record *record = g_malloc(table->record_size);
        table->open[table->open_count++] = record;
        return record;
    }
    for (;; table->next_open = (table->next_open + 1) % FLOWS_OPEN_MAX) {
        struct flow_record *record = table->open[table->next_open];
        if (!record->recent)
            break;
        record->recent = false;
    }
    struct flow_record *record = table->open[table->next_open];
    table->next_open = (table->next_open + 1) % FLOWS_OPEN_MAX;
    if (record->flow.number != 0)
        pack_record(table, record);
    return record;
}

static struct flow_record *
open_record(struct flow_table *table, uint32_t number)
{
    struct entry *entry = entry_of(table, number);
    struct flow_record *record = entry->memory;
    if (record == NULL)
        return NULL;
    if (!entry->open) {
        record = take_record(table);
        packed_read(entry->memory, record, table->record_size);
        g_free(entry->memory);
        *entry = (struct entry){.memory = record, .open = true};
    }
    record->recent = true;
    return record;
}

/* The record as it is, without opening it: valid until the next look. */
static struct flow_record *
look_at_record(const struct flow_table *table, const struct entry *entry)
{
    if (entry->open)
        return entry->memory;
    packed_read(entry->memory, table->looked_at, table->record_size);
    return table->looked_at;
}

/* What the flow owns; the memory of open records is kept for others. */
static void
free_entry(const struct flow_table *table, const struct entry *entry)
{
    if (entry->open || entry->has_missing) {
        struct flow_record *record = look_at_record(table, entry);
        free_missing(&record->client_missing);
        free_missing(&record->server_missing);
    }
    if (!entry->open)
        g_free(entry->memory);
}

void
flow_table_free(struct flow_table *table)
{
    if (table == NULL)
        return;
    for (guint number = 1; number <= table->entries->len; number++)
        free_entry(table, entry_of(table, number));
    g_free(table->looked_at);
    for (size_t i = 0; i < table->open_count; i++)
        g_free(table->open[i]);
    g_array_unref(table->entries);
    g_free(table->slots);
    table_free(table->hosts);
    g_free(table);
}

/* -- Finding a flow by its endpoints -------------------------------------------------------------- */

static uint64_t
endpoint_hash(const struct hash_seed *seed, const struct endpoint *endpoint)
{
    uint64_t half[2];
    memcpy(half, endpoint->address.bytes, sizeof half);
    return hash_two(seed, hash_two(seed, 0, half[0], half[1]), endpoint->port, endpoint->address.family);
}

/* The same for both directions. */
static uint32_t
flow_hash(const struct hash_seed *seed, uint32_t path, uint8_t protocol, const struct endpoint *a,
          const struct endpoint *b)
{
    uint64_t both = endpoint_hash(seed, a) + endpoint_hash(seed, b);
    return (uint32_t)hash_two(seed, both, path, protocol);
}

static uint32_t
record_hash(const struct flow_table *table, const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    return flow_hash(&table->seed, flow->path, flow->protocol, &flow->client, &flow->server);
}

/* Whether the packet is of this flow, and if so from which side. */
static bool
is_of_flow(const struct flow *flow, const struct packet *packet, uint32_t path, bool *from_client)
{
    if (flow->path != path || flow->protocol != packet->protocol)
        return false;
    *from_client =
        endpoint_equal(&flow->client, &packet->source) && endpoint_equal(&flow->server, &packet->destination);
    return *from_client ||
           (endpoint_equal(&flow->client, &packet->destination) && endpoint_equal(&flow->server, &packet->source));
}

/* The slot of the packet's flow, with its record, or the empty one where it belongs and NULL. */
static struct slot *
find_slot(struct flow_table *table, const struct packet *packet, uint32_t path, uint32_t hash, bool *from_client,
          struct flow_record **record)
{
    size_t place = hash & (table->slot_count - 1);
    for (; table->slots[place].number != 0; place = (place + 1) & (table->slot_count - 1)) {
        if (table->slots[place].hash != hash)
            continue;
        *record = open_record(table, table->slots[place].number);
        if (is_of_flow(&(*record)->flow, packet, path, from_client))
            return &table->slots[place];
    }
    *record = NULL;
    return &table->slots[place];
}

/* The slot that holds this number, which has this hash; for 0 the empty one where such a flow belongs. */
static struct slot *
slot_with(const struct flow_table *table, uint32_t hash, uint32_t number)
{
    size_t place = hash & (table->slot_count - 1);
    while (table->slots[place].number != 0 && table->slots[place].number != number)
        place = (place + 1) & (table->slot_count - 1);
    return &table->slots[place];
}

static void
grow(struct flow_table *table)
{
    struct slot *old = table->slots;
    size_t old_count = table->slot_count;

    table->slot_count *= 2;
    table->slots = g_new0(struct slot, table->slot_count);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].number != 0)
            *slot_with(table, old[i].hash, 0) = old[i];
    g_free(old);
}

/* Open addressing ends a search at an empty place: those behind the emptied one move up, unless they
 * already stand between where they belong and it. */
static void
clear_slot(struct flow_table *table, struct slot *slot)
{
    size_t mask = table->slot_count - 1;
    size_t empty = (size_t)(slot - table->slots);
    for (size_t place = (empty + 1) & mask; table->slots[place].number != 0; place = (place + 1) & mask) {
        size_t wanted = table->slots[place].hash & mask;
        if (((place - wanted) & mask) < ((place - empty) & mask))
            continue;
        table->slots[empty] = table->slots[place];
        empty = place;
    }
    table->slots[empty].number = 0;
    table->slots_used--;
}

/* -- The life of a flow ------------------------------------------------------------------------------ */

static void
host_leave(struct flow_table *table, struct host *host)
{
    if (--host->flows == 0)
        table_remove(table->hosts, host);
}

/* Forget the youngest flow but FLOWS_YOUNG_MAX, if it still is young. */
static void
forget_oldest(struct flow_table *table)
{
    uint32_t number = table->entries->len - FLOWS_YOUNG_MAX + 1;
    struct entry *entry = entry_of(table, number);
    if (!entry->open && !entry->young)
        return;
    struct flow_record *record = look_at_record(table, entry);
    if (!is_young(record))
        return;
    struct slot *slot = slot_with(table, record_hash(table, record), number);
    if (slot->number == number)
        clear_slot(table, slot);
    host_leave(table, record->client_host);
    host_leave(table, record->server_host);
    free_entry(table, entry);
    if (entry->open) {
        record->flow.number = 0;
        record->recent = false;
    }
    *entry = (struct entry){0};
}

/* Who opened the conversation. The SYN tells; without one the service is taken to be at the lower
 * port if that is a well-known one (RFC 6335), else at the receiver of the first packet. */
static bool
source_is_client(const struct packet *packet)
{
    if (packet->protocol == PROTOCOL_TCP && (packet->flags & TCP_SYN))
        return !(packet->flags & TCP_ACK);
    uint16_t source = packet->source.port, destination = packet->destination.port;
    if (source < 1024 && destination >= 1024)
        return false;
    return true;
}

static struct host_key
host_key_of(uint32_t path, const struct ip_address *address)
{
    struct host_key key;
    memset(&key, 0, sizeof key);
    key.path = path;
    key.address = *address;
    return key;
}

/* What is known of an address on a path; made if it is new. */
static struct host *
host_of(struct flow_table *table, uint32_t path, const struct ip_address *address)
{
    struct host_key key = host_key_of(path, address);
    struct host *host = table_find(table->hosts, &key);
    if (host == NULL) {
        host = g_new0(struct host, 1);
        host->path = path;
        host->address = *address;
        table_add(table->hosts, host);
    }
    return host;
}

/* From now on the packet's ports belong to the flow with this number. */
static void
set_current(struct flow_table *table, const struct packet *packet, uint32_t path, uint32_t hash, uint32_t number)
{
    bool from_client;
    struct flow_record *before;
    struct slot *slot = find_slot(table, packet, path, hash, &from_client, &before);
    table->slots_used += before == NULL;
    *slot = (struct slot){.hash = hash, .number = number};
    if (2 * table->slots_used > table->slot_count)
        grow(table);
}

static struct flow_record *
flow_start(struct flow_table *table, uint32_t path, uint32_t hash, struct packet *packet)
{
    if (table->entries->len >= FLOWS_YOUNG_MAX)
        forget_oldest(table);
    uint32_t number = table->entries->len + 1;
    set_current(table, packet, path, hash, number);
    struct flow_record *record = take_record(table);
    packed_read(packed_zeros, record, table->record_size);
    struct flow *flow = &record->flow;

    packet->from_client = source_is_client(packet);
    flow->number = number;
    flow->protocol = packet->protocol;
    flow->path = path;
    flow->client = packet->from_client ? packet->source : packet->destination;
    flow->server = packet->from_client ? packet->destination : packet->source;
    flow->first_frame = packet->frame;
    flow->first_time = packet->time;
    flow->last_time = packet->time;
    flow->began_before = packet->protocol == PROTOCOL_TCP && !(packet->flags & TCP_SYN);
    record->client_host = host_of(table, path, &flow->client.address);
    record->server_host = host_of(table, path, &flow->server.address);
    record->client_host->flows++;
    record->server_host->flows++;

    record->recent = true;
    struct entry entry = {.memory = record, .open = true};
    g_array_append_val(table->entries, entry);
    return record;
}

/* A SYN that does not belong to the connection that has the ports: they are used again. */
static bool
starts_anew(const struct flow_record *record, const struct packet *packet)
{
    if (packet->protocol != PROTOCOL_TCP || (packet->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
        return false;
    if (record->flow.handshake.syn_frame == 0)
        return record->flow.handshake.syn_ack_frame == 0 || record->flow.by_client.packets > 0;
    return !endpoint_equal(&packet->source, &record->flow.client) ||
           packet->sequence != record->client_initial_sequence;
}

struct flow_record *
flow_table_get(struct flow_table *table, struct packet *packet, uint32_t path, bool *started)
{
    uint32_t hash = flow_hash(&table->seed, path, packet->protocol, &packet->source, &packet->destination);
    struct flow_record *record;

    find_slot(table, packet, path, hash, &packet->from_client, &record);
    *started = record == NULL || starts_anew(record, packet);
    if (!*started)
        return record;
    bool reused = record != NULL;
    record = flow_start(table, path, hash, packet);
    record->flow.reused = reused;
    return record;
}

struct flow_record *
flow_table_find(struct flow_table *table, const struct packet *packet, uint32_t path)
{
    bool from_client;
    struct flow_record *record;
    uint32_t hash = flow_hash(&table->seed, path, packet->protocol, &packet->source, &packet->destination);
    find_slot(table, packet, path, hash, &from_client, &record);
    return record;
}

const struct host *
flow_table_host(const struct flow_table *table, uint32_t path, const struct ip_address *address)
{
    struct host_key key = host_key_of(path, address);
    return table_find(table->hosts, &key);
}

bool
flow_table_has_seen(const struct flow_table *table, uint32_t path, const struct ip_address *address)
{
    const struct host *host = flow_table_host(table, path, address);
    return host != NULL && host->seen;
}

uint32_t
flow_table_count(const struct flow_table *table)
{
    return table->entries->len;
}

struct flow_record *
flow_table_by_number(struct flow_table *table, uint32_t number)
{
    return number >= 1 && number <= table->entries->len ? open_record(table, number) : NULL;
}

void
flow_table_each(const struct flow_table *table, void (*visit)(const struct flow *flow, void *data), void *data)
{
    for (guint number = 1; number <= table->entries->len; number++) {
        const struct entry *entry = entry_of(table, number);
        if (entry->memory != NULL)
            visit(&look_at_record(table, entry)->flow, data);
    }
}
