/* What netcase prints about a capture as a whole: `tshark -z netcase,sessions`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_STATISTICS_H
#define NETCASE_HOST_STATISTICS_H

void statistics_register(void);

#endif
