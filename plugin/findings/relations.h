/* The table of relations: which finding explains another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_RELATIONS_H
#define NETCASE_FINDINGS_RELATIONS_H

#include <stddef.h>

/* What two findings share where the one explains the other. Addresses and endpoints are those of the
 * facts client and server. */
enum relation {
    SAME_FLOW = 1,       /* the flow of the trigger */
    SAME_CLIENT,         /* the client's address */
    SAME_SERVER,         /* the server's address and port */
    SAME_SERVER_ADDRESS, /* the server's address */
    SAME_ADDRESS,        /* client or server of the one is client or server of the other */
    SAME_NAME,           /* the DNS name */
    ANSWERED_WITH,       /* the first of the two answers that the cause names is the effect's server */
    BEHIND,              /* the cause's client is the effect's server: a proxy, and what is behind it */
    SAME_TIME, /* nothing but the time: the cause went on within a minute before the effect's trigger or after it,
                          * in whole seconds. Named only where nothing that shares more explains it */
    RELATIONS_END
};

/* A finding of the case `cause` explains one of the case `effect`, by id, if both were found and share what `relation`
 * says. */
struct explanation {
    const char *cause, *effect;
    enum relation relation;
};

struct relations {
    const struct explanation *explanation;
    size_t count;
};

/* Those of relations.def. */
extern const struct relations case_relations;

#endif
