/* Known timers and what a measured idle time may match.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/timers.h"

#include <string.h>

#include "findings/printable.h"

#define CLOSE   (1u << TIMER_CLOSE)
#define RESET   (1u << TIMER_RESET)
#define SILENCE (1u << TIMER_SILENCE)
#define NEVER   0u

const struct known_timer known_timers[] = {
#define TIMER(id, vendor, product, timer, layer, state, seconds, ends, sourced, source)                                \
    {id, vendor, product, timer, layer, seconds, ends, sourced, source, TIMER_##state},
#include "engine/timers.def"
#undef TIMER
};
const size_t known_timer_count = sizeof known_timers / sizeof *known_timers;

int64_t
timer_early(int64_t timer)
{
    return MAX(MILLISECONDS(500), timer / 40);
}

int64_t
timer_late(int64_t timer)
{
    return MAX(SECONDS(2), timer / 100 * 3);
}

/* -- Levels ------------------------------------------------------------------------------------ */

enum { LEVELS_MAX = 16, LEVEL_SECONDS_MAX = 86400 };

static gint
compare_levels(gconstpointer a, gconstpointer b)
{
    int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

/* A message about one part of the list, NULL if the part was added. */
static char *
add_level(GArray *levels, char *part)
{
    guint64 seconds;
    g_strstrip(part);
    if (!g_ascii_string_to_unsigned(part, 10, 1, LEVEL_SECONDS_MAX, &seconds, NULL)) {
        return g_strdup_printf("\"%s\" is not a number of seconds from 1 to %d", part, LEVEL_SECONDS_MAX);
    }
    if (levels->len == LEVELS_MAX) {
        return g_strdup_printf("\"%s\" is one level too many: there can be %d", part, LEVELS_MAX);
    }
    int64_t level = SECONDS(seconds);
    for (guint i = 0; i < levels->len; i++) {
        if (g_array_index(levels, int64_t, i) == level) {
            return NULL;
        }
    }
    g_array_append_val(levels, level);
    return NULL;
}

GArray *
timer_levels_parse(const char *text, char **problem)
{
    GArray *levels = g_array_new(FALSE, FALSE, sizeof(int64_t));
    char **parts = g_strsplit(text, ",", -1);
    *problem = parts[0] == NULL ? g_strdup("at least one level is needed") : NULL;
    for (char **part = parts; *part != NULL && *problem == NULL; part++) {
        *problem = add_level(levels, *part);
    }
    g_strfreev(parts);
    if (*problem != NULL) {
        g_array_unref(levels);
        return NULL;
    }
    g_array_sort(levels, compare_levels);
    return levels;
}

int64_t
timer_level_passed(const GArray *levels, int64_t idle)
{
    for (guint i = levels->len; i > 0; i--) {
        int64_t level = g_array_index(levels, int64_t, i - 1);
        if (idle >= level - timer_early(level)) {
            return level;
        }
    }
    return 0;
}

/* -- Timers ------------------------------------------------------------------------------------ */

static int64_t
nanoseconds_of(const struct known_timer *timer)
{
    return (int64_t)(timer->seconds * (double)NANOSECONDS_PER_SECOND);
}

static bool
was_due(int64_t timer, int64_t idle)
{
    return idle >= timer - timer_early(timer) && idle <= timer + timer_late(timer);
}

static int64_t
distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

/* Whether the timer ends TCP connections in this way. Those of UDP and the like never do. */
static bool
can_end(const struct known_timer *timer, enum timer_end end)
{
    static const char *const layers[] = {"TCP", "TLS", "HTTP"};
    /* The table has one bit for both kinds of RST: few sources tell them apart. */
    if ((timer->ends & (end == TIMER_EXPIRED ? RESET : 1u << end)) == 0) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(layers); i++) {
        if (strcmp(timer->layer, layers[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
keep_nearer(int64_t *best, int64_t timer, int64_t idle)
{
    if (was_due(timer, idle) && (*best == 0 || distance(timer, idle) < distance(*best, idle))) {
        *best = timer;
    }
}

int64_t
timer_due(const GArray *levels, const GArray *timers, enum timer_end end, int64_t idle)
{
    int64_t best = 0;
    int64_t lowest = levels->len > 0 ? g_array_index(levels, int64_t, 0) : 0;
    if (idle < lowest - timer_early(lowest)) {
        return 0; /* most connections end without having been idle */
    }
    for (guint i = 0; i < levels->len; i++) {
        keep_nearer(&best, g_array_index(levels, int64_t, i), idle);
    }
    for (guint i = 0; i < timers->len; i++) {
        const struct known_timer *timer = &g_array_index(timers, struct known_timer, i);
        int64_t nanoseconds = nanoseconds_of(timer);
        if (can_end(timer, end) && nanoseconds >= lowest) {
            keep_nearer(&best, nanoseconds, idle);
        }
    }
    return best;
}

struct candidate {
    const struct known_timer *timer;
    bool of_product; /* the server says that it is this one */
    bool of_state;   /* it runs in no other state */
    int64_t distance;
    guint position;
};

/* Those of the product first, then those of the state, nearest first; of equals those whose way to end is from a source, then in the order of the table. */
static gint
compare_candidates(gconstpointer a, gconstpointer b)
{
    const struct candidate *first = a, *second = b;
    if (first->of_product != second->of_product) {
        return first->of_product ? -1 : 1;
    }
    if (first->of_state != second->of_state) {
        return first->of_state ? -1 : 1;
    }
    if (first->distance != second->distance) {
        return first->distance < second->distance ? -1 : 1;
    }
    if (first->timer->sourced != second->timer->sourced) {
        return first->timer->sourced ? -1 : 1;
    }
    return first->position < second->position ? -1 : first->position > second->position;
}

/* "nginx keepalive_timeout (75 s)": the vendor is left out where the product says it already. */
static char *
timer_text(const struct known_timer *timer)
{
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(seconds, sizeof seconds, "%.10g", timer->seconds);
    bool said = g_str_has_prefix(timer->product, timer->vendor) || g_str_has_suffix(timer->vendor, timer->product);
    char *text = g_strdup_printf("%s%s%s %s (%s s)", said ? "" : timer->vendor, said ? "" : " ", timer->product,
                                 timer->name, seconds);
    char *printable = printable_text(text);
    g_free(text);
    return printable;
}

/* Any timer up to the idle time may have run out in it, but those of less than half of it fit every longer
 * silence as well and tell nothing. */
static bool
may_have_run_out(int64_t timer, int64_t idle)
{
    return timer >= idle / 2 && timer <= idle + timer_early(timer);
}

static bool
matches(const struct known_timer *timer, const struct timer_match *match)
{
    int64_t nanoseconds = nanoseconds_of(timer);
    return can_end(timer, match->end) && nanoseconds > match->survived &&
           (timer_ends_at_once(match->end) ? was_due(nanoseconds, match->idle)
                                           : may_have_run_out(nanoseconds, match->idle));
}

/* Servers that call themselves otherwise than their makers do. */
static const struct {
    const char *word, *called;
} products[] = {
    {"awselb", "Application Load Balancer"},
    {"openresty", "nginx"},
    {"AkamaiGHost", "Akamai"},
    {"Apache-Coyote", "Tomcat"},
    {"Microsoft-IIS", "http.sys"},
    {"Microsoft-HTTPAPI", "http.sys"},
    {"Microsoft-Azure-Applicat", "Application Gateway"},
    {"BigIP", "BIG-IP"},
    {"BIG-IP", "F5"},
};

/* Whether the server's word for itself is how the product or its vendor is called. Short words are anybody's. */
static bool
is_of_product(const struct known_timer *timer, const char *word)
{
    enum { SHORTEST = 4 };
    if (word == NULL || strlen(word) < SHORTEST) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(products); i++) {
        if (g_ascii_strncasecmp(products[i].word, word, strlen(products[i].word)) == 0) {
            word = products[i].called;
            break;
        }
    }
    size_t length = strlen(word);
    return g_ascii_strncasecmp(timer->product, word, length) == 0 ||
           g_ascii_strncasecmp(timer->vendor, word, length) == 0;
}

GPtrArray *
timer_candidates(const GArray *timers, const struct timer_match *match, unsigned *others)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(struct candidate));
    *others = 0;
    for (guint i = 0; i < timers->len; i++) {
        const struct known_timer *timer = &g_array_index(timers, struct known_timer, i);
        if (!matches(timer, match)) {
            continue;
        }
        struct candidate candidate = {timer, is_of_product(timer, match->product), timer->state == match->state,
                                      distance(nanoseconds_of(timer), match->idle), i};
        if (candidate.of_state || timer->state == TIMER_SESSION) {
            g_array_append_val(found, candidate);
        } else {
            (*others)++;
        }
    }
    g_array_sort(found, compare_candidates);
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < found->len; i++) {
        g_ptr_array_add(texts, timer_text(g_array_index(found, struct candidate, i).timer));
    }
    g_array_unref(found);
    return texts;
}

/* What waits is the one who spoke last; a request that is pending found the connection idle between two of them. */
enum timer_state
timer_state_of(const struct flow *flow, const struct packet *now)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (server->pending.frame != 0 || (now != NULL && now->http != NULL && now->http->response)) {
        return TIMER_RESPONSE;
    }
    if (client->pending.frame != 0) {
        return TIMER_BETWEEN_REQUESTS;
    }
    if (client->last_payload_frame == 0 || (flow->tls.finished && !flow->tls.client_data)) {
        return flow->began_before ? TIMER_BETWEEN_REQUESTS : TIMER_REQUEST_HEADER;
    }
    if (flow->tls.seen && !flow->tls.finished) {
        return TIMER_TLS_HANDSHAKE;
    }
    return client->last_payload_frame > server->last_payload_frame ? TIMER_RESPONSE : TIMER_BETWEEN_REQUESTS;
}
