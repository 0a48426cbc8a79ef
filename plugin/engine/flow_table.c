/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/flow_table.h"

#include "memory/arena.h"
#include "memory/table.h"

/* A place of the table of current flows; empty while `record` is NULL. */
struct slot {
    uint32_t hash;
    struct flow_record *record;
};

/* Every packet looks its flow up, so this is a table of our own: open addressing, a port that is used again
 * replaces its flow. It costs a third of GHashTable's instructions. */
struct flow_table {
    struct hash_seed seed;
    struct slot *slots;
    size_t slot_count; /* a power of two, more than twice the number of flows in it */
    size_t slots_used;
    GPtrArray *records;  /* by number - 1, NULL for those that are forgotten */
    struct table *hosts; /* struct host, by struct host_key */
    GQueue young;        /* numbers of the newest flows, the oldest of them first */
    size_t states_size;
    struct arena memory;           /* of records and states */
    struct flow_record *forgotten; /* its memory is used again */
};

/* Where a struct host begins. */
struct host_key {
    uint32_t path;
    struct ip_address address;
};

enum { SLOTS_AT_FIRST = 1024 };

static void
clear_record(void *item)
{
    struct flow_record *record = item;
    if (record == NULL)
        return;
    g_free(record->client_missing);
    g_free(record->server_missing);
}

struct flow_table *
flow_table_new(const struct hash_seed *seed, size_t states_size)
{
    struct flow_table *table = g_new0(struct flow_table, 1);
    table->seed = *seed;
    table->states_size = states_size;
    table->slot_count = SLOTS_AT_FIRST;
    table->slots = g_new0(struct slot, table->slot_count);
    table->records = g_ptr_array_new_with_free_func(clear_record);
    table->hosts = table_new(seed, sizeof(struct host_key), g_free);
    return table;
}

void
flow_table_free(struct flow_table *table)
{
    if (table == NULL)
        return;
    g_free(table->slots);
    g_queue_clear(&table->young);
    table_free(table->hosts);
    g_ptr_array_unref(table->records);
    arena_clear(&table->memory);
    g_free(table);
}

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

/* The slot of the packet's flow, or the empty one where it belongs. */
static struct slot *
find_slot(const struct flow_table *table, const struct packet *packet, uint32_t path, uint32_t hash, bool *from_client)
{
    size_t place = hash & (table->slot_count - 1);
    while (
        table->slots[place].record != NULL &&
        (table->slots[place].hash != hash || !is_of_flow(&table->slots[place].record->flow, packet, path, from_client)))
        place = (place + 1) & (table->slot_count - 1);
    return &table->slots[place];
}

/* The slot that holds this record, which has this hash; for NULL the empty one where such a record belongs. */
static struct slot *
slot_with(const struct flow_table *table, uint32_t hash, const struct flow_record *record)
{
    size_t place = hash & (table->slot_count - 1);
    while (table->slots[place].record != NULL && table->slots[place].record != record)
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
        if (old[i].record != NULL)
            *slot_with(table, old[i].hash, NULL) = old[i];
    g_free(old);
}

/* The flow that the packet's ports belong to from now on. */
static void
set_current(struct flow_table *table, struct flow_record *record, const struct packet *packet, uint32_t hash)
{
    bool from_client;
    struct slot *slot = find_slot(table, packet, record->flow.path, hash, &from_client);
    table->slots_used += slot->record == NULL;
    *slot = (struct slot){.hash = hash, .record = record};
    if (2 * table->slots_used > table->slot_count)
        grow(table);
}

/* Open addressing ends a search at an empty place: those behind the emptied one move up, unless they
 * already stand between where they belong and it. */
static void
clear_slot(struct flow_table *table, struct slot *slot)
{
    size_t mask = table->slot_count - 1;
    size_t empty = (size_t)(slot - table->slots);
    for (size_t place = (empty + 1) & mask; table->slots[place].record != NULL; place = (place + 1) & mask) {
        size_t wanted = table->slots[place].hash & mask;
        if (((place - wanted) & mask) < ((place - empty) & mask))
            continue;
        table->slots[empty] = table->slots[place];
        empty = place;
    }
    table->slots[empty].record = NULL;
    table->slots_used--;
}

static void
host_leave(struct flow_table *table, struct host *host)
{
    if (--host->flows == 0)
        table_remove(table->hosts, host);
}

static bool
is_young(const struct flow_record *record)
{
    const struct flow *flow = &record->flow;
    if (flow->protocol == PROTOCOL_TCP)
        return flow->handshake.completed_frame == 0 && flow->by_client.new_bytes + flow->by_server.new_bytes == 0;
    return flow->by_client.packets + flow->by_server.packets <= 2;
}

/* Forget the oldest of the young flows, if it still is one. */
static void
forget_oldest(struct flow_table *table)
{
    guint number = GPOINTER_TO_UINT(g_queue_pop_head(&table->young));
    struct flow_record *record = flow_table_by_number(table, number);
    if (!is_young(record))
        return;
    struct slot *slot = slot_with(table, record_hash(table, record), record);
    if (slot->record == record)
        clear_slot(table, slot);
    host_leave(table, record->client_host);
    host_leave(table, record->server_host);
    table->records->pdata[number - 1] = NULL;
    clear_record(record);
    uint8_t *states = record->states;
    *record = (struct flow_record){.states = states};
    if (states != NULL)
        memset(states, 0, table->states_size);
    /* At most one at a time: each new flow forgets one and takes its memory. */
    table->forgotten = record;
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

static struct flow_record *
take_record(struct flow_table *table)
{
    struct flow_record *record = table->forgotten;
    table->forgotten = NULL;
    return record != NULL ? record : arena_take(&table->memory, sizeof *record);
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

static struct flow_record *
flow_start(struct flow_table *table, uint32_t path, uint32_t hash, struct packet *packet)
{
    if (table->young.length >= FLOWS_YOUNG_MAX)
        forget_oldest(table);
    struct flow_record *record = take_record(table);
    struct flow *flow = &record->flow;

    packet->from_client = source_is_client(packet);
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

    g_ptr_array_add(table->records, record);
    flow->number = table->records->len;
    g_queue_push_tail(&table->young, GUINT_TO_POINTER(flow->number));
    set_current(table, record, packet, hash);
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
    struct flow_record *record = find_slot(table, packet, path, hash, &packet->from_client)->record;

    *started = record == NULL || starts_anew(record, packet);
    return *started ? flow_start(table, path, hash, packet) : record;
}

uint8_t *
flow_table_states(struct flow_table *table, struct flow_record *record)
{
    if (record->states == NULL)
        record->states = arena_take(&table->memory, table->states_size);
    return record->states;
}

struct flow_record *
flow_table_find(struct flow_table *table, const struct packet *packet, uint32_t path)
{
    bool from_client;
    uint32_t hash = flow_hash(&table->seed, path, packet->protocol, &packet->source, &packet->destination);
    return find_slot(table, packet, path, hash, &from_client)->record;
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
    return table->records->len;
}

struct flow_record *
flow_table_by_number(const struct flow_table *table, uint32_t number)
{
    return number >= 1 && number <= table->records->len ? g_ptr_array_index(table->records, number - 1) : NULL;
}
