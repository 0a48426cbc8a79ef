/* The findings of a capture, in the order of their reports and by frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_STORE_H
#define NETCASE_FINDINGS_STORE_H

#include "findings/finding.h"
#include "memory/hash.h"

struct store;

/* What findings of a case are about: a flow, or the key of a detector in a network. Without holes. */
enum { SUBJECT_KEY_MAX = 64 };
struct subject {
    const struct case_info *info;
    uint32_t network, size; /* size 0: the flow whose number stands in `network` */
    uint8_t key[SUBJECT_KEY_MAX];
};
struct subject store_subject_of_flow(const struct case_info *info, uint32_t flow);
struct subject store_subject(const struct case_info *info, uint32_t network, const void *key, size_t size);

/* The seed must live longer. */
struct store *store_new(const struct hash_seed *seed);
void store_free(struct store *store);

/* Takes ownership and gives the finding its number and place. It is about its flow, and about `subject` unless that is NULL. */
void store_add(struct store *store, struct finding *finding, const struct subject *subject);

/* The newest finding about the subject that stands, NULL if there is none, and how many stand. */
struct finding *store_about(const struct store *store, const struct subject *subject);
uint32_t store_count_about(const struct store *store, const struct subject *subject);

/* The same as store_about(), for whoever will change it: evidence that it gets is indexed. */
struct finding *store_touch(struct store *store, const struct subject *subject);

/* The finding with this number, for whoever will change it; NULL if there is none that stands. */
struct finding *store_touch_number(struct store *store, uint32_t number);

/* The finding with this number, from 1 on, withdrawn or not; NULL if there is none. */
struct finding *store_by_number(const struct store *store, uint32_t number);

/* The frame refutes the finding: it is in no list from now on but in store_withdrawn_by(), and there only if its own frame may have been
 * shown. Numbers and places of others stay. */
void store_withdraw(struct store *store, struct finding *finding, uint32_t frame);

/* The findings that this frame refutes, NULL if none; and how many were withdrawn in all. */
const GPtrArray *store_withdrawn_by(const struct store *store, uint32_t frame);
guint store_withdrawn(const struct store *store);

/* One more event of the series of the finding with this number. */
void store_again(struct store *store, uint32_t number, uint32_t frame, int64_t time);

/* The findings whose series took more time than before, struct finding *, each once, until they are forgotten. */
const GPtrArray *store_grown(const struct store *store);
void store_forget_grown(struct store *store);

/* All findings that stand, struct finding *, by number. Valid until the next is added or withdrawn. */
const GPtrArray *store_findings(struct store *store);

/* Those of a case by place, withdrawn ones too; NULL if there is none. */
const GPtrArray *store_by_case(const struct store *store, const char *id);

/* Which finding of its case this is among those that stand, from 1 on, and how many these are. It costs a look at all findings if
 * some came or went since the last call. */
struct standing {
    uint32_t place, count;
};
struct standing store_standing(struct store *store, const struct finding *finding);

/* The findings whose trigger is this frame, NULL if none: struct finding * in the order of reports. */
const GPtrArray *store_by_frame(const struct store *store, uint32_t frame);

/* The findings for which this frame is evidence, NULL if none. Up to date after store_index(). */
const GPtrArray *store_by_evidence(const struct store *store, uint32_t frame);

/* The highest frame that has a finding or refutes one, 0 if there is none. */
uint32_t store_last_frame(const struct store *store);

/* Take the evidence of the findings since the last call into the index: cheap when there is none. */
void store_index(struct store *store);

#endif
