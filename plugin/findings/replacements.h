/* Findings that stand instead of others. A scan is told once, and not once more for each attempt that it consists of: those are
 * withdrawn in its favour, whichever comes first. The pairs of cases are the lines REPLACES() of relations.def.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_REPLACEMENTS_H
#define NETCASE_FINDINGS_REPLACEMENTS_H

#include "findings/store.h"

struct replacements;

/* The store and the seed must live longer. */
struct replacements *replacements_new(struct store *store, const struct hash_seed *seed);
void replacements_free(struct replacements *replacements);

/* Take the findings of the store since the last call, all of whose facts are known now. `frame` is the current one. */
void replacements_settle(struct replacements *replacements, uint32_t frame);

#endif
