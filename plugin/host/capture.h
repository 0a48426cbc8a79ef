/* The one capture that is open: its engine, its frames, and the settings they were made with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_CAPTURE_H
#define NETCASE_HOST_CAPTURE_H

#include "engine/engine.h"
#include "host/host_compat.h"
#include "report/frames.h"

enum { ENCAPSULATIONS_MAX = 32 };

/* The encapsulations around what is dissected now, the outermost first. Inner dissectors may leave by longjmp, so an entry
 * is not removed by the code that made it but by the next one at the same or a lower layer. */
struct open_encapsulations {
    uint32_t frame; /* the engine's number; 0 = none was dissected yet */
    unsigned depth;
    struct {
        unsigned layer; /* pinfo->curr_layer_num */
        struct place place;
    } entry[ENCAPSULATIONS_MAX];
};

/* All that is known of a capture: nothing of it may outlive the capture, because the next one has frames, flows and sessions
 * with the same numbers. */
struct capture {
    struct settings settings;
    struct engine *engine;
    struct frames *frames;
    struct open_encapsulations open;
    GHashTable *streams; /* Wireshark's number by that of the flow, see host/streams.h */
};

/* The frame that is dissected. */
static inline struct frame_place
frame_place_of(const packet_info *pinfo)
{
    return (struct frame_place){.number = pinfo->num, .offset = pinfo->fd->file_off};
}

/* NULL while no capture is open or netcase is disabled. */
struct capture *capture_current(void);

/* Host routines: a capture is opened (or read again after a change of preferences), and closed. */
void capture_start(void);
void capture_stop(void);

#endif
