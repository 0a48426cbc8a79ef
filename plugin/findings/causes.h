/* Which findings explain another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_CAUSES_H
#define NETCASE_FINDINGS_CAUSES_H

#include "findings/relations.h"
#include "findings/store.h"
#include "memory/hash.h"

/* At most this many are named: more say nothing new. */
enum { CAUSES_MAX = 5 };

struct causes;

/* What explains the findings of the store by these relations. All three must live longer. */
struct causes *causes_new(struct store *store, const struct relations *relations, const struct hash_seed *seed);
void causes_free(struct causes *causes);

/* The table names two causes for each thing that is shared. Those that were withdrawn since explain nothing, and may stand in the place
 * of others: make room for these. For views of the whole capture, as it costs a look at all findings that are asked for next. */
void causes_forget_withdrawn(struct causes *causes);

/* The findings known so far that explain `finding`, in the order of their reports,
 * each case once with its first. Returns their number. It costs the same however many findings there are; what was
 * reported since the last call is taken in first, so findings must be filled in. */
size_t causes_of(struct causes *causes, const struct finding *finding, const struct finding *found[CAUSES_MAX]);

/* These findings as a person should read them: the gravest first, and what comes from one of them right behind it. What lies outside of
 * the list does not change its order. Only the first ORDERED_MAX are put in order, the others stay behind them. The caller frees the
 * array. */
enum { ORDERED_MAX = 100 };
GPtrArray *causes_in_order(const struct causes *causes, const GPtrArray *findings);

#endif
