/* The one capture that is open: its engine, its frames, and the settings they were made with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_CAPTURE_H
#define NETCASE_HOST_CAPTURE_H

#include "core/engine.h"
#include "host/frames.h"

struct capture {
    struct settings settings;
    struct engine *engine;
    struct frames *frames;
};

/* NULL while no capture is open or netcase is disabled. */
struct capture *capture_current(void);

/* Host routines: a capture is opened (or read again after a change of preferences), and closed. */
void capture_start(void);
void capture_stop(void);

#endif
