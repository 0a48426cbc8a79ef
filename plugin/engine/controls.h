/* Remembers what clients met at the ports of servers (api/control.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_CONTROLS_H
#define NETCASE_ENGINE_CONTROLS_H

#include "engine/context.h"

struct controls_memory;

struct controls_memory *controls_new(const struct hash_seed *seed);
void controls_free(struct controls_memory *memory);

/* The flow begins an attempt. The number of the flow in place of which its client does so, because that one has not been
 * answered for a second; 0 if there is none. */
uint32_t controls_begin(struct engine *engine, const struct flow_record *record, const struct packet *packet);

/* The outcome of the flow's attempt has changed with this packet: it is the answer, if it is one of the flow. */
void controls_note(struct engine *engine, const struct flow_record *record, const struct packet *packet);

/* A TLS handshake of the flow is complete. */
void controls_note_tls(struct engine *engine, const struct flow *flow, const struct packet *packet);

/* See api/detector.h. */
bool controls_other_client(struct engine *engine, const struct flow *flow, int64_t now, struct client_control *control);
struct tls_controls controls_of_tls(struct engine *engine, const struct flow *flow, int64_t now);

/* Of the client at the server, of the port of the server, and of the client at the port, in a network
 * (engine_network()). Valid until the next packet. */
struct control_list controls_of_ports(struct engine *engine, uint32_t network, const struct client_at_server *who);
struct control_list controls_of_clients(struct engine *engine, uint32_t network, const struct client_at_server *who);
const struct failures *controls_failures(struct engine *engine, uint32_t network, const struct client_at_server *who);
bool controls_of_network(struct engine *engine, uint32_t network, const struct client_at_server *who,
                         struct failures *all);

#endif
