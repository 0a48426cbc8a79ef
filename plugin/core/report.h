/* The findings of a capture in the order in which a person should read them: grouped by culprit, the gravest first,
 * and among equals what explains others before what is explained.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_REPORT_H
#define NETCASE_CORE_REPORT_H

#include "core/causes.h"
#include "core/summary.h"

/* Findings of one case about one culprit: the server that they share, or where there is none the client, the address or
 * the mirror session. Equal addresses in two tunnels or mirror sessions may be two hosts. Severity and confidence are the highest among them. */
struct report_group {
    GPtrArray *findings; /* const struct finding *, in the order of the reports; the first one's text stands for all */
    enum severity severity;
    enum confidence confidence;
    uint64_t events; /* findings, or where they stand for many events those */
    bool explained;  /* each of them by a finding of another case */
};

struct report {
    const struct store *store;
    const struct encapsulation *encapsulation;
    struct capture_summary summary;
    GPtrArray *groups; /* struct report_group * */
    GPtrArray *silent; /* const struct case_info *: without a finding */
    guint findings;
};

/* Findings for which `is_wanted` is false are left out. Lives no longer than the engine; the caller frees it. */
struct report *report_new(struct engine *engine, bool (*is_wanted)(const struct finding *finding, void *data),
                          void *data);
void report_free(struct report *report);

/* Number of findings with this severity. */
unsigned report_count_of(const struct report *report, enum severity severity);

#endif
