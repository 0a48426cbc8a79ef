/* Servers that get the connections of some clients to one port, as the back ends of a balancer do: who took which, and which of the
 * servers take part.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_POOL_H
#define NETCASE_API_POOL_H

#include "distribution.h"
#include "packet.h"

/* With more servers, or more clients that choose, it is no pool behind a balancer but a network of its own. */
enum { POOL_SERVERS_MAX = DISTRIBUTION_PLACES, POOL_CLIENTS_MAX = 16 };

/* Who chooses the server: each client, as far as can be seen; or a balancer for all of them, which may be known to be one. */
enum chosen_by { CHOSEN_BY_CLIENT, CHOSEN_FOR_CLIENTS, CHOSEN_BY_BALANCER };

struct pool_server {
    struct ip_address address;
    bool in_front;        /* the balancer's own address, whose connections go on to the others */
    uint32_t first, last; /* as the how manieth connection of the pool */
};

/* Zeroed at first. */
struct pool {
    uint32_t connections; /* so far; what is taken back is among them */
    uint32_t first_frame;
    int64_t first_time, last_time;
    struct endpoint last_client;
    uint32_t servers, clients;
    bool more_servers, more_clients; /* than there is room for: their connections do not count */
    struct pool_server server[POOL_SERVERS_MAX];
    struct ip_address client[POOL_CLIENTS_MAX];
    struct chooser chooser[POOL_CLIENTS_MAX]; /* the clients; or the first one is the balancer */
};

/* Whether there was a pause after which connections are not of the same load any more. */
bool pool_has_paused(const struct pool *pool, int64_t now);

/* One more connection, which the packet opens. `by` is the same for all of a pool. False if it does
 * not count: there is no room for the server or the client, or the server is the address in front. */
bool pool_count(struct pool *pool, enum chosen_by by, const struct packet *packet, const struct endpoint *client,
                const struct ip_address *server);

/* A connection that was counted was for no client: a health check. Nothing happens if it was not counted. */
void pool_take_back(struct pool *pool, enum chosen_by by, const struct ip_address *client,
                    const struct ip_address *server);

/* How the connections are spread over the servers that take part from beginning to end: others may be mere strangers, were added or
 * failed. Where it is not known that a balancer chooses, only choosers count that alternate as one does. */
void pool_distribution(const struct pool *pool, enum chosen_by by, struct distribution *distribution);

#endif
