/* Pages for the user's browser.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_BROWSER_H
#define NETCASE_HOST_BROWSER_H

/* Once. Files that were shown are removed when Wireshark ends. */
void browser_register(void);

/* Put the page into a file that only this user can read, and let Wireshark open it. The user is told what goes wrong. */
void browser_show(const char *page);

#endif
