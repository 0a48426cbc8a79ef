/* How connections ended as JSON: `-z netcase,endings_json`. docs/usage.md describes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_JSON_ENDINGS_JSON_H
#define NETCASE_JSON_ENDINGS_JSON_H

#include <stdio.h>

#include "report/endings.h"

void endings_json_write(FILE *out, const struct endings *endings, const struct engine *engine, enum language language);

#endif
