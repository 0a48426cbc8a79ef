/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/capture.h"

#include "host/preferences.h"
#include "host/protocol.h"

static struct capture *current;

struct capture *
capture_current(void)
{
    return current;
}

void
capture_start(void)
{
    capture_stop();
    if (!protocol_enabled())
        return;
    current = g_new0(struct capture, 1);
    preferences_fill(&current->settings);
    current->engine = engine_new(&current->settings);
    current->frames = frames_new();
    current->streams = g_hash_table_new(g_direct_hash, g_direct_equal);
}

void
capture_stop(void)
{
    if (current == NULL)
        return;
    engine_free(current->engine);
    frames_free(current->frames);
    g_hash_table_destroy(current->streams);
    settings_clear(&current->settings);
    g_free(current);
    current = NULL;
}
