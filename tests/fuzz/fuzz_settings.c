/* What the user can set, as lines of text, and captures read with it. The first letter of a line says what the rest of it is:
 *
 *   L 15,60,120                                    idle levels
 *   K vendor|product|timer|layer|seconds|ends      a known timer; ends: a set of bits
 *   C name target                                  an expected target of CNAMEs
 *   H CN HK                                        home countries
 *   V 4789   S 443                                 ports of VXLAN and of TLS
 *   T 7 100                                        a threshold by its number: within its limits, or at one of them
 *   R                                              detectors in reverse order
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/catalogue.h"
#include "engine/timers.h"
#include "fuzz.h"
#include "scenario.h"
#include "shown.h"

/* A capture in which settings matter: idle times and how they end, names that lead abroad, plain text to a TLS port, scans. */
static const char *const capture = "host client 192.168.1.30\n"
                                   "host server 115.28.115.126 ttl 51\n"
                                   "host resolver 114.114.114.114\n"
                                   "host abroad 104.16.1.1\n"
                                   "mirror M vxlan 10.0.0.9 10.0.0.2 100\n"
                                   "udp D client:40000 resolver:53\n"
                                   "tcp A client:51968 server:88\n"
                                   "tcp B client:51969 server:443\n"
                                   "tcp E client:51970 abroad:443\n"
                                   "tcp M1 client:51971 server:88 in M\n"
                                   "0.00 D > query A pay.example.com\n"
                                   "+0.01 D < answer A pay.example.com CNAME gfvip09aj.com A 104.16.1.1\n"
                                   "+0.01 E open\n"
                                   "+0.01 E tls 1.3 pay.example.com\n"
                                   "+0.01 A open\n"
                                   "+0.03 A > http GET /\n"
                                   "+0.03 A < http 200 300\n"
                                   "+0.01 B open\n"
                                   "+0.03 B > http GET /\n"
                                   "+0.03 B < RST\n"
                                   "+0.01 M1 > SYN\n"
                                   "+1.00 M1 > again\n"
                                   "+2.00 M1 > again\n"
                                   "+60.0 A > http GET /\n"
                                   "+0.03 A < RST\n"
                                   "+14.7 E < FIN\n"
                                   "repeat 30\n"
                                   "tcp C client:{40000+i} server:{1000+i}\n"
                                   "+0.02 C > SYN\n"
                                   "+0.01 C < RST-ACK\n"
                                   "end\n"
                                   "+70.0 D > query A other.example.com\n"
                                   "+9.00 D > query A more.example.com\n";

static struct scenario *
shared_capture(void)
{
    static struct scenario *scenario;
    char *problem = NULL;
    if (scenario == NULL) {
        struct country_database *countries = country_database_open(COUNTRY_DATABASE, &problem);
        fuzz_check(countries != NULL);
        scenario = scenario_read(capture, countries, &problem);
        if (scenario == NULL)
            fprintf(stderr, "%s\n", problem);
        fuzz_check(scenario != NULL);
    }
    return scenario;
}

/* -- Lines ------------------------------------------------------------------------------------ */

static void
set_levels(struct settings *settings, const char *text)
{
    char *problem;
    GArray *levels = timer_levels_parse(text, &problem);
    fuzz_check((levels == NULL) == (problem != NULL));
    g_free(problem);
    if (levels == NULL)
        return;
    fuzz_check(levels->len >= 1 && levels->len <= 16);
    for (guint i = 0; i < levels->len; i++) {
        int64_t level = g_array_index(levels, int64_t, i);
        fuzz_check(level >= SECONDS(1) && level <= SECONDS(86400));
        fuzz_check(i == 0 || level > g_array_index(levels, int64_t, i - 1));
    }
    g_array_unref(settings->levels);
    settings->levels = levels;
}

/* The texts of a timer stay those of `words`. The host takes no other numbers of seconds. */
static void
add_timer(struct settings *settings, char **words)
{
    enum { VENDOR, PRODUCT, NAME, LAYER, SECONDS_TEXT, ENDS, COUNT };
    if (g_strv_length(words) < COUNT)
        return;
    struct known_timer timer = {.id = "table",
                                .vendor = words[VENDOR],
                                .product = words[PRODUCT],
                                .name = words[NAME],
                                .layer = words[LAYER],
                                .seconds = g_ascii_strtod(words[SECONDS_TEXT], NULL),
                                .ends = (unsigned)g_ascii_strtoull(words[ENDS], NULL, 10) & 7,
                                .sourced = true,
                                .source = ""};
    if (timer.seconds > 0 && timer.seconds <= 86400 * 30)
        g_array_append_val(settings->timers, timer);
}

static void
add_cname(struct settings *settings, char **words)
{
    if (g_strv_length(words) < 2 || *words[0] == '\0' || *words[1] == '\0')
        return;
    struct expected_cname cname = {g_strdup(words[0]), g_strdup(words[1])};
    g_array_append_val(settings->expected_cnames, cname);
}

static void
set_home(struct settings *settings, char **words)
{
    GPtrArray *codes = g_ptr_array_new();
    for (char **word = words; *word != NULL; word++)
        if (strlen(*word) == 2 && g_ascii_isalpha((*word)[0]) && g_ascii_isalpha((*word)[1]))
            g_ptr_array_add(codes, g_ascii_strup(*word, -1));
    g_ptr_array_add(codes, NULL);
    g_strfreev(settings->home_countries);
    settings->home_countries = (char **)g_ptr_array_free(codes, FALSE);
}

static const struct threshold *
threshold_at(size_t number)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        size_t first = catalogue_threshold_number(i, 0);
        if (number >= first && number < first + catalogue_detectors[i]->threshold_count)
            return &catalogue_detectors[i]->thresholds[number - first];
    }
    return NULL;
}

static void
set_threshold(struct settings *settings, char **words)
{
    size_t count = catalogue_threshold_number(catalogue_detector_count, 0);
    if (g_strv_length(words) < 2)
        return;
    size_t number = (size_t)g_ascii_strtoull(words[0], NULL, 10) % count;
    const struct threshold *threshold = threshold_at(number);
    guint64 value = g_ascii_strtoull(words[1], NULL, 10);
    settings->thresholds[number] = (unsigned)CLAMP(value, threshold->minimum, threshold->maximum);
}

static void
apply(struct settings *settings, const char *line, GPtrArray *kept)
{
    const char *rest = *line != '\0' ? line + 1 : line;
    char **words = g_strsplit(*rest == ' ' ? rest + 1 : rest, *line == 'K' ? "|" : " ", -1);
    uint16_t port = words[0] != NULL ? (uint16_t)g_ascii_strtoull(words[0], NULL, 10) : 0;

    g_ptr_array_add(kept, words);
    if (*line == 'L')
        set_levels(settings, rest);
    else if (*line == 'K')
        add_timer(settings, words);
    else if (*line == 'C')
        add_cname(settings, words);
    else if (*line == 'H')
        set_home(settings, words);
    else if (*line == 'V')
        port_set_add(&settings->vxlan_ports, port);
    else if (*line == 'S')
        port_set_add(&settings->tls_ports, port);
    else if (*line == 'T')
        set_threshold(settings, words);
    else if (*line == 'R')
        settings->detectors_reversed = true;
}

/* -- The run ---------------------------------------------------------------------------------- */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scenario *scenario = shared_capture();
    struct country_database *countries = scenario->settings.countries;
    GPtrArray *kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    char *text = g_strndup((const char *)data, size);
    char **lines = g_strsplit(text, "\n", -1);

    settings_clear(&scenario->settings);
    settings_init(&scenario->settings);
    scenario->settings.countries = countries;
    for (char **line = lines; *line != NULL; line++)
        apply(&scenario->settings, *line, kept);
    struct player *player = player_new(scenario, &(struct play){0});
    while (player_next(player))
        ;
    fuzz_check(size > 0 || store_findings(engine_store(player->engine))->len >= 5);
    shown_check(player->engine, scenario->frames->len, shown_no_name);
    player_free(player);
    g_strfreev(lines);
    g_free(text);
    g_ptr_array_unref(kept);
    return 0;
}
