/* Small transparent handlers in front of Wireshark's dissectors for IP protocols, in the table
 * `ip.proto`. They see every transport header of every layer in nesting order, in every mode, and
 * call the original dissectors, so that Wireshark's own output stays as it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_INTERCEPT_H
#define NETCASE_HOST_INTERCEPT_H

/* To be called when the protocol is registered, and when all protocols are (handoff; may be called
 * again). */
void intercept_register(int protocol);
void intercept_handoff(void);

#endif
