/* What the reader of scenarios keeps while it reads. See scenario.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SCENARIO_SCRIPT_H
#define NETCASE_TESTS_SCENARIO_SCRIPT_H

#include "packet_bytes.h"
#include "scenario.h"

struct script_host {
    char *name;
    struct ip_address address;
    uint8_t ttl;
    uint16_t next_ip_id;
};

/* An encapsulation of the scenario. A mirror does not turn round for the server's packets. */
struct script_wrapping {
    char *name;
    struct wrapping wrapping;
    bool mirror;
};

enum { WRAPPINGS_MAX = 4 };

/* Around a packet, the outermost first. */
struct wrappings {
    unsigned count;
    const struct script_wrapping *item[WRAPPINGS_MAX];
};

/* A TCP segment or UDP datagram as it was sent. `packet` lacks the payload, which stands here. */
struct segment {
    struct packet packet;
    GByteArray *payload;
    bool checksum, bad_checksum; /* it has a right one; a wrong one */
};

struct script_side {
    struct script_host *host;
    uint16_t port;
    uint32_t next;        /* sequence number */
    bool waits;           /* for a segment that was dropped */
    uint32_t waits_for;   /* its sequence number */
    GPtrArray *sent;      /* struct segment * that took sequence numbers, or datagrams */
    struct segment *last; /* the last packet, whatever it was; NULL before */
    uint32_t timestamp;
};

struct script_flow {
    char *name;
    uint8_t protocol;
    struct script_side side[2]; /* client, server */
    struct wrappings wrappings;
    uint32_t cut; /* 0 = not */
    bool timestamps;
    bool checksums; /* right ones */
    bool has_ip_id; /* the same for all packets */
    uint16_t ip_id;
};

struct script {
    struct scenario *scenario;
    bool renumbered;
    GPtrArray *hosts, *wrappings, *flows;
    int64_t time;
    uint16_t outer_ip_id;
    unsigned line;
    char *problem; /* the first one */
    char **word;   /* of the line */
    unsigned at;   /* the next word */
};

/* Note what is wrong with the line; the first one counts. */
void script_fail(struct script *script, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The next word, "" at the end of the line. */
const char *script_peek(const struct script *script);
const char *script_take(struct script *script);
bool script_take_if(struct script *script, const char *word);
uint64_t script_take_number(struct script *script);

/* Seconds with decimals, exactly: tolerances are tested to the nanosecond. */
int64_t script_read_time(struct script *script, const char *text);

struct script_host *script_find_host(struct script *script, const char *name);
bool script_read_address(const struct script *script, const char *text, struct ip_address *address);
struct ip_address script_take_address(struct script *script);
struct wrappings script_take_wrappings(struct script *script);

/* If the words that come next describe payload, append it. */
bool script_take_payload(struct script *script, GByteArray *payload);
bool script_take_dns(struct script *script, GByteArray *payload);

/* A line as it is in round `round` of a repetition: {i}, {i%3}, {40000+i*2} are worked out. */
char *script_fill_in(struct script *script, const char *text, unsigned round);

/* Lines, of which the first word was taken. */
void script_take_host(struct script *script);
void script_take_wrapping(struct script *script, bool mirror);
void script_take_flow(struct script *script, uint8_t protocol);
void script_take_set(struct script *script);
void script_take_expect(struct script *script);
void script_take_says(struct script *script);
void script_take_withdrawn(struct script *script);
void script_take_packet(struct script *script);

/* A packet line while it is read. */
struct line {
    struct script *script;
    struct script_flow *flow;
    bool from_client;
    struct script_side *sender, *receiver;
    struct segment *segment;
    bool lost, dropped;
    bool repeated, copied; /* takes no new sequence numbers; is no packet of its own */
    struct wrappings wrappings;
    uint32_t cut, snap; /* 0 = not */
};

void segment_free(void *segment);

/* Add the line's segment to the frames, or an ICMP error about the receiver's last one. */
void script_add_segment(struct line *line);
void script_add_icmp(struct line *line);

/* A line of ARP or neighbour discovery, of which the words up to "arp" were taken. */
void script_take_neighbour(struct script *script);

#endif
