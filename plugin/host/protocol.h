/* The protocol "netcase", which the user can switch off.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_PROTOCOL_H
#define NETCASE_HOST_PROTOCOL_H

#include <stdbool.h>

/* Once, before anything that hangs on it. */
void protocol_register(void);

/* Wireshark's number of it. */
int protocol_number(void);

/* False if the user switched netcase off. */
bool protocol_enabled(void);

#endif
