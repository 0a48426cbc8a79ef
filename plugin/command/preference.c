/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/preference.h"

#include <string.h>

#include "engine/catalogue.h"
#include "engine/timers.h"
#include "findings/printable.h"

static const char PREFIX[] = "netcase.";

void
preferences_init(struct preferences *preferences)
{
    settings_init(&preferences->settings);
    settings_draw_seed(&preferences->settings);
    preferences->options = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(preferences->options, g_strconcat(PREFIX, "levels:", DEFAULT_LEVELS, NULL));
}

void
preferences_clear(struct preferences *preferences)
{
    country_database_close(preferences->settings.countries);
    settings_clear(&preferences->settings);
    g_ptr_array_unref(preferences->options);
}

/* -- Values ----------------------------------------------------------------------------------- */

static bool
set_levels(struct settings *settings, const char *value, char **problem)
{
    GArray *levels = timer_levels_parse(value, problem);
    if (levels == NULL)
        return false;
    g_array_unref(settings->levels);
    settings->levels = levels;
    return true;
}

static bool
set_ports(struct port_set *set, const char *value, char **problem)
{
    if (port_set_parse(set, value))
        return true;
    *problem = g_strdup("it is no list of ports such as 443,989-990");
    return false;
}

static bool
set_countries(struct settings *settings, const char *value, char **problem)
{
    char *wrong = NULL, **countries = countries_parse(value, &wrong);
    if (countries == NULL) {
        *problem = g_strdup_printf("\"%s\" is no ISO 3166-1 code of two letters", wrong);
        g_free(wrong);
        return false;
    }
    g_strfreev(settings->home_countries);
    settings->home_countries = countries;
    return true;
}

static bool
set_country_database(struct settings *settings, const char *value, char **problem)
{
    country_database_close(settings->countries);
    settings->countries = country_database_open(value, problem);
    return settings->countries != NULL;
}

/* The place of the threshold in the settings, or NULL. */
static unsigned *
find_threshold(struct settings *settings, const char *name, const struct threshold **threshold)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        size_t family = strlen(detector->family);
        if (strncmp(name, detector->family, family) != 0 || name[family] != '_')
            continue;
        for (size_t j = 0; j < detector->threshold_count; j++)
            if (strcmp(name + family + 1, detector->thresholds[j].name) == 0) {
                *threshold = &detector->thresholds[j];
                return &settings->thresholds[catalogue_threshold_number(i, j)];
            }
    }
    return NULL;
}

static bool
set_threshold(unsigned *place, const struct threshold *threshold, const char *value, char **problem)
{
    guint64 number;
    if (!g_ascii_string_to_unsigned(value, 10, threshold->minimum, threshold->maximum, &number, NULL)) {
        *problem = g_strdup_printf("it is no number from %u to %u", threshold->minimum, threshold->maximum);
        return false;
    }
    *place = (unsigned)number;
    return true;
}

static bool
set_value(struct preferences *preferences, const char *name, const char *value, char **problem)
{
    struct settings *settings = &preferences->settings;
    const struct threshold *threshold;

    if (strcmp(name, "levels") == 0)
        return set_levels(settings, value, problem);
    if (strcmp(name, "vxlan_ports") == 0)
        return set_ports(&settings->vxlan_ports, value, problem);
    if (strcmp(name, "tls_ports") == 0)
        return set_ports(&settings->tls_ports, value, problem);
    if (strcmp(name, "home_countries") == 0)
        return set_countries(settings, value, problem);
    if (strcmp(name, "country_db") == 0)
        return set_country_database(settings, value, problem);
    unsigned *place = find_threshold(settings, name, &threshold);
    if (place != NULL)
        return set_threshold(place, threshold, value, problem);
    *problem = g_strdup("there is no such preference here");
    return false;
}

/* -- Options ---------------------------------------------------------------------------------- */

/* The levels stand first and are always there; what is set twice is listed once. */
static void
list_option(GPtrArray *options, const char *option)
{
    size_t name = strcspn(option, ":") + 1;
    for (guint i = 0; i < options->len; i++)
        if (strncmp(g_ptr_array_index(options, i), option, name) == 0) {
            g_free(g_ptr_array_index(options, i));
            g_ptr_array_index(options, i) = printable_text(option);
            return;
        }
    g_ptr_array_add(options, printable_text(option));
}

bool
preferences_set(struct preferences *preferences, const char *option, char **problem)
{
    char *reason = NULL;
    const char *colon = strchr(option, ':');
    bool ok = false;
    if (!g_str_has_prefix(option, PREFIX) || colon == NULL) {
        reason = g_strdup("a preference is set by netcase.NAME:VALUE");
    } else {
        char *name = g_strndup(option + strlen(PREFIX), (gsize)(colon - option) - strlen(PREFIX));
        ok = set_value(preferences, name, colon + 1, &reason);
        g_free(name);
    }
    if (ok) {
        list_option(preferences->options, option);
    } else {
        char *message = g_strdup_printf("-o %s: %s", option, reason);
        *problem = printable_text(message);
        g_free(message);
    }
    g_free(reason);
    return ok;
}

/* -- Countries -------------------------------------------------------------------------------- */

/* The file that came with netcase: where a package puts it, or beside the plugin of a user. */
static struct country_database *
open_shipped(void)
{
    char *personal = g_build_filename(g_get_home_dir(), NETCASE_PERSONAL_PLUGINS, "netcase-country.mmdb", NULL);
    const char *const paths[] = {personal, NETCASE_PLUGIN_DIR "/netcase-country.mmdb",
                                 NETCASE_DATA_DIR "/netcase-country.mmdb"};
    struct country_database *database = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(paths) && database == NULL; i++) {
        char *problem = NULL;
        database = country_database_open(paths[i], &problem);
        g_free(problem);
    }
    g_free(personal);
    return database;
}

void
preferences_finish(struct preferences *preferences)
{
    if (preferences->settings.countries == NULL)
        preferences->settings.countries = open_shipped();
    g_ptr_array_add(preferences->options, NULL);
}
