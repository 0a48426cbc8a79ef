/* The hosts that send most, of any number of hosts, in the memory of a few (Misra and Gries): what many of them sent a little of goes
 * down again.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_TALKERS_H
#define NETCASE_API_TALKERS_H

#include "packet.h"

enum { TALKERS_MAX = 8 };

/* `bytes` is less than what the host sent by what was taken from it for others. */
struct talker {
    struct ip_address address;
    uint64_t bytes;
};

/* Zeroed at first. `bytes` is what all hosts sent. */
struct talkers {
    uint64_t bytes;
    struct talker talker[TALKERS_MAX];
};

static inline void
talkers_add(struct talkers *talkers, const struct ip_address *address, uint32_t bytes)
{
    struct talker *least = &talkers->talker[0];
    talkers->bytes += bytes;
    for (unsigned i = 0; i < TALKERS_MAX; i++) {
        struct talker *talker = &talkers->talker[i];
        if (talker->bytes > 0 && address_equal(&talker->address, address)) {
            talker->bytes += bytes;
            return;
        }
        if (talker->bytes < least->bytes)
            least = talker;
    }
    if (least->bytes > bytes)
        least->bytes -= bytes;
    else
        *least = (struct talker){*address, bytes - least->bytes};
}

/* Takes the one that sent most out; one of no bytes if there is none. */
static inline struct talker
talkers_take(struct talkers *talkers)
{
    struct talker *most = &talkers->talker[0];
    for (unsigned i = 1; i < TALKERS_MAX; i++)
        if (talkers->talker[i].bytes > most->bytes)
            most = &talkers->talker[i];
    struct talker taken = *most;
    most->bytes = 0;
    return taken;
}

#endif
