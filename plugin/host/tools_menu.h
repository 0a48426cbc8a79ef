/* Tools > Netcase in Wireshark's window.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_TOOLS_MENU_H
#define NETCASE_HOST_TOOLS_MENU_H

/* Does nothing in tshark and sharkd. */
void tools_menu_register(int protocol);

#endif
