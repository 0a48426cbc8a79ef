/* Plays scenarios: all that is found must be expected, in every way to play them.
 *
 *   test_scenarios FILE.scn...            each file; a message for each that fails
 *   test_scenarios --cases FILE.scn...    whether every case of the catalogue is expected somewhere
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "core/catalogue.h"
#include "core/text.h"
#include "scenario.h"

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
        if (expectation->frame <= play->frames)
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

static bool
failed(const char *file, const char *how, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    printf("%s: %s: %s\n", file, how, text);
    g_free(text);
    return false;
}

/* -- What a finding says ---------------------------------------------------------------------- */

/* Whether every {fact} that the text shows outside of brackets was given. */
static bool
shows_only_given(const char *text, const struct finding *finding, char **missing)
{
    bool optional = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '[' || *at == ']')
            optional = *at == '[';
        if (*at != '{' || optional)
            continue;
        size_t length = strcspn(at + 1, ".}"); /* {server.port} is a half of the server */
        *missing = g_strndup(at + 1, length);
        bool given = false;
        for (int name = 0; name < FACT_COUNT; name++)
            given |=
                strcmp(fact_infos[name].name, *missing) == 0 && finding_fact(finding, (enum fact_name)name) != NULL;
        if (!given)
            return false;
        g_free(*missing);
        *missing = NULL;
    }
    return true;
}

static bool
check_texts(const char *file, const struct finding *finding)
{
    const struct case_text *languages[] = {&finding->info->english, &finding->info->chinese};
    for (unsigned i = 0; i < 2; i++) {
        const struct case_text *text = languages[i];
        const char *parts[] = {text->title, text->summary, text->causes, text->checks, text->disproof};
        for (unsigned j = 0; j < G_N_ELEMENTS(parts); j++) {
            char *missing = NULL;
            if (shows_only_given(parts[j], finding, &missing))
                continue;
            failed(file, "texts", "%s in frame %u shows {%s}, which it does not have", finding->info->id,
                   finding->frame, missing);
            g_free(missing);
            return false;
        }
    }
    return true;
}

static bool
check_evidence(const char *file, const struct finding *finding)
{
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = g_array_index(finding->evidence, uint32_t, i);
        if (frame == 0 || frame >= finding->frame)
            return failed(file, "evidence", "%s in frame %u rests on frame %u", finding->info->id, finding->frame,
                          frame);
    }
    return true;
}

/* "idle='14.94 s'": the fact as it is shown in English; "yes" for a flag, "none" if it must not be given. */
static bool
fact_is(const struct finding *finding, const char *name, const char *value)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < finding->facts->len; i++) {
        const struct fact *fact = &g_array_index(finding->facts, struct fact, i);
        if (strcmp(fact_infos[fact->name].name, name) != 0)
            continue;
        bool flag = fact_infos[fact->name].type == TYPE_FLAG;
        char *words = flag ? g_strdup("yes") : fact_text(fact, LANGUAGE_ENGLISH);
        g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", words);
        g_free(words);
    }
    bool is_it = strcmp(text->len > 0 ? text->str : "none", value) == 0;
    if (!is_it)
        printf("%s is \"%s\", not \"%s\"\n", name, text->len > 0 ? text->str : "none", value);
    g_string_free(text, TRUE);
    return is_it;
}

static bool
word_holds(const struct finding *finding, const char *word)
{
    char **parts = g_strsplit(word, "=", 2);
    bool holds;
    if (parts[1] == NULL)
        holds = strcmp(word, severity_name(finding->severity, LANGUAGE_ENGLISH)) == 0 ||
                strcmp(word, confidence_name(finding->confidence)) == 0;
    else
        holds = fact_is(finding, parts[0], parts[1]);
    g_strfreev(parts);
    return holds;
}

static bool
check_words(const char *file, const struct expectation *expectation, const GPtrArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        if (finding->frame != expectation->frame || strcmp(finding->info->id, expectation->id) != 0)
            continue;
        for (char **word = expectation->words; *word != NULL; word++)
            if (!word_holds(finding, *word))
                return failed(file, "facts", "line %u: %s is not %s", expectation->line, finding->info->id, *word);
    }
    return true;
}

static bool
check_details(const char *file, const struct scenario *scenario, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    bool right = true;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        right = check_texts(file, finding) && check_evidence(file, finding) && right;
    }
    for (guint i = 0; i < scenario->expectations->len; i++)
        right = check_words(file, g_ptr_array_index(scenario->expectations, i), findings) && right;
    return right;
}

/* -- Ways to play ----------------------------------------------------------------------------- */

static bool
play_as(const char *file, struct scenario *scenario, const char *how, const struct play *play)
{
    struct engine *engine = scenario_play(scenario, play);
    char *expected = expected_lines(scenario, play), *found = found_lines(engine);
    bool right = strcmp(expected, found) == 0;
    if (!right)
        failed(file, how, "expected:\n%s\nfound:\n%s", *expected ? expected : "  nothing",
               *found ? found : "  nothing");
    else if (play->frames == scenario->frames->len && !play->twice)
        right = check_details(file, scenario, engine);
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
        failed(file, "reading", "%s", problem);
        g_free(problem);
        return false;
    }
    guint all = scenario->frames->len;
    bool right = all > 0 || failed(file, "reading", "no packet at all");
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
        return failed(file, "reading", "can't be opened");
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
            right = failed("cases", id, "no scenario expects it");
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
    bool right = countries != NULL || failed(COUNTRY_DATABASE, "reading", "%s", problem);
    for (int i = 1; i < argc && countries != NULL; i++)
        right = play_file(argv[i], countries) && right;
    country_database_close(countries);
    return right && argc > 1 ? 0 : 1;
}
