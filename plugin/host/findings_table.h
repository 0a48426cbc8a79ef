/* Statistics > Netcase Findings in Wireshark's window: a line for each finding.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_FINDINGS_TABLE_H
#define NETCASE_HOST_FINDINGS_TABLE_H

/* Once, after the tap "netcase" (statistics_tree.h); to be called where there are windows. */
void findings_table_register(void);

#endif
