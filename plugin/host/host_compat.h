/* Every difference between the versions of Wireshark that netcase supports (4.0 to 4.6, and 4.7 as it is being written), and no
 * other file. Includes all of Wireshark that the host side needs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_COMPAT_H
#define NETCASE_HOST_COMPAT_H

#include <stdlib.h>
#include <wireshark.h>

#include <epan/packet.h>

#include <epan/dissectors/packet-ip.h> /* needs packet.h before it */
#include <epan/expert.h>
#include <epan/prefs.h>
#include <epan/proto.h>
#include <epan/stats_tree.h>
#include <epan/tap.h>
#include <epan/uat-int.h>
#include <epan/uat.h>
#include <wiretap/wtap.h>

#define WIRESHARK_AT_LEAST(major, minor)                                                                               \
    (WIRESHARK_MAJOR > (major) || (WIRESHARK_MAJOR == (major) && WIRESHARK_MINOR >= (minor)))

/* Booleans in preferences and UAT callbacks are gboolean (4 bytes) up to 4.2 and bool (1 byte) from 4.4. */
#if WIRESHARK_AT_LEAST(4, 4)
typedef bool pref_bool;
#else
typedef gboolean pref_bool;
#endif

/* What stands between the menus in the name of a statistics tree; later versions define it themselves, as "//". */
#ifndef STATS_TREE_MENU_SEPARATOR
#define STATS_TREE_MENU_SEPARATOR "/"
#endif

/* Call the dissector of a private table without adding a protocol layer to the packet. */
static inline int
call_without_layer(dissector_table_t table, uint32_t key, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree,
                   void *data)
{
#if WIRESHARK_AT_LEAST(4, 6)
    return dissector_try_uint_with_data(table, key, tvb, pinfo, tree, false, data);
#else
    return dissector_try_uint_new(table, key, tvb, pinfo, tree, FALSE, data);
#endif
}

/* The later frame needs the earlier one: `tshark -2 -Y ... -w` and the export of the GUI keep it. */
static inline void
depend_upon(packet_info *pinfo, uint32_t frame)
{
#if WIRESHARK_AT_LEAST(4, 2)
    mark_frame_as_depended_upon(pinfo->fd, frame);
#else
    mark_frame_as_depended_upon(pinfo, frame);
#endif
}

/* The file that the user has saved the table in, which is freed by the caller; NULL if there is none. */
static inline char *
saved_table(uat_t *table)
{
#if WIRESHARK_AT_LEAST(4, 7)
    return uat_get_actual_filename(table, false, "WIRESHARK");
#else
    return uat_get_actual_filename(table, FALSE);
#endif
}

/* Define `name`, which starts a -z statistic by calling `start`. From 4.6 on it says whether that worked; before, a statistic
 * that can't start ends the program, as Wireshark's own do. */
#if WIRESHARK_AT_LEAST(4, 6)
#define DEFINE_STATISTIC_START(name, start)                                                                            \
    static bool name(const char *argument, void *data)                                                                 \
    {                                                                                                                  \
        return start(argument, data);                                                                                  \
    }
#else
#define DEFINE_STATISTIC_START(name, start)                                                                            \
    static void name(const char *argument, void *data)                                                                 \
    {                                                                                                                  \
        if (!start(argument, data))                                                                                    \
            exit(1);                                                                                                   \
    }
#endif

#endif
