/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/statistics.h"

#include <stdio.h>

#include "host/host_compat.h"

#include <epan/stat_tap_ui.h>

#include "core/session_report.h"
#include "host/capture.h"
#include "host/tables.h"

/* The engine knows the sessions already; the listener only makes tshark dissect the packets and asks
 * for the table when the capture has ended. */
static void
draw_sessions(void *data)
{
    (void)data;
    struct capture *capture = capture_current();
    if (capture == NULL)
        return;
    char *text = session_report(engine_encapsulation(capture->engine), tables_vni_name);
    fputs(text, stdout);
    g_free(text);
}

static bool
start_sessions(const char *argument, void *data)
{
    (void)argument;
    (void)data;
    static int listener; /* only its address counts */
    GString *problem =
        register_tap_listener("frame", &listener, NULL, TL_REQUIRES_NOTHING, NULL, NULL, draw_sessions, NULL);
    if (problem != NULL) {
        fprintf(stderr, "netcase: -z netcase,sessions: %s\n", problem->str);
        g_string_free(problem, TRUE);
        return false;
    }
    return true;
}
DEFINE_STATISTIC_START(sessions_start, start_sessions)

void
statistics_register(void)
{
    static stat_tap_ui sessions = {
        REGISTER_PACKET_STAT_GROUP_UNSORTED, NULL, "netcase,sessions", sessions_start, 0, NULL};
    register_stat_tap_ui(&sessions, NULL);
}
