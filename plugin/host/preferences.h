/* The preferences of netcase, and from them the settings of the engine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_PREFERENCES_H
#define NETCASE_HOST_PREFERENCES_H

#include "engine/settings.h"
#include "host/host_compat.h"

/* As Wireshark's preference code stores them; read-only to others. */
struct preferences {
    const char *levels; /* seconds, "15,60,120" */
    range_t *vxlan_ports, *tls_ports;
    const char *home_countries; /* "CN HK", empty = derive */
    const char *country_db;     /* file name, empty = look for one */
    unsigned *thresholds;       /* by catalogue_threshold_number() */
    /* As of the last preferences_fill(). */
    bool separate_vlans, separate_interfaces, separate_ip_tunnels;
};

void preferences_register(int protocol);
const struct preferences *preferences_current(void);

/* Settings for a capture from the preferences as they are now. What is malformed is left at its
 * default; the user is told once, when the preference is set, or here if Wireshark did not tell us that it was. */
void preferences_fill(struct settings *settings);

/* Whether findings are named in the Info column. */
bool preferences_mark_info_column(void);

/* What a report depends on: "netcase.levels:15,60,120", and each preference that differs from its default, printable. The caller
 * frees it with g_strfreev. */
char **preferences_that_matter(void);

#endif
