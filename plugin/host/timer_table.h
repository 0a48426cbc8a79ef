/* The table of known timers that the user can edit. It starts as what is documented (engine/timers.def).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_TIMER_TABLE_H
#define NETCASE_HOST_TIMER_TABLE_H

#include "engine/settings.h"
#include "host/host_compat.h"

void timer_table_register(module_t *module);

/* Put the rows into the settings of a capture, in place of the built-in ones. */
void timer_table_fill(struct settings *settings);

#endif
