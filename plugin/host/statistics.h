/* What netcase prints about a capture as a whole: `tshark -z netcase,sessions`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_STATISTICS_H
#define NETCASE_HOST_STATISTICS_H

void statistics_register(void);

/* To be called when a capture is closed, before what is known of it is freed: what tshark did not ask for is printed. */
void statistics_capture_ends(void);

#endif
