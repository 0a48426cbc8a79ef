/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/session_report.h"

#include "api/packet.h"
#include "core/columns.h"
#include "core/text.h"

static const char *const headings[] = {"session", "role",      "kind",       "VNI",   "name",  "source",
                                       "target",  "direction", "packets",    "bytes", "first", "last",
                                       "flows",   "cut to",    "duplicates", "gaps"};

enum { COLUMNS = G_N_ELEMENTS(headings) };

static const char *
role_name(enum session_role role)
{
    static const char *const names[] = {
        [SESSION_UNKNOWN] = "unknown", [SESSION_MIRROR] = "mirror", [SESSION_OVERLAY] = "overlay"};
    return names[role];
}

static const char *
kind_name(enum session_kind kind)
{
    static const char *const names[] = {
        [SESSION_VXLAN] = "VXLAN", [SESSION_GENEVE] = "GENEVE", [SESSION_ERSPAN] = "ERSPAN", [SESSION_GRE] = "GRE"};
    return names[kind];
}

static const char *
direction_name(const struct session *session)
{
    if (session->ingress > 0 && session->egress > 0)
        return "both";
    if (session->ingress > 0)
        return "ingress";
    return session->egress > 0 ? "egress" : "unknown";
}

static char *
count_text(uint64_t count)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, count);
}

static char **
session_row(const struct session *session, const char *name)
{
    char **row = g_new0(char *, COLUMNS + 1);
    unsigned column = 0;
    row[column++] = count_text(session->number);
    row[column++] = g_strdup(role_name(session->role));
    row[column++] = g_strdup(kind_name(session->kind));
    row[column++] = count_text(session->vni);
    row[column++] = g_strdup(*name != '\0' ? name : "-");
    row[column++] = address_text(&session->source);
    row[column++] = address_text(&session->target);
    row[column++] = g_strdup(direction_name(session));
    row[column++] = count_text(session->packets);
    row[column++] = count_text(session->bytes);
    row[column++] = session->packets > 0 ? time_text(session->first_time) : g_strdup("-");
    row[column++] = session->packets > 0 ? time_text(session->last_time) : g_strdup("-");
    row[column++] = count_text(session->flows);
    row[column++] = session->cut_packets > 0 ? count_text(session->cut_length) : g_strdup("-");
    row[column++] = count_text(session->duplicates);
    row[column++] = count_text(session->gaps);
    return row;
}

static char **
heading_row(void)
{
    char **row = g_new0(char *, COLUMNS + 1);
    for (unsigned column = 0; column < COLUMNS; column++)
        row[column] = g_strdup(headings[column]);
    return row;
}

char *
session_report(const struct encapsulation *encapsulation, const char *(*name_of_vni)(uint32_t vni))
{
    const GPtrArray *sessions = encapsulation_sessions(encapsulation);
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

    g_ptr_array_add(rows, heading_row());
    for (guint i = 0; i < sessions->len; i++) {
        const struct session *session = g_ptr_array_index(sessions, i);
        g_ptr_array_add(rows, session_row(session, name_of_vni(session->vni)));
    }
    char *text = columns_table(rows);
    g_ptr_array_unref(rows);
    return text;
}
