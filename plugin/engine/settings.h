/* What the user can set, as the engine needs it. Owned by the host, constant while a capture is
 * read; and the secret of its hashes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_SETTINGS_H
#define NETCASE_ENGINE_SETTINGS_H

#include <glib.h>

#include "engine/country.h"
#include "memory/hash.h"

/* A set of ports: bit p % 32 of word p / 32. */
struct port_set {
    uint32_t word[2048];
};

static inline bool
port_set_has(const struct port_set *set, uint16_t port)
{
    return (set->word[port / 32] >> (port % 32)) & 1;
}

static inline void
port_set_add(struct port_set *set, uint16_t port)
{
    set->word[port / 32] |= UINT32_C(1) << (port % 32);
}

/* As Wireshark's users write them: "443,989-990". */
#define DEFAULT_LEVELS      "15,60,120"
#define DEFAULT_VXLAN_PORTS "4789,8472"
#define DEFAULT_TLS_PORTS   "443,465,636,853,989-990,993,995,5061,8443"

/* The ports and ranges of such a text. False, and an empty set, if it is none. */
bool port_set_parse(struct port_set *set, const char *text);

/* Country codes of two letters, separated by spaces, commas or semicolons, as an upper-case vector that the caller frees with g_strfreev. NULL and
 * the wrong word, freed by the caller, if there is one. */
char **countries_parse(const char *text, char **wrong);

/* A CNAME target that the user expects: names that end with `name` may end at targets that end with
 * `target` (both lower case; whole labels). */
struct expected_cname {
    char *name, *target;
};

struct settings {
    GArray *levels;                     /* int64_t nanoseconds, ascending: timer_levels_parse() */
    GArray *timers;                     /* struct known_timer */
    GArray *expected_cnames;            /* struct expected_cname */
    char **home_countries;              /* NULL-terminated, upper case; empty or NULL = derive */
    struct country_database *countries; /* may be NULL; not closed by settings_clear */
    struct port_set vxlan_ports, tls_ports;
    unsigned *thresholds; /* by catalogue_threshold_number() */
    struct hash_seed
        hash_seed;           /* of the capture's tables: the host draws it anew for each, tests have always the same */
    bool detectors_reversed; /* show packets to the last detector first: tests prove that order does not matter */
};

/* The defaults of everything: what tests use and what the host starts from. */
void settings_init(struct settings *settings);

/* A new secret for the hashes, as whoever reads captures of strangers needs for each. */
void settings_draw_seed(struct settings *settings);
void settings_clear(struct settings *settings);

#endif
