/* The table of encapsulation sessions: `-z netcase,sessions`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_SESSIONS_H
#define NETCASE_REPORT_SESSIONS_H

#include "engine/encapsulation.h"
#include "report/text.h"

/* A line for each session under a line of headings, in aligned columns: number, role, kind, VNI, name,
 * source, target, direction, packets, bytes, first and last time (UTC), inner flows, cut length,
 * duplicates, gaps. "-" stands for nothing. `name_of_vni` gives a name to be freed, "" for a VNI without one.
 * The caller frees the text. */
char *session_report(const struct encapsulation *encapsulation, char *(*name_of_vni)(uint32_t vni),
                     enum language language);

/* What a session is for, and which way packets of a mirror go as the mirrored interface sees it. */
const char *session_role_name(enum session_role role, enum language language);
const char *session_direction_name(enum mirror_direction direction, enum language language);

/* "10.2.0.2:80 (VNI 7)" for a text about something in a network, or an endpoint in one; alone for network 0. The caller frees it. */
char *text_in_network(const char *text, const struct encapsulation *encapsulation, uint32_t network,
                      enum language language);
char *endpoint_in_network(const struct endpoint *endpoint, const struct encapsulation *encapsulation, uint32_t network,
                          enum language language);

#endif
