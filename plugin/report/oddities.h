/* What is odd in a capture and is no finding: below the levels, too short to judge, or explained by nothing that netcase knows. Who reads
 * "no problem found" about a connection that was just reset does not come back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_ODDITIES_H
#define NETCASE_REPORT_ODDITIES_H

#include "engine/engine.h"
#include "report/view.h"

enum oddity_kind {
    ODD_RESET_AFTER_PAUSE, /* what was sent after a pause was answered by RST: `time` is the pause */
    ODD_RESET,             /* what was sent was answered by RST: `time` is how long after */
    ODD_NOT_CONNECTED,     /* SYNs without an answer when the capture ends: `count` of them */
    ODD_SLOW_CONNECT,      /* the SYN-ACK came late: `time` */
    ODD_NOT_TAKEN,         /* data not acknowledged when the capture ends: for `time`, sent `count` times */
    ODD_SILENT,            /* a request was taken, and nothing came for `time` until the capture ends */
    ODD_KINDS
};

struct oddity {
    enum oddity_kind kind;
    uint32_t flow, frame; /* where to look */
    uint32_t from;        /* frame of what it is about, 0 = the same */
    unsigned count;
    int64_t time, when; /* nanoseconds; `when` since 1970 */
    struct endpoint client, server;
    bool by_client; /* the client is the one that does it */
};

enum { ODDITIES_SHOWN = 6 };

struct oddities {
    GArray *shown;             /* struct oddity, the first of the capture, at most ODDITIES_SHOWN of each kind */
    uint32_t count[ODD_KINDS]; /* all of them */
};

/* Of all flows without a finding. The caller frees it. */
struct oddities *oddities_new(const struct engine *engine);
void oddities_free(struct oddities *oddities);

const char *oddity_name(enum oddity_kind kind); /* "reset_after_pause": for scripts */

/* What it is, in a sentence. The caller frees it. */
char *oddity_text(const struct oddity *oddity, const struct report_view *view);

#endif
