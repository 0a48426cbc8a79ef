/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/tables.h"

#include "findings/printable.h"
#include "host/language.h"
#include "host/message.h"
#include "host/timer_table.h"

/* -- Rows, as Wireshark's UAT code handles them ------------------------------------------------ */

struct vni_row {
    guint vni;
    char *name;
};

struct cname_row {
    char *name, *target;
};

struct tls_port_row {
    guint port;
    char *note;
};

static struct vni_row *vni_rows;
static guint vni_row_count;
static struct cname_row *cname_rows;
static guint cname_row_count;
static struct tls_port_row *tls_port_rows;
static guint tls_port_row_count;

UAT_DEC_CB_DEF(vni, vni, struct vni_row)
UAT_CSTRING_CB_DEF(vni, name, struct vni_row)
UAT_CSTRING_CB_DEF(cname, name, struct cname_row)
UAT_CSTRING_CB_DEF(cname, target, struct cname_row)
UAT_DEC_CB_DEF(tls_port, port, struct tls_port_row)
UAT_CSTRING_CB_DEF(tls_port, note, struct tls_port_row)

/* -- Names of VNIs ---------------------------------------------------------------------------- */

static void *
vni_copy(void *to, const void *from, size_t size)
{
    const struct vni_row *row = from;
    (void)size;
    *(struct vni_row *)to = (struct vni_row){row->vni, g_strdup(row->name)};
    return to;
}

static void
vni_free(void *item)
{
    g_free(((struct vni_row *)item)->name);
}

static pref_bool
vni_update(void *item, char **error)
{
    const struct vni_row *row = item;
    *error = NULL;
    if (row->vni <= 0xffffff)
        return TRUE;
    *error = message_text(
        translated("netcase VNI name \"%s\": VNI %u is above 16777215", "netcase VNI 名称“%s”：VNI %u 大于 16777215"),
        row->name, row->vni);
    return FALSE;
}

char *
tables_vni_name(uint32_t vni)
{
    for (guint i = 0; i < vni_row_count; i++)
        if (vni_rows[i].vni == vni)
            return printable_text(vni_rows[i].name);
    return g_strdup("");
}

/* -- Expected CNAME targets ------------------------------------------------------------------- */

static void *
cname_copy(void *to, const void *from, size_t size)
{
    const struct cname_row *row = from;
    (void)size;
    *(struct cname_row *)to = (struct cname_row){g_strdup(row->name), g_strdup(row->target)};
    return to;
}

static void
cname_free(void *item)
{
    struct cname_row *row = item;
    g_free(row->name);
    g_free(row->target);
}

static pref_bool
cname_update(void *item, char **error)
{
    const struct cname_row *row = item;
    *error = NULL;
    if (*row->name != '\0' && *row->target != '\0')
        return TRUE;
    *error = message_text(translated("netcase expected CNAME \"%s\" -> \"%s\": both names are needed",
                                     "netcase 预期的 CNAME 目标“%s”->“%s”：两个域名都要填写"),
                          row->name, row->target);
    return FALSE;
}

/* -- TLS ports -------------------------------------------------------------------------------- */

static void *
tls_port_copy(void *to, const void *from, size_t size)
{
    const struct tls_port_row *row = from;
    (void)size;
    *(struct tls_port_row *)to = (struct tls_port_row){row->port, g_strdup(row->note)};
    return to;
}

static void
tls_port_free(void *item)
{
    g_free(((struct tls_port_row *)item)->note);
}

static pref_bool
tls_port_update(void *item, char **error)
{
    const struct tls_port_row *row = item;
    *error = NULL;
    if (row->port >= 1 && row->port <= 65535)
        return TRUE;
    *error = message_text(
        translated("netcase TLS port: %u is not between 1 and 65535", "netcase TLS 端口：%u 不在 1 至 65535 之间"),
        row->port);
    return FALSE;
}

/* -- Registration ----------------------------------------------------------------------------- */

static uat_field_t vni_fields[] = {
    UAT_FLD_DEC(vni, vni, "VNI", "VXLAN or GENEVE network identifier"),
    UAT_FLD_CSTRING(vni, name, "Name", "What is mirrored in it"),
    UAT_END_FIELDS,
};
static const struct wording vni_headings[] = {{"VNI", "VXLAN 或 GENEVE 网络标识"}, {"名称", "其中镜像的是什么"}};

static uat_field_t cname_fields[] = {
    UAT_FLD_CSTRING(cname, name, "Name", "Names that end with this domain"),
    UAT_FLD_CSTRING(cname, target, "CNAME target", "may end at targets that end with this domain"),
    UAT_END_FIELDS,
};
static const struct wording cname_headings[] = {{"域名", "以此域结尾的域名"},
                                                {"CNAME 目标", "可以指向以此域结尾的目标"}};

static uat_field_t tls_port_fields[] = {
    UAT_FLD_DEC(tls_port, port, "Port", "TCP port where clients speak TLS at once"),
    UAT_FLD_CSTRING(tls_port, note, "Note", "What it is"),
    UAT_END_FIELDS,
};
static const struct wording tls_port_headings[] = {{"端口", "客户端一连上就发起 TLS 握手的 TCP 端口"},
                                                   {"备注", "它是什么服务"}};

void
tables_register(module_t *module)
{
    label_headings(vni_fields, vni_headings);
    label_headings(cname_fields, cname_headings);
    label_headings(tls_port_fields, tls_port_headings);
    uat_t *vnis = uat_new(label("netcase VNI names", "netcase VNI 名称"), sizeof(struct vni_row), "netcase_vni_names",
                          TRUE, &vni_rows, &vni_row_count, UAT_AFFECTS_DISSECTION, NULL, vni_copy, vni_update, vni_free,
                          NULL, NULL, vni_fields);
    uat_t *cnames =
        uat_new(label("netcase expected CNAME targets", "netcase 预期的 CNAME 目标"), sizeof(struct cname_row),
                "netcase_expected_cnames", TRUE, &cname_rows, &cname_row_count, UAT_AFFECTS_DISSECTION, NULL,
                cname_copy, cname_update, cname_free, NULL, NULL, cname_fields);
    uat_t *ports = uat_new(label("netcase TLS ports", "netcase TLS 端口"), sizeof(struct tls_port_row),
                           "netcase_tls_ports", TRUE, &tls_port_rows, &tls_port_row_count, UAT_AFFECTS_DISSECTION, NULL,
                           tls_port_copy, tls_port_update, tls_port_free, NULL, NULL, tls_port_fields);

    timer_table_register(module);
    prefs_register_uat_preference(module, "vni_names", label("Names of VNIs", "VNI 名称"),
                                  label("Names of mirror sessions, by VNI", "按 VNI 给镜像会话命名"), vnis);
    prefs_register_uat_preference(module, "expected_cnames", label("Expected CNAME targets", "预期的 CNAME 目标"),
                                  label("CNAME targets abroad that are as they should be (a CDN, an anti-DDoS service)",
                                        "本就应该指向境外的 CNAME 目标（CDN、高防服务）"),
                                  cnames);
    prefs_register_uat_preference(module, "tls_servers", label("More TLS ports", "更多 TLS 端口"),
                                  label("Ports of your own servers that speak TLS", "您自己的服务器上使用 TLS 的端口"),
                                  ports);
}

/* -- Into the settings ------------------------------------------------------------------------ */

void
tables_fill(struct settings *settings)
{
    timer_table_fill(settings);
    for (guint i = 0; i < tls_port_row_count; i++)
        port_set_add(&settings->tls_ports, (uint16_t)tls_port_rows[i].port);
    for (guint i = 0; i < cname_row_count; i++) {
        struct expected_cname expected = {g_ascii_strdown(cname_rows[i].name, -1),
                                          g_ascii_strdown(cname_rows[i].target, -1)};
        g_array_append_val(settings->expected_cnames, expected);
    }
}
