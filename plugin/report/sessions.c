/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/sessions.h"

#include "api/packet.h"
#include "report/columns.h"
#include "report/text.h"

enum { COLUMNS = 16 };

const char *
session_role_name(enum session_role role, enum language language)
{
    static const char *const names[][2] = {[SESSION_UNKNOWN] = {"unknown", "未知"},
                                           [SESSION_MIRROR] = {"mirror", "镜像"},
                                           [SESSION_OVERLAY] = {"overlay", "Overlay"}};
    return names[role][language];
}

const char *
session_direction_name(enum mirror_direction direction, enum language language)
{
    static const char *const names[][2] = {[DIRECTION_UNKNOWN] = {"unknown", "未知"},
                                           [DIRECTION_INGRESS] = {"ingress", "入方向"},
                                           [DIRECTION_EGRESS] = {"egress", "出方向"}};
    return names[direction][language];
}

static char *
network_text(struct network_name name, enum language language)
{
    bool chinese = language == LANGUAGE_CHINESE;
    switch (name.what) {
    case SESSION_ERSPAN:
        return g_strdup_printf(chinese ? "ERSPAN 会话 %u" : "ERSPAN session %u", name.identifier);
    case SESSION_GRE:
        return g_strdup_printf("GRE key %u", name.identifier);
    case 'v':
        return g_strdup_printf("VLAN %u", name.identifier);
    case 'i':
        return g_strdup_printf(chinese ? "接口 %u" : "interface %u", name.identifier);
    case 't':
        return g_strdup(chinese ? "隧道内" : "in a tunnel");
    default:
        return g_strdup_printf("VNI %u", name.identifier);
    }
}

char *
text_in_network(const char *text, const struct encapsulation *encapsulation, uint32_t network, enum language language)
{
    if (network == 0)
        return g_strdup(text);
    char *where = network_text(encapsulation_network_name(encapsulation, network), language);
    char *both = g_strdup_printf(language == LANGUAGE_CHINESE ? "%s（%s）" : "%s (%s)", text, where);
    g_free(where);
    return both;
}

char *
endpoint_in_network(const struct endpoint *endpoint, const struct encapsulation *encapsulation, uint32_t network,
                    enum language language)
{
    char *text = endpoint_text(endpoint), *both = text_in_network(text, encapsulation, network, language);
    g_free(text);
    return both;
}

static const char *
kind_name(enum session_kind kind)
{
    static const char *const names[] = {
        [SESSION_VXLAN] = "VXLAN", [SESSION_GENEVE] = "GENEVE", [SESSION_ERSPAN] = "ERSPAN", [SESSION_GRE] = "GRE"};
    return names[kind];
}

static const char *
directions_text(const struct session *session, enum language language)
{
    if (session->ingress > 0 && session->egress > 0)
        return language == LANGUAGE_CHINESE ? "双向" : "both";
    if (session->ingress > 0)
        return session_direction_name(DIRECTION_INGRESS, language);
    return session_direction_name(session->egress > 0 ? DIRECTION_EGRESS : DIRECTION_UNKNOWN, language);
}

static char *
count_text(uint64_t count)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, count);
}

/* Takes the name. */
static char **
session_row(const struct session *session, char *name, enum language language)
{
    char **row = g_new0(char *, COLUMNS + 1);
    unsigned column = 0;
    row[column++] = count_text(session->number);
    row[column++] = g_strdup(session_role_name(session->role, language));
    row[column++] = g_strdup(kind_name(session->kind));
    row[column++] = count_text(session->vni);
    row[column++] = name;
    row[column++] = address_text(&session->source);
    row[column++] = address_text(&session->target);
    row[column++] = g_strdup(directions_text(session, language));
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

char *
session_report(const struct encapsulation *encapsulation, char *(*name_of_vni)(uint32_t vni), enum language language)
{
    static const char *const headings[][COLUMNS + 1] = {
        [LANGUAGE_ENGLISH] = {"session", "role", "kind", "VNI", "name", "source", "target", "direction", "packets",
                              "bytes", "first", "last", "flows", "cut to", "duplicates", "gaps"},
        [LANGUAGE_CHINESE] = {"会话", "用途", "封装", "VNI", "名称", "源地址", "目的地址", "方向", "报文数", "字节数",
                              "首个报文", "末个报文", "内层会话数", "截断长度", "重复", "缺口"}};
    const GPtrArray *sessions = encapsulation_sessions(encapsulation);
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);

    g_ptr_array_add(rows, g_strdupv((char **)headings[language]));
    for (guint i = 0; i < sessions->len; i++) {
        const struct session *session = g_ptr_array_index(sessions, i);
        char *name = name_of_vni(session->vni);
        if (*name == '\0') {
            g_free(name);
            name = g_strdup("-");
        }
        g_ptr_array_add(rows, session_row(session, name, language));
    }
    char *text = columns_table(rows);
    g_ptr_array_unref(rows);
    return text;
}
