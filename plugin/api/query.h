/* A DNS query and what became of it: the transmissions of one question to one server, and the answer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_QUERY_H
#define NETCASE_API_QUERY_H

#include "packet.h"

enum { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_REFUSED = 5 };

enum { QUERY_ADDRESSES_MAX = 8 };

/* What an answer says, and what tells about its sender. */
struct query_answer {
    uint32_t frame; /* 0 = none yet */
    int64_t time;
    uint8_t rcode, ttl; /* ttl: of the IP packet, or the hop limit */
    bool authoritative, truncated;
    bool has_ip_id; /* IPv4 only */
    uint16_t ip_id;
    uint32_t length;        /* of the message on the wire */
    bool whole;             /* all its addresses are in `address` */
    unsigned address_count; /* of A and AAAA records */
    struct ip_address address[QUERY_ADDRESSES_MAX];
};

/* OPEN: an answer can be expected. ANSWERED: it came. GIVEN_UP: nothing is due any more that could bring it: neither the next
 * transmission nor its answer. SETTLED: the server said something that is no answer to be read, or an ICMP error came. */
enum query_outcome { QUERY_OPEN, QUERY_ANSWERED, QUERY_GIVEN_UP, QUERY_SETTLED };

/* What a detector is told (detector.on_query). An answer may come to a query that was given up. */
enum query_event {
    QUERY_GETS_ANSWER,         /* the first one, `answer`: it is in the current packet */
    QUERY_GETS_ANOTHER_ANSWER, /* `another`, in the current packet; `answer` is still the one before */
    QUERY_IS_GIVEN_UP          /* the current packet is any that came late enough */
};

/* Transmissions have one id, type and name, one client address and one server; the client may send them from one port or
 * from several. Times are nanoseconds since 1970. */
struct query {
    struct endpoint client; /* of the newest transmission */
    struct endpoint server;
    uint16_t id, type;
    const char *name;       /* as in struct dns_message */
    bool recursion_desired; /* a client's query, not that of a resolver on its way through the tree */
    enum query_outcome outcome;
    bool given_up; /* it was, once: an answer may have come since */
    unsigned transmissions;
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    unsigned answers, expected; /* expected: one for each transmission, and those that earlier queries have not got */
    struct query_answer answer;
    const struct query_answer *another; /* of QUERY_GETS_ANOTHER_ANSWER, else NULL */
    int64_t usual; /* the fastest answer of this server to this client before; 0 = fewer than three are known */
    uint32_t elsewhere_frame;  /* in which the client asked another server the same, with the same id; 0 = none */
    uint32_t unexpected_frame; /* of an answer that came from an address which was not asked; 0 = none */
    struct endpoint unexpected_source;
    const struct query
        *twin; /* for the other of A and AAAA, from the same port within a second; NULL if there is none */
};

/* The shortest timeout of a client whose look-up is noticed by its user (half of 5 s), with some tolerance; what an answer takes
 * at most that is no late one; and what a resolver takes for what it has to ask others for. */
#define QUERY_NOTICED     MILLISECONDS(2400)
#define QUERY_IN_TIME     MILLISECONDS(1000)
#define QUERY_ANSWER_SOON MILLISECONDS(500)

/* Whether its twin was answered in time. */
static inline bool
query_twin_was_answered(const struct query *query)
{
    const struct query *twin = query->twin;
    return twin != NULL && twin->outcome == QUERY_ANSWERED && twin->answer.time - twin->first_time < QUERY_IN_TIME;
}

/* Whether its twin was answered in time while this query had to be sent again after a timeout that a user notices, and is answered at
 * once then, or not at all: it was lost, and its twin was not. A server that is slow answers in the middle of nowhere. */
static inline bool
query_is_lost_twin(const struct query *query)
{
    return query_twin_was_answered(query) && query->transmissions > 1 &&
           query->last_time - query->first_time >= QUERY_NOTICED &&
           (query->outcome != QUERY_ANSWERED || query->answer.time - query->last_time < QUERY_ANSWER_SOON);
}

/* Whether it says what the name has: SERVFAIL tells nothing of the name, and a truncated one asks to come again. */
static inline bool
query_answer_is_definite(const struct query_answer *answer)
{
    return !answer->truncated &&
           (answer->rcode == DNS_NOERROR || answer->rcode == DNS_NXDOMAIN || answer->rcode == DNS_REFUSED);
}

#endif
