/* A finding: a case that was found true, with what was measured. Owned by the store.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_FINDING_H
#define NETCASE_FINDINGS_FINDING_H

#include <glib.h>

#include "api/case.h"
#include "api/flow.h"

enum fact_type {
    TYPE_DURATION,
    TYPE_COUNT,
    TYPE_BYTES,
    TYPE_BIT_RATE,
    TYPE_ENDPOINT,
    TYPE_ADDRESS,
    TYPE_TEXT,     /* words of netcase or of its user */
    TYPE_CAPTURED, /* text as the capture has it */
    TYPE_FLAG,
    TYPE_FRAME
};

/* What facts.def says of each fact, by enum fact_name. `name` is the placeholder and the stem of
 * the filter name. */
struct fact_info {
    const char *name;
    enum fact_type type;
    struct wording english;
};

extern const struct fact_info fact_infos[FACT_COUNT];

/* Whether facts of this name are texts, of which a finding may have several. */
bool fact_is_text(enum fact_name name);

/* One measured value. `number` holds durations (nanoseconds), counts, bytes, frames and flags (1). */
struct fact {
    enum fact_name name;
    int64_t number;
    struct endpoint endpoint; /* of ENDPOINT; ADDRESS uses its address */
    char *text;               /* of TEXT and CAPTURED, owned; printable (findings/printable.h) */
    char *chinese;            /* the same in Chinese, owned; NULL if there is no difference */
};

/* What a culprit did in all, where one finding stands for many events. No events: it is not of that kind. */
struct series {
    uint64_t events;
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    bool grown; /* the store's: it is in store_grown() */
};

enum { FINDING_PORTS_MAX = 4 };

struct finding {
    uint32_t number; /* from 1, in the order of reports */
    uint32_t place;  /* the same among the findings of its case */
    const struct case_info *info;
    enum severity severity;
    enum confidence confidence;
    uint32_t frame;   /* trigger, the engine's number */
    int64_t time;     /* of the trigger */
    uint32_t flow;    /* 0 = none */
    uint32_t network; /* of the flow, 0 = outside of encapsulations; see encapsulation_network() */
    uint32_t session; /* that brought the trigger, 0 = none */
    struct series series;
    uint16_t port[FINDING_PORTS_MAX]; /* those that FACT_ports lists; the rest is 0 */
    uint32_t withdrawn_frame;         /* in which it was refuted, 0 while it stands */
    struct about *about[2];           /* the store's: what it is about; NULL = nothing more */
    bool touched;                     /* the store's: its evidence may have grown since it was indexed */
    uint32_t standing;                /* the store's: its place among those of its case that stand */
    GArray *facts;                    /* struct fact, in the order of the report; to be read by finding_facts() */
    struct later *later;              /* facts that are not worked out yet; NULL if there are none */
    GArray *known;                    /* the facts before those were worked out; NULL if there were none */
    GArray *evidence;                 /* uint32_t frames, ascending, without the trigger */
};

struct finding *finding_new(const struct case_info *info, enum confidence confidence, uint32_t frame, uint32_t flow);
void finding_free(struct finding *finding);

/* A fact more; of a name that is no text the new value takes the place of an older one. Takes ownership of the texts. */
void finding_add_fact(struct finding *finding, struct fact fact);

/* Facts that take long to work out, as most findings are never shown: `add` adds them where they stand now when they are asked
 * for. Takes ownership of `data`. */
void finding_add_later(struct finding *finding, void (*add)(struct finding *finding, const void *data), void *data);

/* All facts, struct fact in the order of the report. Facts that were looked at before stay where they are. */
const GArray *finding_facts(const struct finding *finding);

/* A frame that the finding rests on; 0, the trigger and what it has already are ignored. */
void finding_add_evidence(struct finding *finding, uint32_t frame);

/* Takes all facts of this name out. */
void finding_forget_facts(struct finding *finding, enum fact_name name);

/* The first fact with this name, NULL if the finding has none. */
const struct fact *finding_fact(const struct finding *finding, enum fact_name name);

/* What the finding is about: two findings of a case with the same culprit are one to their reader. The server, where there is
 * none the client, the address, or the mirror session; NULL if it names none of them. */
const struct fact *finding_culprit(const struct finding *finding);

#endif
