/* The findings of a capture, in the order of their reports and by frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_STORE_H
#define NETCASE_FINDINGS_STORE_H

#include "findings/finding.h"

struct store;

struct store *store_new(void);
void store_free(struct store *store);

/* Takes ownership and gives the finding its number and place. */
void store_add(struct store *store, struct finding *finding);

/* One more event of the series of the finding with this number. */
void store_again(struct store *store, uint32_t number, uint32_t frame, int64_t time);

/* The findings whose series took more time than before, struct finding *, each once, until they are forgotten. */
const GPtrArray *store_grown(const struct store *store);
void store_forget_grown(struct store *store);

/* All findings, struct finding *, by number. */
const GPtrArray *store_findings(const struct store *store);

/* Those of a case, in the order of their reports; NULL if there is none. */
const GPtrArray *store_by_case(const struct store *store, const char *id);

/* The findings whose trigger is this frame, NULL if none: struct finding * in the order of reports. */
const GPtrArray *store_by_frame(const struct store *store, uint32_t frame);

/* The findings for which this frame is evidence, NULL if none. Up to date after store_index(). */
const GPtrArray *store_by_evidence(const struct store *store, uint32_t frame);

/* The highest frame that has a finding, 0 if there is none. */
uint32_t store_last_frame(const struct store *store);

/* Take the evidence of the findings since the last call into the index: cheap when there is none. */
void store_index(struct store *store);

#endif
