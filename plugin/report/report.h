/* The findings of a capture in the order in which a person should read them: grouped by culprit, the gravest first,
 * and behind each group what comes from it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_REPORT_H
#define NETCASE_REPORT_REPORT_H

#include "findings/causes.h"
#include "report/oddities.h"
#include "report/summary.h"

/* What a group did to the server that it is about: connections and clients it had in the capture, and how many of the clients have such a
 * finding. All 0 where it is about no server. */
struct impact {
    uint32_t connections, clients, clients_hit;
};

/* Findings of one case about one culprit: the server that they share, or where there is none the client, the address or
 * the mirror session. Equal addresses in two tunnels or mirror sessions may be two hosts. Severity and confidence are the highest among them. */
struct report_group {
    guint number;        /* its place in the report, from 1 on */
    GPtrArray *findings; /* const struct finding *, in the order of the reports; the first one's text stands for all */
    enum severity severity;
    enum confidence confidence;
    uint64_t events; /* findings, or where they stand for many events those */
    bool explained;  /* each of them by a finding of another case */
    struct report_group
        *cause;           /* what explains the first of them, if it comes from no consequence of this one; else NULL */
    GPtrArray *effects;   /* struct report_group *: those of which this is the cause, in their order */
    enum severity weight; /* the highest severity among it and what comes from it */
    struct impact impact;
    enum capture_point capture_point; /* of the first finding's flow */
};

/* So many groups are shown whole, as text, as markdown and as JSON (docs/decisions/causes-by-index.md). */
enum { GROUPS_SHOWN = 200, WITHDRAWN_SHOWN = 100 };

/* What a report does not show, of one case. */
struct report_rest {
    const struct case_info *info;
    enum severity severity; /* the highest of them */
    uint64_t findings, culprits;
};

struct report {
    const struct engine *engine;
    struct causes *causes;
    const struct encapsulation *encapsulation;
    struct capture_summary summary;
    GPtrArray *groups;    /* struct report_group *, each cause in front of what comes from it */
    GPtrArray *silent;    /* const struct case_info *: without a finding */
    GPtrArray *withdrawn; /* const struct finding *: the first that one pass had shown and that were refuted later */
    struct oddities *oddities;
    const struct settings *settings;
    struct flow_table *flows; /* the engine's */
    GHashTable *effects;      /* GPtrArray of const struct finding * by the finding that explains them */
    guint findings;
    guint by_severity[SEVERITY_ERROR + 1]; /* number of findings */
};

/* Findings for which `is_wanted` is false are left out. Lives no longer than the engine; the caller frees it. */
struct report *report_new(struct engine *engine, bool (*is_wanted)(const struct finding *finding, void *data),
                          void *data);
void report_free(struct report *report);

/* The findings that this one explains, at most CAUSES_MAX of them; NULL if there are none. */
const GPtrArray *report_effects(const struct report *report, const struct finding *finding);

/* The two ends of a flow, false if it is forgotten or there is none of this number. */
bool report_ends(const struct report *report, uint32_t flow, struct endpoint *client, struct endpoint *server);

/* The case of a group. */
const struct case_info *report_case(const struct report_group *group);

/* The number of groups that are shown. */
guint report_groups_shown(const struct report *report);

/* What is left if so many findings of each of these groups are shown: struct report_rest, the gravest case first. The caller frees
 * the array. */
GArray *report_rest(const struct report *report, guint findings_shown);

#endif
