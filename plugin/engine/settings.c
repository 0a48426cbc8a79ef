/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/settings.h"

#include "engine/catalogue.h"
#include "engine/timers.h"

static void
expected_cname_clear(void *item)
{
    struct expected_cname *expected = item;
    g_free(expected->name);
    g_free(expected->target);
}

void
settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    char *problem;
    settings->levels = timer_levels_parse("15,60,120", &problem);
    settings->timers = g_array_new(FALSE, FALSE, sizeof(struct known_timer));
    g_array_append_vals(settings->timers, known_timers, (guint)known_timer_count);
    settings->expected_cnames = g_array_new(FALSE, FALSE, sizeof(struct expected_cname));
    g_array_set_clear_func(settings->expected_cnames, expected_cname_clear);
    settings->home_countries = g_new0(char *, 1);
    port_set_add(&settings->vxlan_ports, 4789);
    port_set_add(&settings->vxlan_ports, 8472);
    port_set_add(&settings->tls_ports, 443);
    settings->thresholds = catalogue_default_thresholds();
    settings->hash_seed = hash_seed_of_tests;
}

void
settings_clear(struct settings *settings)
{
    g_array_unref(settings->levels);
    g_array_unref(settings->timers);
    g_array_unref(settings->expected_cnames);
    g_strfreev(settings->home_countries);
    g_free(settings->thresholds);
    memset(settings, 0, sizeof *settings);
}
