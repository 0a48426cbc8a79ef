/* The engine: takes the packets of one capture in order, keeps flows and all that is known of the
 * capture, shows each packet to the detectors, and keeps what they find.
 *
 * One engine per capture; it is freed when the capture is closed. Nothing here knows of Wireshark:
 * unit tests, fuzzers and the host feed it alike.
 *
 * The way of one packet: the host fills a `struct arrival` -> engine_transport() reads the TCP or UDP
 * header -> duplicates -> flow table -> tcp, tls, http, dns facts -> vantage -> detectors -> store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_ENGINE_H
#define NETCASE_ENGINE_ENGINE_H

#include "engine/encapsulation.h"
#include "engine/flow_table.h"
#include "engine/settings.h"
#include "findings/causes.h"

struct engine;

/* The settings stay the caller's and must outlive the engine. */
struct engine *engine_new(const struct settings *settings);
void engine_free(struct engine *engine);

/* A transport header as it comes out of IP. `packet` has frame, time, addresses, protocol, ttl and IP
 * ID; the engine fills in the rest. `transport` begins with the TCP, UDP or ICMP header; its length is
 * what the IP header claims. `ip_length` is that of the whole IP packet on the wire, `ip_present` what
 * an encapsulation left of it (the same if nothing was cut, or outside of encapsulations). */
struct arrival {
    struct packet packet;
    struct payload transport;
    struct place place;
    uint32_t ip_length, ip_present;
    uint32_t segment;   /* of ARP and ICMPv6: as in struct neighbour */
    struct place inner; /* where what it carries stands: the engine's, if the result says that it encapsulates */
};

/* What came of it. */
struct arrival_result {
    uint32_t flow;     /* number, 0 = no flow (malformed, or only a tunnel) */
    bool encapsulates; /* what it carries stands at arrival.inner */
};

/* Take a TCP or UDP header; the arrival's packet is filled in. UDP that carries VXLAN or GENEVE makes no flow: its content does. */
struct arrival_result engine_transport(struct engine *engine, struct arrival *arrival);

/* Take a GRE header (IP protocol 47): the place of what it carries. */
struct arrival_result engine_gre(struct engine *engine, struct arrival *arrival);

/* Take an ICMP or ICMPv6 message: an error says something about the flow that it quotes, neighbour discovery who has which address. */
void engine_icmp(struct engine *engine, struct arrival *arrival);

/* Take an ARP message, which `transport` is: it says who has which address. The packet has frame and time only. */
void engine_arp(struct engine *engine, const struct arrival *arrival);

/* Take what VXLAN on a port that the host does not decode carries: an Ethernet frame, read by the engine's
 * own means. The arrival has frame, time and place; the rest is filled in as if the host had shown it. */
struct arrival_result engine_ethernet(struct engine *engine, struct arrival *arrival, const struct payload *frame);

struct store *engine_store(struct engine *engine);
struct causes *engine_causes(struct engine *engine);
struct encapsulation *engine_encapsulation(struct engine *engine);
const struct flow_table *engine_flows(const struct engine *engine);

#endif
