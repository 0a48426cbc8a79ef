/* Servers that share the connections to one port (api/pool.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/pool.h"

/* Connections further apart are not of the same load. Translated by a balancer, a connection is seen twice at once. */
static const int64_t pause_time = SECONDS(300), translation_time = SECONDS(1);

bool
pool_has_paused(const struct pool *pool, int64_t now)
{
    return pool->connections > 0 && now - pool->last_time > pause_time;
}

/* Its place; as many as there are if it is not there. */
static uint32_t
place_of_server(const struct pool *pool, const struct ip_address *address)
{
    uint32_t place = 0;
    while (place < pool->servers && !address_equal(&pool->server[place].address, address))
        place++;
    return place;
}

static uint32_t
number_of_client(const struct pool *pool, const struct ip_address *address)
{
    uint32_t number = 0;
    while (number < pool->clients && !address_equal(&pool->client[number], address))
        number++;
    return number;
}

/* NULL if there is no room for it. */
static struct pool_server *
take_server(struct pool *pool, const struct ip_address *address)
{
    uint32_t place = place_of_server(pool, address);
    if (place == POOL_SERVERS_MAX) {
        pool->more_servers = true;
        return NULL;
    }
    if (place == pool->servers)
        pool->server[pool->servers++] = (struct pool_server){.address = *address, .first = pool->connections};
    return &pool->server[place];
}

/* Who chooses for the client; NULL if there is no room for it. */
static struct chooser *
take_chooser(struct pool *pool, enum chosen_by by, const struct ip_address *client)
{
    uint32_t number = number_of_client(pool, client);
    if (number == POOL_CLIENTS_MAX)
        pool->more_clients = true;
    else if (number == pool->clients)
        pool->client[pool->clients++] = *client;
    if (by != CHOSEN_BY_CLIENT)
        return &pool->chooser[0];
    return number < POOL_CLIENTS_MAX ? &pool->chooser[number] : NULL;
}

/* Where a balancer translates addresses, the client's connection to it and that to the back end follow each other and have the same
 * client. */
static bool
was_translated(const struct pool *pool, const struct packet *packet, const struct endpoint *client)
{
    return endpoint_equal(&pool->last_client, client) && packet->time - pool->last_time <= translation_time;
}

bool
pool_count(struct pool *pool, enum chosen_by by, const struct packet *packet, const struct endpoint *client,
           const struct ip_address *address)
{
    if (pool->connections == 0) {
        pool->first_frame = packet->frame;
        pool->first_time = packet->time;
    }
    struct pool_server *server = take_server(pool, address);
    struct chooser *chooser = take_chooser(pool, by, &client->address);
    if (server == NULL || server->in_front || chooser == NULL)
        return false;
    unsigned place = (unsigned)(server - pool->server);
    if (chooser_turns(chooser, place) && was_translated(pool, packet, client)) {
        pool->server[chooser->last - 1].in_front = true;
        chooser->last = 0; /* the balancer went there, which is no choice */
    }
    chooser_take(chooser, place);
    server->last = pool->connections++;
    pool->last_client = *client;
    pool->last_time = packet->time;
    return true;
}

void
pool_take_back(struct pool *pool, enum chosen_by by, const struct ip_address *client, const struct ip_address *server)
{
    uint32_t place = place_of_server(pool, server);
    uint32_t number = by == CHOSEN_BY_CLIENT ? number_of_client(pool, client) : 0;
    if (place < pool->servers && number < POOL_CLIENTS_MAX)
        chooser_take_back(&pool->chooser[number], place);
}

static bool
takes_part(const struct pool *pool, const struct pool_server *server)
{
    return 3 * server->first <= pool->connections && 3 * server->last >= 2 * pool->connections;
}

void
pool_distribution(const struct pool *pool, enum chosen_by by, struct distribution *distribution)
{
    uint32_t taken[POOL_SERVERS_MAX] = {0};
    *distribution = (struct distribution){0};
    for (unsigned number = 0; number < POOL_CLIENTS_MAX; number++) {
        const struct chooser *chooser = &pool->chooser[number];
        if (by != CHOSEN_BY_BALANCER && !chooser_alternates(chooser))
            continue;
        distribution_add_choices(distribution, chooser);
        for (unsigned place = 0; place < pool->servers; place++)
            taken[place] += chooser->taken[place];
    }
    for (unsigned place = 0; place < pool->servers; place++) {
        const struct pool_server *server = &pool->server[place];
        if (server->in_front || taken[place] == 0)
            continue;
        if (takes_part(pool, server))
            distribution_add(distribution, place, taken[place]);
        else
            distribution->others += taken[place];
    }
}
