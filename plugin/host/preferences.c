/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/preferences.h"

#include "engine/catalogue.h"
#include "engine/timers.h"
#include "findings/printable.h"
#include "host/country_file.h"
#include "host/language.h"
#include "host/message.h"
#include "host/tables.h"

static struct preferences preferences = {.levels = DEFAULT_LEVELS, .home_countries = "", .country_db = ""};

static struct word_preference info_column = {.name = "info_column", .on = true};
static struct word_preference separate_vlans = {.name = "separate_vlans"};
static struct word_preference separate_interfaces = {.name = "separate_interfaces"};
static struct word_preference separate_ip_tunnels = {.name = "separate_ip_tunnels"};

/* -- Checking --------------------------------------------------------------------------------- */

static void
check_levels(void)
{
    char *problem = NULL;
    GArray *levels = timer_levels_parse(preferences.levels, &problem);
    if (levels == NULL)
        message_show(
            translated(
                "netcase: preference netcase.levels: %s. Using 15,60,120.",
                "netcase：首选项 netcase.levels：“%s”不是以逗号分隔的秒数（1 至 86400，最多 16 个）。改用 15,60,120。"),
            translated(problem, preferences.levels));
    else
        g_array_unref(levels);
    g_free(problem);
}

static void
check_countries(void)
{
    char *wrong = NULL;
    char **countries = countries_parse(preferences.home_countries, &wrong);
    if (countries == NULL)
        message_show(
            translated("netcase: preference netcase.home_countries: \"%s\" is not an ISO 3166-1 code of two "
                       "letters. The preference is ignored.",
                       "netcase：首选项 netcase.home_countries：“%s”不是两个字母的 ISO 3166-1 代码。忽略此首选项。"),
            wrong);
    g_strfreev(countries);
    g_free(wrong);
}

static void
check_country_db(void)
{
    char *problem = country_file_problem(preferences.country_db);
    if (problem != NULL)
        message_show(translated("netcase: preference netcase.country_db: %s. Countries are not known.",
                                "netcase：首选项 netcase.country_db：文件无法使用（%s）。将无法识别国家/地区。"),
                     problem);
    g_free(problem);
}

static void
check_thresholds(void)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        for (size_t j = 0; j < detector->threshold_count; j++) {
            const struct threshold *threshold = &detector->thresholds[j];
            unsigned *value = &preferences.thresholds[catalogue_threshold_number(i, j)];
            if (*value >= threshold->minimum && *value <= threshold->maximum)
                continue;
            message_show(translated("netcase: preference netcase.%s_%s: %u is not between %u and %u. Using %u.",
                                    "netcase：首选项 netcase.%s_%s：%u 不在 %u 至 %u 之间。改用 %u。"),
                         detector->family, threshold->name, *value, threshold->minimum, threshold->maximum,
                         threshold->default_value);
            *value = threshold->default_value;
        }
    }
}

static void
check_word(const struct word_preference *preference)
{
    const char *wrong = word_preference_wrong(preference);
    if (wrong == NULL)
        return;
    char *choices = word_preference_choices(preference);
    message_show(translated("netcase: preference netcase.%s: \"%s\" is none of %s. Using %s.",
                            "netcase：首选项 netcase.%s：“%s”不是 %s 之一。改用 %s。"),
                 preference->name, wrong, choices, word_preference_default(preference));
    g_free(choices);
}

static void
check_all(void)
{
    check_word(language_preference());
    check_word(&info_column);
    check_levels();
    check_countries();
    check_country_db();
    check_word(&separate_vlans);
    check_word(&separate_interfaces);
    check_word(&separate_ip_tunnels);
}

/* All that check_all() looks at, in one text. */
static char *
values_as_text(void)
{
    const char *values[] = {language_preference()->written, info_column.written,         separate_vlans.written,
                            separate_interfaces.written,    separate_ip_tunnels.written, preferences.levels,
                            preferences.home_countries,     preferences.country_db};
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        g_string_append_printf(text, "%s\n", values[i] != NULL ? values[i] : "");
    return g_string_free(text, FALSE);
}

/* What is wrong is told once, until something is changed. */
static void
check_what_is_new(void)
{
    static char *checked;
    char *values = values_as_text();
    if (g_strcmp0(values, checked) != 0)
        check_all();
    g_free(checked);
    checked = values;
}

/* Called by Wireshark when any preference of ours was set or changed. */
static void
preferences_apply(void)
{
    labels_translate();
    check_thresholds();
    check_what_is_new();
}

/* -- Registration ----------------------------------------------------------------------------- */

static const char *
with_limits(const char *format, const char *help, const struct threshold *threshold)
{
    return wmem_strdup_printf(wmem_epan_scope(), format, help, threshold->minimum, threshold->maximum);
}

static void
register_threshold(module_t *module, const char *family, const struct threshold *threshold, unsigned *value)
{
    struct wording english = threshold->english, chinese = wording_of_threshold(family, threshold, LANGUAGE_CHINESE);
    prefs_register_uint_preference(module, wmem_strdup_printf(wmem_epan_scope(), "%s_%s", family, threshold->name),
                                   label(english.label, chinese.label),
                                   label(with_limits("%s (%u to %u)", english.help, threshold),
                                         with_limits("%s（%u 至 %u）", chinese.help, threshold)),
                                   10, value);
}

static void
register_family(module_t *module, const char *family)
{
    prefs_register_static_text_preference(
        module, wmem_strdup_printf(wmem_epan_scope(), "heading_%s", family),
        label(wmem_strdup_printf(wmem_epan_scope(), "Thresholds of %s", family),
              wmem_strdup_printf(wmem_epan_scope(), "%s 类的阈值", family)),
        label(wmem_strdup_printf(wmem_epan_scope(), "They change the cases %s.*", family),
              wmem_strdup_printf(wmem_epan_scope(), "影响 %s.* 各诊断项", family)));
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        if (strcmp(detector->family, family) != 0)
            continue;
        for (size_t j = 0; j < detector->threshold_count; j++)
            register_threshold(module, family, &detector->thresholds[j],
                               &preferences.thresholds[catalogue_threshold_number(i, j)]);
    }
}

/* Several detectors may serve one family; a person looks for the family. */
static void
register_thresholds(module_t *module)
{
    GHashTable *done = g_hash_table_new(g_str_hash, g_str_equal);
    preferences.thresholds = catalogue_default_thresholds();
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        if (detector->threshold_count > 0 && g_hash_table_add(done, (gpointer)detector->family))
            register_family(module, detector->family);
    }
    g_hash_table_unref(done);
}

static void
register_separation(module_t *module)
{
    word_preference_register(
        module, &separate_vlans, label("VLAN tags separate flows", "按 VLAN 区分会话"),
        label("Take the same addresses and ports in two VLANs for two flows. Off by default: "
              "mirror ports often show a tag in one direction only.",
              "把两个 VLAN 中相同的地址和端口视为两个会话。默认关闭：镜像端口往往只在一个方向上带标签。"));
    word_preference_register(
        module, &separate_interfaces, label("Capture interfaces separate flows", "按抓包接口区分会话"),
        label(
            "Take the same addresses and ports on two interfaces of a pcapng file for two "
            "flows. Off by default: a router shows the two directions on two interfaces.",
            "把 pcapng 文件中两个接口上相同的地址和端口视为两个会话。默认关闭：在路由器上抓包时，两个方向会分别出现在两个接口上。"));
    word_preference_register(
        module, &separate_ip_tunnels,
        label("IPIP, 6in4 and keyless GRE tunnels separate flows", "按 IPIP、6in4 和无 key 的 GRE 隧道区分会话"),
        label("Off by default: the answer of LVS-TUN leaves outside of the tunnel.",
              "默认关闭：LVS-TUN 的应答不经过隧道返回。"));
}

static void
register_ports(module_t *module)
{
    range_convert_str(wmem_epan_scope(), &preferences.vxlan_ports, DEFAULT_VXLAN_PORTS, 65535);
    prefs_register_range_preference(module, "vxlan_ports", label("VXLAN ports", "VXLAN 端口"),
                                    label("UDP ports that carry VXLAN", "承载 VXLAN 的 UDP 端口"),
                                    &preferences.vxlan_ports, 65535);
    range_convert_str(wmem_epan_scope(), &preferences.tls_ports, DEFAULT_TLS_PORTS, 65535);
    prefs_register_range_preference(
        module, "tls_ports", label("TLS ports", "TLS 端口"),
        label("TCP ports where clients are expected to speak TLS at once", "客户端一连上就应发起 TLS 握手的 TCP 端口"),
        &preferences.tls_ports, 65535);
}

static void
register_countries(module_t *module)
{
    prefs_register_string_preference(
        module, "home_countries", label("Home countries", "归属地（国家/地区代码）"),
        label(
            "ISO 3166-1 codes such as \"CN HK\": where names are expected to be served from. "
            "Empty: derived from the public resolvers and peers that answer in the capture.",
            "ISO 3166-1 代码，例如“CN HK”：服务本应在这些国家/地区。留空则从抓包中有应答的公共 DNS 服务器和对端推断。"),
        &preferences.home_countries);
    prefs_register_filename_preference(
        module, "country_db", label("Country database", "国家/地区数据库"),
        label(
            "A MaxMind DB file with countries or cities. Empty: one in Wireshark's "
            "MaxMind folders, else the one that came with netcase.",
            "含国家/地区或城市的 MaxMind DB 文件。留空则使用 Wireshark 的 MaxMind 目录中的文件，没有时使用 netcase 自带的文件。"),
        &preferences.country_db, FALSE);
}

void
preferences_register(int protocol)
{
    module_t *module = prefs_register_protocol(protocol, preferences_apply);

    language_register(module);
    word_preference_register(
        module, &info_column, label("Findings in the Info column", "在 Info 列显示诊断结果"),
        label(
            "Let the Info column of a frame with a finding begin with its id, as \"[netcase idle.reset]\", so that it is "
            "seen in every profile",
            "让有诊断结果的报文在 Info 列开头显示其编号，如“[netcase idle.reset]”，这样在任何配置文件中都能看到"));
    prefs_register_string_preference(
        module, "levels", label("Idle levels (seconds)", "空闲档位（秒）"),
        label(
            "Idle times that connections are compared with, in seconds, separated by commas. "
            "A level T counts as passed from T - max(0.5 s, 2.5 %) on.",
            "与连接的空闲时长比较的档位，以秒为单位，用逗号分隔。空闲时长达到 T - max(0.5 秒, 2.5 %) 即视为达到档位 T。"),
        &preferences.levels);
    register_ports(module);
    register_countries(module);
    register_separation(module);
    tables_register(module);
    register_thresholds(module);
    /* Until the preferences are read. */
    labels_translate();
}

const struct preferences *
preferences_current(void)
{
    return &preferences;
}

bool
preferences_mark_info_column(void)
{
    return word_preference_value(&info_column) != 0;
}

/* -- What a report depends on ------------------------------------------------------------------ */

static void
list_option(GPtrArray *options, const char *name, const char *value)
{
    char *option = g_strdup_printf("netcase.%s:%s", name, value);
    g_ptr_array_add(options, printable_text(option));
    g_free(option);
}

static void
list_text(GPtrArray *options, const char *name, const char *value, const char *default_value)
{
    if (strcmp(value, default_value) != 0)
        list_option(options, name, value);
}

static void
list_ports(GPtrArray *options, const char *name, range_t *ports, const char *default_ports)
{
    char *text = range_convert_range(NULL, ports);
    list_text(options, name, text, default_ports);
    wmem_free(NULL, text);
}

static void
list_thresholds(GPtrArray *options, const struct detector *detector, const unsigned *values)
{
    for (size_t i = 0; i < detector->threshold_count; i++) {
        const struct threshold *threshold = &detector->thresholds[i];
        if (values[i] == threshold->default_value)
            continue;
        char *name = g_strdup_printf("%s_%s", detector->family, threshold->name);
        char *value = g_strdup_printf("%u", values[i]);
        list_option(options, name, value);
        g_free(name);
        g_free(value);
    }
}

char **
preferences_that_matter(void)
{
    GPtrArray *options = g_ptr_array_new();
    list_option(options, "levels", preferences.levels);
    list_ports(options, "vxlan_ports", preferences.vxlan_ports, DEFAULT_VXLAN_PORTS);
    list_ports(options, "tls_ports", preferences.tls_ports, DEFAULT_TLS_PORTS);
    list_text(options, "home_countries", preferences.home_countries, "");
    list_text(options, "country_db", preferences.country_db, "");
    list_text(options, "separate_vlans", preferences.separate_vlans ? "TRUE" : "FALSE", "FALSE");
    list_text(options, "separate_interfaces", preferences.separate_interfaces ? "TRUE" : "FALSE", "FALSE");
    list_text(options, "separate_ip_tunnels", preferences.separate_ip_tunnels ? "TRUE" : "FALSE", "FALSE");
    for (size_t i = 0; i < catalogue_detector_count; i++)
        list_thresholds(options, catalogue_detectors[i], &preferences.thresholds[catalogue_threshold_number(i, 0)]);
    g_ptr_array_add(options, NULL);
    return (char **)g_ptr_array_free(options, FALSE);
}

/* -- Settings --------------------------------------------------------------------------------- */

static void
fill_ports(struct port_set *set, range_t *range)
{
    memset(set, 0, sizeof *set);
    for (guint i = 0; range != NULL && i < range->nranges; i++)
        for (guint32 port = range->ranges[i].low; port <= range->ranges[i].high && port <= 65535; port++)
            port_set_add(set, (uint16_t)port);
}

void
preferences_fill(struct settings *settings)
{
    settings_init(settings);
    settings_draw_seed(settings);
    char *problem = NULL;
    GArray *levels = timer_levels_parse(preferences.levels, &problem);
    if (levels != NULL) {
        g_array_unref(settings->levels);
        settings->levels = levels;
    }
    g_free(problem);
    char *wrong = NULL;
    char **countries = countries_parse(preferences.home_countries, &wrong);
    if (countries != NULL) {
        g_strfreev(settings->home_countries);
        settings->home_countries = countries;
    }
    g_free(wrong);
    fill_ports(&settings->vxlan_ports, preferences.vxlan_ports);
    fill_ports(&settings->tls_ports, preferences.tls_ports);
    preferences.separate_vlans = word_preference_value(&separate_vlans) != 0;
    preferences.separate_interfaces = word_preference_value(&separate_interfaces) != 0;
    preferences.separate_ip_tunnels = word_preference_value(&separate_ip_tunnels) != 0;
    /* sharkd sets preferences without asking us to apply them. */
    labels_translate();
    check_thresholds();
    check_what_is_new();
    size_t thresholds = catalogue_threshold_number(catalogue_detector_count, 0);
    memcpy(settings->thresholds, preferences.thresholds, thresholds * sizeof *settings->thresholds);
    settings->countries = country_file_open(preferences.country_db);
    tables_fill(settings);
}
