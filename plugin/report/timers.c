/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/timers.h"

#include "engine/context.h"
#include "engine/timers.h"
#include "report/columns.h"
#include "report/sessions.h"
#include "report/text.h"

enum { CANDIDATES_SHOWN = 3 };

struct listing {
    struct engine *engine;
    GPtrArray *rows;
    enum language language;
};

char *
idle_text(int64_t idle, enum language language)
{
    return idle > 0 ? duration_text(idle, language) : g_strdup("-");
}

static char *
between_text(const struct bracket *bracket, enum language language)
{
    if (bracket->longest_survived == 0 || bracket->longest_survived >= bracket->shortest_died)
        return g_strdup("-");
    char *low = idle_text(bracket->longest_survived, language);
    char *high = idle_text(bracket->shortest_died, language);
    char *text = g_strdup_printf(language == LANGUAGE_CHINESE ? "%s 至 %s" : "%s to %s", low, high);
    g_free(low);
    g_free(high);
    return text;
}

static char *
matches_text(const GArray *timers, const struct bracket *bracket, enum language language)
{
    if (bracket->shortest_died == 0)
        return g_strdup("-");
    const struct timer_match match = {TIMER_RESET, TIMER_BETWEEN_REQUESTS, bracket->shortest_died,
                                      bracket->longest_survived, bracket->product};
    unsigned others;
    GPtrArray *candidates = timer_candidates(timers, &match, &others);
    guint more = others + (candidates->len > CANDIDATES_SHOWN ? candidates->len - CANDIDATES_SHOWN : 0);
    const char *separator = language == LANGUAGE_CHINESE ? "；" : "; ";
    GString *text = g_string_new(candidates->len == 0 ? "-" : NULL);
    for (guint i = 0; i < candidates->len && i < CANDIDATES_SHOWN; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? separator : "", (const char *)g_ptr_array_index(candidates, i));
    if (candidates->len > 0 && more > 0)
        g_string_append_printf(text, language == LANGUAGE_CHINESE ? "；另有 %u 个" : "; and %u more", more);
    g_ptr_array_unref(candidates);
    return g_string_free(text, FALSE);
}

static void
add_server(const struct known_server *server, const struct bracket *bracket, void *data)
{
    struct listing *listing = data;
    char *const row[] = {
        endpoint_in_network(&server->endpoint, listing->engine->encapsulation, server->network, listing->language),
        idle_text(bracket->longest_survived, listing->language),
        idle_text(bracket->shortest_died, listing->language),
        between_text(bracket, listing->language),
        matches_text(listing->engine->settings->timers, bracket, listing->language),
        NULL};
    g_ptr_array_add(listing->rows, g_memdup2(row, sizeof row));
}

char *
timer_report(struct engine *engine, enum language language)
{
    static const char *const headings[][6] = {
        [LANGUAGE_ENGLISH] = {"server", "survived", "died", "timer between", "matches"},
        [LANGUAGE_CHINESE] = {"服务器", "存活", "失效", "定时器介于", "吻合的定时器"},
    };
    struct listing listing = {
        .engine = engine, .rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev), .language = language};

    g_ptr_array_add(listing.rows, g_strdupv((char **)headings[language]));
    knowledge_each_bracket(engine->knowledge, add_server, &listing);
    char *text = columns_table(listing.rows);
    g_ptr_array_unref(listing.rows);
    return text;
}
