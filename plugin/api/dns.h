/* A DNS message, as far as netcase reads it (RFC 1035, 4).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_DNS_H
#define NETCASE_API_DNS_H

#include "digest.h"

enum { DNS_TYPE_A = 1, DNS_TYPE_CNAME = 5, DNS_TYPE_AAAA = 28 };
enum { DNS_NAME_MAX = 256, DNS_ANSWERS_MAX = 32 };

/* A resource record of the answer section. Names are lower case, without the last dot; bytes
 * that are not printable ASCII become '?'. */
struct dns_answer {
    uint16_t type;
    uint32_t ttl; /* seconds */
    char name[DNS_NAME_MAX];
    char target[DNS_NAME_MAX]; /* of a CNAME, else "" */
    struct ip_address address; /* of an A or AAAA, else family 0 */
};

/* `complete` is false where the message was cut or malformed: what was read before that is right,
 * what is missing can't be concluded. Answers above DNS_ANSWERS_MAX are left out (not complete). */
struct dns_message {
    uint16_t id;
    bool response, truncated, authoritative, recursion_desired;
    uint8_t rcode;
    uint16_t query_type;
    char query_name[DNS_NAME_MAX];
    unsigned answer_count;
    struct dns_answer answer[DNS_ANSWERS_MAX];
    bool complete;
};

/* A number that stands for a name where the name itself is too long for a key; eight bytes at a time, because every
 * query may be asked for it. */
static inline uint64_t
dns_name_digest(const char *name)
{
    uint64_t digest = 1;
    for (size_t left = strlen(name); left > 0;) {
        size_t part = left < 8 ? left : 8;
        uint64_t word = 0;
        memcpy(&word, name, part);
        digest = digest_mix(digest, word);
        name += part;
        left -= part;
    }
    return digest;
}

/* -- Names, in lower case as messages have them ----------------------------------------------- */

unsigned dns_name_labels(const char *name);

/* Whether its top-level domain is one that local networks use for themselves, and that are search domains therefore. */
bool dns_name_is_local(const char *name);

/* Whether it is what programs make up to find out whether their network gives addresses to names that don't exist. */
bool dns_name_is_random(const char *name);

/* Whether it is asked for in order to find out if it exists, so that an answer without result means nothing: reverse look-ups,
 * blacklists, services, proxies. */
bool dns_name_may_be_missing(const char *name);

/* Name of a record type such as "AAAA"; "other" for those that are seldom asked for. */
const char *dns_type_name(uint16_t type);

#endif
