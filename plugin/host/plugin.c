/* The symbols that Wireshark looks for in a plugin, and what is registered through them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/plugin.h"
#include "host/capture.h"
#include "host/display.h"
#include "host/fields.h"
#include "host/host_compat.h"
#include "host/intercept.h"
#include "host/preferences.h"
#include "host/protocol.h"
#include "host/statistics.h"
#include "host/statistics_tree.h"
#include "host/tools_menu.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED extern const int plugin_want_major;
EXPORTED extern const int plugin_want_minor;
EXPORTED void plugin_register(void);
EXPORTED uint32_t plugin_describe(void);

const char plugin_version[] = NETCASE_VERSION;
const int plugin_want_major = WIRESHARK_MAJOR;
const int plugin_want_minor = WIRESHARK_MINOR;

static void
end_capture(void)
{
    statistics_capture_ends();
    capture_stop();
}

static void
register_all(void)
{
    protocol_register();
    fields_register(protocol_number());
    preferences_register(protocol_number());
    intercept_register(protocol_number());
    statistics_register();
    statistics_tree_register();
    display_register();
    tools_menu_register(protocol_number());
    register_init_routine(capture_start);
    register_cleanup_routine(end_capture);
}

void
plugin_register(void)
{
    static proto_plugin plugin = {.register_protoinfo = register_all, .register_handoff = intercept_handoff};
    proto_register_plugin(&plugin);
}

/* Asked for by Wireshark 4.2 and later (wsutil/plugins.h): 1 is "dissector". */
uint32_t
plugin_describe(void)
{
    return 1;
}
