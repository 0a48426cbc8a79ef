/* Statistics > Netcase: findings, encapsulation sessions and idle timers as trees.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_STATISTICS_TREE_H
#define NETCASE_HOST_STATISTICS_TREE_H

#include <glib.h>

#include "host/host_compat.h"

void statistics_tree_register(void);

/* The findings of the frame that is dissected (struct finding *), for a tree that is open. Not NULL; must live as long as
 * the capture. */
void statistics_tree_note(packet_info *pinfo, const GPtrArray *findings);

#endif
