/* A capture that was read: what the engine made of it, and what it has not seen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_COMMAND_READING_H
#define NETCASE_COMMAND_READING_H

#include "engine/engine.h"
#include "report/frames.h"
#include "texts/texts.h"
#include "walk/walk.h"

struct reading {
    struct engine *engine;
    struct frames *frames;
    uint64_t count;                /* of frames */
    int64_t first_time, last_time; /* the earliest and the latest of them, nanoseconds since 1970 */
    uint64_t unread[WALK_RESULTS]; /* frames by enum walk_result */
    GHashTable *links;             /* frames by libwiretap's number of an unknown link layer */
};

/* Read the whole file. The settings must outlive the reading. NULL if it can't be opened. A message fit for a terminal, freed by the caller,
 * in both cases: if it can't be opened, or can't be read to its end. */
struct reading *reading_new(const struct settings *settings, const char *name, char **problem);
void reading_free(struct reading *reading);

/* "Not looked at: 3 of 25 frames (2 IP fragments, 1 frame of ...): tshark with netcase may see more in them." The caller frees it; NULL if
 * there are none. */
char *reading_unread(const struct reading *reading, enum language language);

#endif
