/* `set` in scenarios: what the user of netcase can set.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/catalogue.h"
#include "engine/timers.h"
#include "scenario_script.h"

static void
set_threshold(struct script *script, const char *name)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        for (size_t j = 0; j < detector->threshold_count; j++) {
            char *full = g_strdup_printf("%s.%s", detector->family, detector->thresholds[j].name);
            bool is_it = strcmp(full, name) == 0;
            g_free(full);
            if (is_it) {
                unsigned value = (unsigned)script_take_number(script);
                script->scenario->settings.thresholds[catalogue_threshold_number(i, j)] = value;
                return;
            }
        }
    }
    script_fail(script, "there is nothing to set named \"%s\"", name);
}

static void
set_ports(struct script *script, struct port_set *ports)
{
    char **numbers = g_strsplit(script_take(script), ",", -1);
    memset(ports, 0, sizeof *ports);
    for (char **number = numbers; *number != NULL; number++)
        port_set_add(ports, (uint16_t)g_ascii_strtoull(*number, NULL, 10));
    g_strfreev(numbers);
}

static void
set_levels(struct script *script)
{
    char *problem;
    GArray *levels = timer_levels_parse(script_take(script), &problem);
    if (levels == NULL) {
        script_fail(script, "%s", problem);
        g_free(problem);
        return;
    }
    g_array_unref(script->scenario->settings.levels);
    script->scenario->settings.levels = levels;
}

void
script_take_set(struct script *script)
{
    struct settings *settings = &script->scenario->settings;
    const char *name = script_take(script);

    if (strcmp(name, "levels") == 0) {
        set_levels(script);
    } else if (strcmp(name, "home") == 0) {
        g_strfreev(settings->home_countries);
        settings->home_countries = g_strdupv(script->word + script->at);
    } else if (strcmp(name, "tls-ports") == 0) {
        set_ports(script, &settings->tls_ports);
    } else if (strcmp(name, "countries") == 0 && script_take_if(script, "none")) {
        settings->countries = NULL;
    } else if (strcmp(name, "known-timers") == 0 && script_take_if(script, "none")) {
        g_array_set_size(settings->timers, 0);
    } else if (strcmp(name, "expect-cname") == 0) {
        struct expected_cname row = {.name = g_strdup(script_take(script))};
        row.target = g_strdup(script_take(script));
        g_array_append_val(settings->expected_cnames, row);
    } else {
        set_threshold(script, name);
    }
}
