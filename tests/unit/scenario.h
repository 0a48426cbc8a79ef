/* Scenarios: what happens on a network, in the words of those who work with it, made into packets.
 * docs/testing.md describes when to write one; this is the language. A line is a statement or a
 * packet; # begins a comment; words with spaces stand in quotes.
 *
 *   set levels 15,60,120           set home CN HK        set tls-ports 443,8443
 *   set mirror.one_way_packets 6   set expect-cname pay.com gfvip09aj.com
 *   set countries none             (otherwise the database that is delivered)
 *   set known-timers none          (otherwise timers.def)
 *
 *   host client 192.168.1.30 ttl 64             ttl as captured; 64 if it is left out
 *   mirror M vxlan 10.0.0.9 10.0.0.2 100        every copy goes from 10.0.0.9 to 10.0.0.2
 *   tunnel T ipip 10.0.0.3 10.0.0.4             the client's packets go there, the server's back
 *       kinds: vxlan, geneve, erspan, gre (with or without a key), ipip
 *   tcp A client:51968 server:88                a connection; its name begins its packets' lines
 *   udp D client:40000 resolver:53
 *       behind the endpoints: in M, cut N, no-timestamps, checksums (right ones), ip-id N, seq CLIENT SERVER (of the
 *       timestamps, too, so that two flows can have the same packets)
 *
 *   0.250 A > data 100 FIN         at 0.25 s client to server; < is server to client
 *   +0.03 A < ack                  0.03 s after the line before; times may go backwards
 *   0.000 A open                   SYN, SYN-ACK, ACK, 10 ms apart
 *   +0.01 A tls 1.2 NAME           the handshake of TLS 1.2 (5 packets) or 1.3 (4 packets), 10 ms apart
 *
 *   repeat 60                      the lines up to "end" 60 times; their times are best written with +,
 *   tcp A client:{40000+i} server{i%2}:80       $n in them is the number of the round, from 1, and i in braces
 *   +0.05 A open                                that from 0; + - * / % are worked out from left to right
 *   end
 *
 *   1.000 arp who-has server tell client     a question of ARP, of IPv6 a neighbour solicitation; without "tell" a probe
 *   1.001 arp server is-at MAC tell client   an answer; without "tell" an announcement; MAC may be "own"
 *
 * Words of a packet:
 *   SYN SYN-ACK ACK FIN RST RST-ACK, ack [+N|-N|=N], seq +N|-N|=N, no-ack, echo -N (ms: time stamp of an earlier packet)
 *       RST ack =N: a number in the field, without the flag
 *   data N, http GET /x, http 200 [N] (behind both: header "Name: value", unfinished),
 *   client-hello NAME [LENGTH], server-hello 1.2|1.3|retry,
 *   certificate N, ccs, finished, appdata N, alert fatal|warning NAME, encrypted-alert, hex DIGITS
 *   query A NAME, answer A NAME {CNAME TARGET|A ADDRESS|AAAA ADDRESS} [rcode N] [txid N]
 *       [aa] [tc] [no-recursion]; a query may also be for SOA, PTR, TXT or ANY
 *   again [N]     sends the last (or Nth last) segment again: new IP ID, new timestamp
 *   copy          the last packet of this direction, captured once more
 *   probe [1]     keepalive, without or with a byte
 *   ECE, URG      control bits of data
 *   bad-checksum  one bit fell over on the way
 *   d-sack        says that a segment came twice (RFC 2883)
 *   lost          happens, but the capture misses it
 *   dropped       is captured, but never arrives: the other side does not acknowledge it
 *   icmp unreachable|prohibited|port|time-exceeded|too-big MTU from HOST
 *                 quotes the other side's last packet
 *   ttl N, ip-id N, win N, in NAME[+NAME], in nothing, cut N (bytes left by the mirror, from the
 *   inner Ethernet header), snap N (bytes captured, from the outer IP header)
 *
 * Sequence numbers, acknowledgments, IP IDs and timestamps go on by themselves.
 *
 *   expect idle.reset [error] [likely] [idle='14.94 s'] [keepalive=yes] [survived=none] [caused-by=tls.alert_fin] [evidence=8,9] [events=12]
 *
 * at the packet above: this case, perhaps with this severity, confidence and facts, explained by these cases or none, resting on
 * these packets besides the one above (numbers from 1) or none, and counting so many events to the end. All that is found must be
 * expected.
 *
 *   says quiet='14.94 s' closer=115.28.115.126:88 timer=*      more words of the expectation above; * is any value
 *
 * `test_scenarios --words FILE` prints all that the findings say.
 *
 *   withdrawn idle.reset
 *
 * the packet above refutes the newest such finding: before it the finding stands, from it on it is not there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_SCENARIO_H
#define NETCASE_TESTS_SCENARIO_H

#include <glib.h>

#include "engine/engine.h"

struct scenario_frame {
    int64_t time;
    GByteArray *bytes; /* from the outer IP header on */
    uint32_t captured;
    unsigned line;
};

struct expectation {
    uint32_t frame, withdrawn_frame; /* 0 = it stands */
    unsigned line;
    char *id;
    char **words; /* severity, confidence, facts; NULL-terminated */
};

struct scenario {
    struct settings settings;
    GPtrArray *frames;       /* struct scenario_frame *; number 1 is the first */
    GPtrArray *expectations; /* struct expectation * */
};

/* NULL, and a message with the line freed by the caller, if the text can't be read. `countries` may
 * be NULL and must outlive the scenario. */
struct scenario *scenario_read(const char *text, struct country_database *countries, char **problem);

/* The same between other hosts: other addresses of the same networks, and other ports of the clients. */
struct scenario *scenario_read_renumbered(const char *text, struct country_database *countries, char **problem);
void scenario_free(struct scenario *scenario);

/* How to play it. */
struct play {
    int64_t shift;           /* added to all times */
    bool twice;              /* every packet is captured twice, one hop apart */
    bool in_vxlan;           /* a mirror session that shows both directions carries every packet */
    bool headers_only;       /* the capture has no payload of TCP and UDP */
    bool beside_others;      /* each packet is followed by three of a healthy connection between other hosts */
    bool engine_opens;       /* see feed.h */
    bool detectors_reversed; /* see settings.h */
};

/* A scenario while it is played. The engine has seen its first `frames` frames; `number` has for each of them the number that
 * it has in the engine. */
struct player {
    struct scenario *scenario;
    struct play play;
    struct engine *engine;
    uint32_t frames;
    uint32_t engine_frames;
    uint32_t exchanges; /* of the other hosts */
    GArray *number;     /* uint32_t */
};

/* The scenario must outlive the player. */
struct player *player_new(struct scenario *scenario, const struct play *play);
void player_free(struct player *player);

/* Show the next frame to the engine. False if there is none. */
bool player_next(struct player *player);

/* The number in the engine of a frame that was shown: both count from 1. */
uint32_t player_number(const struct player *player, uint32_t frame);

#endif
