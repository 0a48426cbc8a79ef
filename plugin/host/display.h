/* The postdissector that shows what the engine found in a frame.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_DISPLAY_H
#define NETCASE_HOST_DISPLAY_H

/* After the fields are registered. */
void display_register(void);

#endif
