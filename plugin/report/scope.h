/* What was looked for without a finding, what the capture does not have, and what it can't tell: three things that "no problem found" must
 * not mix up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_SCOPE_H
#define NETCASE_REPORT_SCOPE_H

#include "report/report.h"
#include "texts/texts.h"

/* FOUND: the family has findings. ABSENT: nothing of the kind is in the capture. The others: nothing was found, or it can't be
 * told, because the capture is shorter than any idle level, or shows one direction only. */
enum scope { SCOPE_FOUND, SCOPE_QUIET, SCOPE_ABSENT, SCOPE_TOO_SHORT, SCOPE_ONE_DIRECTION };

/* The families of cases, in the order in which a person thinks of them. */
extern const char *const scope_families[];
extern const size_t scope_family_count;

enum scope scope_of_family(const struct report *report, const char *family);

/* "idle timeouts". */
const char *scope_family_name(const char *family, enum language language);

#endif
