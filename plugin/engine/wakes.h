/* When detectors want to be woken: what only silence shows has no packet of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_WAKES_H
#define NETCASE_ENGINE_WAKES_H

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

/* `next` is the time of the earliest, INT64_MAX if there is none, which no packet has: it is asked for with every packet. */
struct wakes {
    int64_t next;
    struct wake_heap *heap;
};

struct wakes *wakes_new(void);
void wakes_free(struct wakes *wakes);

/* False, and nothing is kept, if `time` is not later than `now`, the time of the packet that is shown, or if WAKES_MAX are
 * pending. So no packet can wake for ever: each wake that it serves takes one away. */
bool wakes_add(struct wakes *wakes, int64_t now, int64_t time, uint32_t flow, uint32_t detector);

/* Takes the earliest one out if its time has come; false if there is none. */
bool wakes_take(struct wakes *wakes, int64_t now, struct wake *wake);

#endif
