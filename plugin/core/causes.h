/* Which findings explain another one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_CAUSES_H
#define NETCASE_CORE_CAUSES_H

#include "core/store.h"

/* At most this many are named: more say nothing new. */
enum { CAUSES_MAX = 5 };

/* The findings known so far that explain `finding` (case_info.explained_by), in the order of their reports,
 * each case once with its first. Returns their number. */
size_t causes_of(const struct store *store, const struct finding *finding, const struct finding *causes[CAUSES_MAX]);

#endif
