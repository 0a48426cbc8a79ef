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

/* A port at `*text`, which is moved behind it; -1 if there is none. */
static int
port_at(const char **text)
{
    char *end;
    if (!g_ascii_isdigit(**text))
        return -1;
    guint64 port = g_ascii_strtoull(*text, &end, 10);
    *text = end;
    return port <= G_MAXUINT16 ? (int)port : -1;
}

static bool
add_range(struct port_set *set, const char *text)
{
    int first = port_at(&text), last = first;
    if (*text == '-') {
        text++;
        last = port_at(&text);
    }
    if (first < 0 || last < first || *text != '\0')
        return false;
    for (int port = first; port <= last; port++)
        port_set_add(set, (uint16_t)port);
    return true;
}

bool
port_set_parse(struct port_set *set, const char *text)
{
    memset(set, 0, sizeof *set);
    char **ranges = g_strsplit(text, ",", -1);
    bool ok = true;
    for (char **range = ranges; ok && *range != NULL; range++)
        ok = add_range(set, g_strstrip(*range)) || (**range == '\0' && ranges[1] == NULL);
    g_strfreev(ranges);
    if (!ok)
        memset(set, 0, sizeof *set);
    return ok;
}

char **
countries_parse(const char *text, char **wrong)
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

void
settings_init(struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    char *problem;
    settings->levels = timer_levels_parse(DEFAULT_LEVELS, &problem);
    settings->timers = g_array_new(FALSE, FALSE, sizeof(struct known_timer));
    g_array_append_vals(settings->timers, known_timers, (guint)known_timer_count);
    settings->expected_cnames = g_array_new(FALSE, FALSE, sizeof(struct expected_cname));
    g_array_set_clear_func(settings->expected_cnames, expected_cname_clear);
    settings->home_countries = g_new0(char *, 1);
    port_set_parse(&settings->vxlan_ports, DEFAULT_VXLAN_PORTS);
    port_set_parse(&settings->tls_ports, DEFAULT_TLS_PORTS);
    settings->thresholds = catalogue_default_thresholds();
    settings->hash_seed = hash_seed_of_tests;
}

/* GLib begins with what the system has of chance. */
static uint64_t
random_number(void)
{
    return (uint64_t)g_random_int() << 32 | g_random_int();
}

void
settings_draw_seed(struct settings *settings)
{
    settings->hash_seed = (struct hash_seed){random_number(), random_number()};
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
