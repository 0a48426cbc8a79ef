/* Documented timers of load balancers, firewalls, servers and stacks: what a measured idle time may
 * match. The table is timers.def; the user can add rows (UAT "Known timers").
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_TIMERS_H
#define NETCASE_ENGINE_TIMERS_H

#include <glib.h>

#include "api/detector.h"

/* What a connection waits for while a timer runs. SESSION: any packet, or any data, whatever it is doing. */
enum timer_state {
    TIMER_SESSION,
    TIMER_BETWEEN_REQUESTS,
    TIMER_REQUEST_HEADER,
    TIMER_REQUEST_BODY,
    TIMER_RESPONSE,
    TIMER_CONNECTING,
    TIMER_TLS_HANDSHAKE
};

/* `ends` is a set of bits 1 << enum timer_end: the ways in which the timer is documented (or, where
 * no source says how, thought) to show itself. `sourced` tells that the way is from the source too. */
struct known_timer {
    const char *id, *vendor, *product, *name;
    const char *layer; /* "HTTP", "TCP", "TLS", "UDP", ... */
    double seconds;    /* default value */
    unsigned ends;
    bool sourced;
    const char *source;
    enum timer_state state;
};

extern const struct known_timer known_timers[];
extern const size_t known_timer_count;

/* Tolerances around a timer of T nanoseconds (catalogue: "past a level", "at a timer"). */
int64_t timer_early(int64_t timer); /* max(0.5 s, 2.5 %) */
int64_t timer_late(int64_t timer);  /* max(2 s, 3 %) */

/* Whether the connection ends at the time itself, not with what comes after it. */
static inline bool
timer_ends_at_once(enum timer_end end)
{
    return end == TIMER_CLOSE || end == TIMER_EXPIRED;
}

/* Parse "15,60,120" into ascending nanoseconds (at most 16, each 1 to 86400 s). NULL and a message
 * that names the wrong part, freed by the caller, if it is malformed. */
GArray *timer_levels_parse(const char *text, char **problem);

/* See detector.h. `levels` as from timer_levels_parse, `timers` an array of struct known_timer. */
int64_t timer_level_passed(const GArray *levels, int64_t idle);
int64_t timer_due(const GArray *levels, const GArray *timers, enum timer_end end, int64_t idle);

/* What a connection waited for, as far as its packets tell, before `now`, the packet that ends it; NULL where that is another
 * flow's. */
enum timer_state timer_state_of(const struct flow *flow, const struct packet *now);

/* Timers that match an idle time in a state. */
struct timer_match {
    enum timer_end end;
    enum timer_state state;
    int64_t idle;
    int64_t survived;    /* what was survived before; 0 = nothing is known */
    const char *product; /* what the server calls itself, a word such as "nginx"; NULL or "" = unknown */
};

/* The candidates of the product, then those that run in the state, then those of a session, each nearest first and of equals the
 * sourced ones first: a
 * GPtrArray of texts "nginx keepalive_timeout (75 s)", freed by the caller; `others` gets the number of those that would match in
 * another state. With those ends that come at the time itself those due at `idle`, otherwise those with T <= idle + early tolerance and T >= idle / 2; all above
 * what was survived. Only timers of TCP, TLS and HTTP layers. */
GPtrArray *timer_candidates(const GArray *timers, const struct timer_match *match, unsigned *others);

#endif
