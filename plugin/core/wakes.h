/* When detectors want to be woken: what only silence shows has no packet of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_WAKES_H
#define NETCASE_CORE_WAKES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAKES_MAX = 65536 };

/* Nanoseconds since 1970; flow number; number of the detector in the catalogue. */
struct wake {
    int64_t time;
    uint64_t order; /* of the calls, so that equal times wake in that order */
    uint32_t flow;
    uint32_t detector;
};

/* `next` is the time of the earliest, INT64_MAX if there is none: it is asked for with every packet. */
struct wakes {
    int64_t next;
    struct wake_heap *heap;
};

struct wakes *wakes_new(void);
void wakes_free(struct wakes *wakes);

/* False, and nothing is kept, if WAKES_MAX are pending. */
bool wakes_add(struct wakes *wakes, int64_t time, uint32_t flow, uint32_t detector);

/* Takes the earliest out; there must be one. */
struct wake wakes_take(struct wakes *wakes);

#endif
