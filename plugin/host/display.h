/* The protocol "netcase": its fields and expert infos, and the postdissector that shows what the
 * engine found. Registration of the rest of the plugin starts here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_DISPLAY_H
#define NETCASE_HOST_DISPLAY_H

#include <stdbool.h>

/* To be called by Wireshark through plugin.c. */
void display_register(void);
void display_handoff(void);

/* False if the user switched netcase off. */
bool display_protocol_enabled(void);

#endif
