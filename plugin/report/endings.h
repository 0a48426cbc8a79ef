/* How the connections to each server ended: a description, no verdict, and so the first thing to look at when there is no finding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_ENDINGS_H
#define NETCASE_REPORT_ENDINGS_H

#include <stdbool.h>

#include "engine/engine.h"
#include "texts/texts.h"

/* One way in which connections to a server ended. */
struct way {
    char *text[2];                     /* by language: "FIN, the client first" */
    const struct signature *signature; /* NULL if it is none of the 19 of api/ending.h */
    uint32_t connections, clients;     /* clients: different addresses */
    int64_t first_time, last_time;     /* when the first and the last of them ended, nanoseconds since 1970 */
};

struct server_endings {
    uint32_t network;
    struct endpoint server;
    uint32_t connections;
    GArray *ways; /* struct way, the most frequent first */
};

struct endings {
    GPtrArray *servers; /* struct server_endings, those with most connections first */
    uint64_t connections;
};

/* Of the TCP connections that `wanted` lets through (NULL: of all). The caller frees it. */
struct endings *endings_new(const struct engine *engine, bool (*wanted)(uint32_t flow, void *data), void *data);
void endings_free(struct endings *endings);

/* A line for each server and way, in aligned columns, of the SERVERS_SHOWN servers with most connections. The caller frees the text. */
enum { SERVERS_SHOWN = 50 };
char *endings_text(const struct endings *endings, const struct engine *engine, enum language language);

#endif
