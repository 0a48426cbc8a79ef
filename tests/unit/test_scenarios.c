/* Plays scenarios: all that is found must be expected, in every way to play them.
 *
 *   test_scenarios FILE.scn...            each file; a message for each that fails
 *   test_scenarios --cases FILE.scn...    whether every case of the catalogue is expected somewhere
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/catalogue.h"
#include "scenario.h"
#include "scenario_check.h"

/* A finding or an expectation as "4 idle.reset". */
static char *
line_of(uint32_t frame, const char *id)
{
    return g_strdup_printf("%6u %s", frame, id);
}

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static uint32_t
frame_in(const struct play *play, uint32_t frame)
{
    return play->twice ? 2 * frame - 1 : frame;
}

static char *
expected_lines(const struct scenario *scenario, const struct play *play)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < scenario->expectations->len; i++) {
        const struct expectation *expectation = g_ptr_array_index(scenario->expectations, i);
        bool withdrawn = expectation->withdrawn_frame != 0 && expectation->withdrawn_frame <= play->frames;
        if (expectation->frame <= play->frames && !withdrawn)
            g_ptr_array_add(lines, line_of(frame_in(play, expectation->frame), expectation->id));
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    char *text = g_strjoinv("\n", (char **)lines->pdata);
    g_ptr_array_unref(lines);
    return text;
}

static char *
found_lines(struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        g_ptr_array_add(lines, line_of(finding->frame, finding->info->id));
    }
    g_ptr_array_sort(lines, compare_lines);
    g_ptr_array_add(lines, NULL);
    char *text = g_strjoinv("\n", (char **)lines->pdata);
    g_ptr_array_unref(lines);
    return text;
}

/* -- Ways to play ----------------------------------------------------------------------------- */

static bool
play_as(const char *file, struct scenario *scenario, const char *how, const struct play *play)
{
    struct engine *engine = scenario_play(scenario, play);
    char *expected = expected_lines(scenario, play), *found = found_lines(engine);
    bool right = strcmp(expected, found) == 0;
    if (!right)
        scenario_failed(file, how, "expected:\n%s\nfound:\n%s", *expected ? expected : "  nothing",
                        *found ? found : "  nothing");
    else if (play->frames == scenario->frames->len && !play->twice)
        right = scenario_check(file, scenario, engine);
    g_free(expected);
    g_free(found);
    engine_free(engine);
    return right;
}

/* What is found never depends on what comes later. */
static bool
play_beginnings(const char *file, struct scenario *scenario)
{
    for (guint frames = 0; frames < scenario->frames->len; frames++) {
        char *how = g_strdup_printf("only the first %u frames", frames);
        bool right = play_as(file, scenario, how, &(struct play){.frames = frames});
        g_free(how);
        if (!right)
            return false;
    }
    return true;
}

/* A mirror that shows packets twice is a finding itself. */
static bool
expects_copies(const char *text)
{
    return strstr(text, "\nmirror ") != NULL || strstr(text, "\ntunnel ") != NULL;
}

static bool
play_all(const char *file, const char *text, struct country_database *countries)
{
    char *problem;
    struct scenario *scenario = scenario_read(text, countries, &problem);
    if (scenario == NULL) {
        scenario_failed(file, "reading", "%s", problem);
        g_free(problem);
        return false;
    }
    guint all = scenario->frames->len;
    bool right = all > 0 || scenario_failed(file, "reading", "no packet at all");
    right = right && play_as(file, scenario, "as it is", &(struct play){.frames = all});
    right = right && play_as(file, scenario, "detectors in reverse order",
                             &(struct play){.frames = all, .detectors_reversed = true});
    right =
        right && play_as(file, scenario, "31 years later", &(struct play){.frames = all, .shift = SECONDS(1000000000)});
    right = right &&
            play_as(file, scenario, "VXLAN opened by the engine", &(struct play){.frames = all, .engine_opens = true});
    if (!expects_copies(text))
        right = right && play_as(file, scenario, "every packet twice", &(struct play){.frames = all, .twice = true});
    right = right && play_beginnings(file, scenario);
    scenario_free(scenario);
    return right;
}

/* -- Files ------------------------------------------------------------------------------------ */

static bool
play_file(const char *file, struct country_database *countries)
{
    char *text;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return scenario_failed(file, "reading", "can't be opened");
    bool right = play_all(file, text, countries);
    g_free(text);
    return right;
}

static bool
is_expected_somewhere(const char *id, char **files, int count)
{
    char *wanted = g_strdup_printf("\nexpect %s", id);
    bool there = false;
    for (int i = 0; i < count && !there; i++) {
        char *text = NULL;
        g_file_get_contents(files[i], &text, NULL, NULL);
        const char *at = text != NULL ? strstr(text, wanted) : NULL;
        there = at != NULL && strchr(" \n", at[strlen(wanted)]) != NULL;
        g_free(text);
    }
    g_free(wanted);
    return there;
}

static bool
check_cases(char **files, int count)
{
    bool right = true;
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        const char *id = catalogue_case(i)->id;
        if (!is_expected_somewhere(id, files, count))
            right = scenario_failed("cases", id, "no scenario expects it");
    }
    return right;
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--cases") == 0)
        return check_cases(argv + 2, argc - 2) ? 0 : 1;
    char *problem;
    struct country_database *countries = country_database_open(COUNTRY_DATABASE, &problem);
    bool right = countries != NULL || scenario_failed(COUNTRY_DATABASE, "reading", "%s", problem);
    for (int i = 1; i < argc && countries != NULL; i++)
        right = play_file(argv[i], countries) && right;
    country_database_close(countries);
    return right && argc > 1 ? 0 : 1;
}
