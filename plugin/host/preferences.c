/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/preferences.h"

#include <wsutil/report_message.h>

#include "core/catalogue.h"
#include "core/timers.h"
#include "host/country_file.h"
#include "host/tables.h"

static struct preferences preferences = {.levels = "15,60,120", .home_countries = "", .country_db = ""};

static const enum_val_t languages[] = {
    {"auto", "Language of the system", 0},
    {"en", "English", 1 + LANGUAGE_ENGLISH},
    {"zh_CN", "简体中文", 1 + LANGUAGE_CHINESE},
    {NULL, NULL, 0},
};

/* -- Checking --------------------------------------------------------------------------------- */

/* Country codes of two letters, separated by spaces or commas, as an upper-case vector. NULL and the
 * wrong word if there is one. */
static char **
parse_countries(const char *text, char **wrong)
{
    char **words = g_strsplit_set(text, " ,;", -1);
    GPtrArray *codes = g_ptr_array_new_with_free_func(g_free);

    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        if (strlen(*word) != 2 || !g_ascii_isalpha((*word)[0]) || !g_ascii_isalpha((*word)[1])) {
            *wrong = g_strdup(*word);
            g_ptr_array_unref(codes);
            g_strfreev(words);
            return NULL;
        }
        g_ptr_array_add(codes, g_ascii_strup(*word, -1));
    }
    g_strfreev(words);
    g_ptr_array_add(codes, NULL);
    return (char **)g_ptr_array_free(codes, FALSE);
}

static void
check_levels(void)
{
    char *problem = NULL;
    GArray *levels = timer_levels_parse(preferences.levels, &problem);
    if (levels == NULL)
        report_failure("netcase: preference netcase.levels: %s. Using 15,60,120.", problem);
    else
        g_array_unref(levels);
    g_free(problem);
}

static void
check_countries(void)
{
    char *wrong = NULL;
    char **countries = parse_countries(preferences.home_countries, &wrong);
    if (countries == NULL)
        report_failure("netcase: preference netcase.home_countries: \"%s\" is not an ISO 3166-1 code of two "
                       "letters. The preference is ignored.",
                       wrong);
    g_strfreev(countries);
    g_free(wrong);
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
            report_failure("netcase: preference netcase.%s_%s: %u is not between %u and %u. Using %u.",
                           detector->family, threshold->name, *value, threshold->minimum, threshold->maximum,
                           threshold->default_value);
            *value = threshold->default_value;
        }
    }
}

/* Called by Wireshark when any preference of ours was set or changed. */
static void
preferences_apply(void)
{
    check_levels();
    check_countries();
    check_thresholds();
    country_file_check(preferences.country_db);
}

/* -- Registration ----------------------------------------------------------------------------- */

static void
register_threshold(module_t *module, const char *family, const struct threshold *threshold, unsigned *value)
{
    prefs_register_uint_preference(
        module, wmem_strdup_printf(wmem_epan_scope(), "%s_%s", family, threshold->name), threshold->title,
        wmem_strdup_printf(wmem_epan_scope(), "%s (%u to %u)", threshold->help, threshold->minimum, threshold->maximum),
        10, value);
}

static void
register_family(module_t *module, const char *family)
{
    prefs_register_static_text_preference(module, wmem_strdup_printf(wmem_epan_scope(), "heading_%s", family),
                                          wmem_strdup_printf(wmem_epan_scope(), "Thresholds of %s", family),
                                          wmem_strdup_printf(wmem_epan_scope(), "They change the cases %s.*", family));
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
    prefs_register_bool_preference(module, "separate_vlans", "VLAN tags separate flows",
                                   "Take the same addresses and ports in two VLANs for two flows. Off by default: "
                                   "mirror ports often show a tag in one direction only.",
                                   &preferences.separate_vlans);
    prefs_register_bool_preference(module, "separate_interfaces", "Capture interfaces separate flows",
                                   "Take the same addresses and ports on two interfaces of a pcapng file for two "
                                   "flows. Off by default: a router shows the two directions on two interfaces.",
                                   &preferences.separate_interfaces);
    prefs_register_bool_preference(module, "separate_ip_tunnels", "IPIP, 6in4 and keyless GRE tunnels separate flows",
                                   "Off by default: the answer of LVS-TUN leaves outside of the tunnel.",
                                   &preferences.separate_ip_tunnels);
}

void
preferences_register(int protocol)
{
    module_t *module = prefs_register_protocol(protocol, preferences_apply);

    prefs_register_enum_preference(module, "language", "Language of the findings", "Language of the findings' texts",
                                   &preferences.language, languages, FALSE);
    prefs_register_string_preference(module, "levels", "Idle levels (seconds)",
                                     "Idle times that connections are compared with, in seconds, separated by commas. "
                                     "A level T counts as passed from T - max(0.5 s, 2.5 %) on.",
                                     &preferences.levels);
    range_convert_str(wmem_epan_scope(), &preferences.vxlan_ports, "4789,8472", 65535);
    prefs_register_range_preference(module, "vxlan_ports", "VXLAN ports", "UDP ports that carry VXLAN",
                                    &preferences.vxlan_ports, 65535);
    range_convert_str(wmem_epan_scope(), &preferences.tls_ports, "443,465,636,853,989-990,993,995,5061,8443", 65535);
    prefs_register_range_preference(module, "tls_ports", "TLS ports",
                                    "TCP ports where clients are expected to speak TLS at once", &preferences.tls_ports,
                                    65535);
    prefs_register_string_preference(module, "home_countries", "Home countries",
                                     "ISO 3166-1 codes such as \"CN HK\": where names are expected to be served from. "
                                     "Empty: derived from the public resolvers and peers that answer in the capture.",
                                     &preferences.home_countries);
    prefs_register_filename_preference(module, "country_db", "Country database",
                                       "A MaxMind DB file with countries or cities. Empty: one in Wireshark's "
                                       "MaxMind folders, else the one that came with netcase.",
                                       &preferences.country_db, FALSE);
    register_separation(module);
    tables_register(module);
    register_thresholds(module);
}

const struct preferences *
preferences_current(void)
{
    return &preferences;
}

enum language
preferences_language(void)
{
    if (preferences.language > 0)
        return preferences.language - 1;
    for (const char *const *name = g_get_language_names(); *name != NULL; name++) {
        if (g_str_has_prefix(*name, "zh"))
            return LANGUAGE_CHINESE;
        if (g_str_has_prefix(*name, "en"))
            return LANGUAGE_ENGLISH;
    }
    return LANGUAGE_ENGLISH;
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
    char *problem = NULL;
    GArray *levels = timer_levels_parse(preferences.levels, &problem);
    if (levels != NULL) {
        g_array_unref(settings->levels);
        settings->levels = levels;
    }
    g_free(problem);
    char *wrong = NULL;
    char **countries = parse_countries(preferences.home_countries, &wrong);
    if (countries != NULL) {
        g_strfreev(settings->home_countries);
        settings->home_countries = countries;
    }
    g_free(wrong);
    fill_ports(&settings->vxlan_ports, preferences.vxlan_ports);
    fill_ports(&settings->tls_ports, preferences.tls_ports);
    /* sharkd sets preferences without asking us to apply them. */
    check_thresholds();
    size_t thresholds = catalogue_threshold_number(catalogue_detector_count, 0);
    memcpy(settings->thresholds, preferences.thresholds, thresholds * sizeof *settings->thresholds);
    settings->countries = country_file_open(preferences.country_db);
    tables_fill(settings);
}
