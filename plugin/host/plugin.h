/* The version of netcase, as Wireshark looks for it in a plugin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_PLUGIN_H
#define NETCASE_HOST_PLUGIN_H

extern __attribute__((visibility("default"))) const char plugin_version[];

#endif
