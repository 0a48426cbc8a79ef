/* The symbols that Wireshark looks for in a plugin. Nothing else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/display.h"
#include "host/host_compat.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED extern const char plugin_version[];
EXPORTED extern const int plugin_want_major;
EXPORTED extern const int plugin_want_minor;
EXPORTED void plugin_register(void);
EXPORTED uint32_t plugin_describe(void);

const char plugin_version[] = NETCASE_VERSION;
const int plugin_want_major = WIRESHARK_MAJOR;
const int plugin_want_minor = WIRESHARK_MINOR;

void
plugin_register(void)
{
    static proto_plugin plugin = {.register_protoinfo = display_register, .register_handoff = display_handoff};
    proto_register_plugin(&plugin);
}

/* Asked for by Wireshark 4.2 and later (wsutil/plugins.h): 1 is "dissector". */
uint32_t
plugin_describe(void)
{
    return 1;
}
