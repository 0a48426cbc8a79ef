/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/relations.h"

static const struct explanation table[] = {
#define EXPLAINS(cause, effect, relation) {cause, effect, relation},
#define REPLACES(whole, part)
#include "findings/relations.def"
#undef REPLACES
#undef EXPLAINS
};

const struct relations case_relations = {table, sizeof table / sizeof *table};
