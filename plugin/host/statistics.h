/* What netcase prints about a capture as a whole: `tshark -z netcase,sessions`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_STATISTICS_H
#define NETCASE_HOST_STATISTICS_H

#include <stdint.h>

void statistics_register(void);

/* To be called when a capture is closed, before what is known of it is freed: what tshark did not ask for is printed. */
void statistics_capture_ends(void);

struct capture;

/* What Wireshark's window knows of the capture. */
struct statistics_extent {
    char *file; /* name without its folder; NULL if it has none */
    uint64_t frames;
    int64_t first_time, last_time; /* of these, nanoseconds since 1970 */
};

/* The page that -z netcase,html prints. The caller frees it. */
char *statistics_page(struct capture *capture, const struct statistics_extent *extent);

#endif
