/* What the engine learns of a capture as a whole, beyond single flows: who was seen where, which
 * server speaks TLS, how long its idle connections live, where home is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_KNOWLEDGE_H
#define NETCASE_ENGINE_KNOWLEDGE_H

#include <glib.h>

#include "api/detector.h"
#include "engine/settings.h"

struct knowledge;

/* A connection of a server that paused and went on: its first and its newest packet. */
struct lived {
    int64_t from, to;
    uint32_t frame; /* of the newest; 0 = none */
};

/* Idle times of one server and port, in nanoseconds; 0 = none seen. */
struct bracket {
    int64_t longest_survived, shortest_died;
    struct lived lived; /* the newest of its connections that did */
    char product[24];   /* the first word of its Server fields ("nginx"), cut to what fits; "" = unknown */
};

struct knowledge *knowledge_new(const struct settings *settings);
void knowledge_free(struct knowledge *knowledge);

/* A server in its network (encapsulation_network()): the same address in another one is another host. */
struct known_server {
    uint32_t network;
    struct endpoint endpoint;
};

/* The idle bracket of a server; made if new. */
struct bracket *knowledge_bracket(struct knowledge *knowledge, uint32_t network, const struct endpoint *server);

/* Call `visit` for each server of which a bracket is known, in the order of networks, addresses and ports. */
void knowledge_each_bracket(struct knowledge *knowledge,
                            void (*visit)(const struct known_server *server, const struct bracket *bracket, void *data),
                            void *data);

/* TLS was seen at this server. */
void knowledge_add_tls_server(struct knowledge *knowledge, uint32_t network, const struct endpoint *server);
bool knowledge_has_tls_server(const struct knowledge *knowledge, uint32_t network, const struct endpoint *server);

/* A peer answered, or a resolver: public ones say where home is. */
void knowledge_add_peer(struct knowledge *knowledge, const struct ip_address *address, bool resolver);

/* See country_of, home_countries and country_is_home in detector.h. Codes live as long as the knowledge. */
const char *knowledge_country(struct knowledge *knowledge, const struct ip_address *address);
enum home knowledge_home(struct knowledge *knowledge, const char **countries);
bool knowledge_is_home(struct knowledge *knowledge, const char *country);

#endif
