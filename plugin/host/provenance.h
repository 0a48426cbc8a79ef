/* Where a report comes from.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_PROVENANCE_H
#define NETCASE_HOST_PROVENANCE_H

#include "host/host_compat.h"
#include "report/view.h"

/* Version, host, file and options; `filter` may be NULL. What it holds is the origin's: free it with provenance_clear(). */
void provenance_fill(struct report_origin *origin, const char *filter);
void provenance_clear(struct report_origin *origin);

#endif
