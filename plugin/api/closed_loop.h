/* Whether somebody asks only after the last answer, as programs do that wait. Who asks in the name of another does not see the
 * answers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_CLOSED_LOOP_H
#define NETCASE_API_CLOSED_LOOP_H

#include "packet.h"

/* Zeroed at first. */
struct closed_loop {
    int64_t waiting;  /* since when a request is outstanding, 0 = none is */
    int64_t waited;   /* nanoseconds in all */
    bool overlapping; /* a request left while another one was outstanding */
};

static inline void
closed_loop_ask(struct closed_loop *loop, int64_t time)
{
    loop->overlapping |= loop->waiting != 0;
    loop->waiting = time;
}

static inline void
closed_loop_answer(struct closed_loop *loop, int64_t time)
{
    if (loop->waiting != 0)
        loop->waited += time - loop->waiting;
    loop->waiting = 0;
}

/* A request was outstanding for most of the time since `start`, and not one of them left during that. */
static inline bool
closed_loop_holds(const struct closed_loop *loop, int64_t start, int64_t now)
{
    return !loop->overlapping && 2 * loop->waited >= now - start;
}

#endif
