/* Plays scenarios: all that is found must be expected, after each packet and in every way to play them.
 *
 *   test_scenarios FILE|FOLDER...              prints "NAME ... ok", or "NAME ... FAIL" and what is wrong in which line
 *   test_scenarios --catalogue FILE|FOLDER...  whether every case is expected somewhere, and each of its look-alikes shown
 *
 * A scenario that crashes is the last one named.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "engine/catalogue.h"
#include "scenario.h"
#include "scenario_check.h"

/* -- What is found, and what is expected ------------------------------------------------------ */

static bool
is_about(const struct player *player, const struct finding *finding, const struct expectation *expectation)
{
    return finding->frame == player_number(player, expectation->frame) &&
           strcmp(finding->info->id, expectation->id) == 0;
}

/* The line of the packet that the engine knows by this number. */
static unsigned
line_of(const struct player *player, uint32_t number)
{
    uint32_t frame = player->frames;
    while (frame > 1 && player_number(player, frame) > number)
        frame--;
    return ((const struct scenario_frame *)g_ptr_array_index(player->scenario->frames, frame - 1))->line;
}

/* -- Ways to play ----------------------------------------------------------------------------- */

/* None of these changes what is found. A scenario in which one would, because its case rests on what is changed, says why
 * in a comment: # not "in VXLAN": why. */
struct way {
    const char *name;
    struct play play;
    bool renumbered;
    bool without_mirrors; /* only where the scenario has none of its own */
};

static const struct way ways[] = {
    {.name = "as it is"},
    {.name = "detectors in reverse order", .play = {.detectors_reversed = true}},
    {.name = "31 years later", .play = {.shift = SECONDS(1000000000)}},
    {.name = "VXLAN opened by the engine", .play = {.engine_opens = true}},
    {.name = "every packet twice", .play = {.twice = true}, .without_mirrors = true},
    {.name = "renumbered", .renumbered = true},
    {.name = "in VXLAN", .play = {.in_vxlan = true}, .without_mirrors = true},
    {.name = "headers only", .play = {.headers_only = true}, .without_mirrors = true},
    {.name = "beside others", .play = {.beside_others = true}},
};

static bool
is_played(const struct way *way, const char *text)
{
    char *opt_out = g_strdup_printf("# not \"%s\": ", way->name);
    bool has_mirrors = strstr(text, "\nmirror ") != NULL || strstr(text, "\ntunnel ") != NULL;
    bool played = !(way->without_mirrors && has_mirrors) && strstr(text, opt_out) == NULL;
    g_free(opt_out);
    return played;
}

/* Cases that are read in payload: without it they are not told. */
static bool
is_in_payload(const char *id)
{
    static const char *const cases[] = {
        "dns.", "tls.", "http.", "flood.dns", "flood.http", "flood.tls", "policy.reset_reason", "tunnel.wireguard"};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (g_str_has_prefix(id, cases[i]))
            return true;
    return false;
}

static bool
may_be_missing(const struct way *way, const struct expectation *expectation)
{
    return way->play.headers_only && is_in_payload(expectation->id);
}

/* What is wrong with the mirror that the way adds. */
static bool
may_be_more(const struct way *way, const struct finding *finding)
{
    return way->play.in_vxlan && g_str_has_prefix(finding->info->id, "mirror.");
}

/* Whether the engine has found what is expected up to here, and nothing else. */
static bool
found_as_expected(struct verdict *verdict, const struct way *way, const struct player *player)
{
    GPtrArray *findings = g_ptr_array_new();
    const GPtrArray *expectations = player->scenario->expectations;
    bool right = true;

    g_ptr_array_extend(findings, (GPtrArray *)store_findings(engine_store(player->engine)), NULL, NULL);
    for (guint i = 0; i < expectations->len; i++) {
        const struct expectation *expectation = g_ptr_array_index(expectations, i);
        bool withdrawn = expectation->withdrawn_frame != 0 && expectation->withdrawn_frame <= player->frames;
        if (expectation->frame > player->frames || withdrawn)
            continue;
        guint at = 0;
        while (at < findings->len && !is_about(player, g_ptr_array_index(findings, at), expectation))
            at++;
        if (at < findings->len)
            g_ptr_array_remove_index_fast(findings, at);
        else if (!may_be_missing(way, expectation))
            right = verdict_failed(verdict, expectation->line, "%s: after frame %u: %s is not found in frame %u",
                                   way->name, player->frames, expectation->id, expectation->frame);
    }
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        if (!may_be_more(way, finding))
            right = verdict_failed(verdict, line_of(player, finding->frame), "%s: after frame %u: %s is not expected",
                                   way->name, player->frames, finding->info->id);
    }
    g_ptr_array_unref(findings);
    return right;
}

/* -- The life of a finding -------------------------------------------------------------------- */

/* What was said so far: the confidence of each finding that stands, by number; and the last frame of the engine then. */
struct said {
    GHashTable *confidence;
    uint32_t frame;
};

static bool
was_withdrawn(const struct player *player, const struct said *said, uint32_t number)
{
    for (uint32_t frame = said->frame + 1; frame <= player->engine_frames; frame++) {
        const GPtrArray *withdrawn = store_withdrawn_by(engine_store(player->engine), frame);
        for (guint i = 0; withdrawn != NULL && i < withdrawn->len; i++)
            if (((const struct finding *)g_ptr_array_index(withdrawn, i))->number == number)
                return true;
    }
    return false;
}

/* What one pass prints at the packet that was just shown is what two passes print in the end, but for what is withdrawn: a
 * finding is told in its own frame, only gets more certain, and goes by being withdrawn. */
static bool
goes_on_rightly(struct verdict *verdict, const struct way *way, const struct player *player, struct said *said)
{
    const GPtrArray *findings = store_findings(engine_store(player->engine));
    GHashTable *before = said->confidence;
    bool right = true;

    said->confidence = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        gpointer key = GUINT_TO_POINTER(finding->number), confidence;
        unsigned line = line_of(player, finding->frame);
        if (!g_hash_table_lookup_extended(before, key, NULL, &confidence)) {
            if (finding->frame <= said->frame)
                right = verdict_failed(verdict, line, "%s: %s is told %u frames late", way->name, finding->info->id,
                                       player->engine_frames - finding->frame);
        } else if (finding->confidence < GPOINTER_TO_UINT(confidence)) {
            right = verdict_failed(verdict, line, "%s: frame %u makes %s less certain", way->name, player->frames,
                                   finding->info->id);
        }
        g_hash_table_insert(said->confidence, key, GUINT_TO_POINTER(finding->confidence));
        g_hash_table_remove(before, key);
    }
    GHashTableIter iterator;
    gpointer gone;
    for (g_hash_table_iter_init(&iterator, before); g_hash_table_iter_next(&iterator, &gone, NULL);)
        if (!was_withdrawn(player, said, GPOINTER_TO_UINT(gone)))
            right = verdict_failed(verdict, 0, "%s: after frame %u finding %u is gone, and was not withdrawn",
                                   way->name, player->frames, GPOINTER_TO_UINT(gone));
    g_hash_table_unref(before);
    said->frame = player->engine_frames;
    return right;
}

/* -- Playing ---------------------------------------------------------------------------------- */

static void
play_as(struct verdict *verdict, struct scenario *scenario, const struct way *way)
{
    struct player *player = player_new(scenario, &way->play);
    struct said said = {g_hash_table_new(NULL, NULL), 0};
    bool right = true;
    while (right && player_next(player)) {
        right = found_as_expected(verdict, way, player);
        right = goes_on_rightly(verdict, way, player, &said) && right;
    }
    if (right && way == ways)
        scenario_check(verdict, scenario, player->engine);
    g_hash_table_unref(said.confidence);
    player_free(player);
}

static void
read_and_play(struct verdict *verdict, const char *text, struct country_database *countries, const struct way *way)
{
    char *problem;
    struct scenario *scenario = (way->renumbered ? scenario_read_renumbered : scenario_read)(text, countries, &problem);
    if (scenario == NULL) {
        verdict_failed(verdict, 0, "%s", problem);
        g_free(problem);
        return;
    }
    if (scenario->frames->len == 0)
        verdict_failed(verdict, 0, "no packet at all");
    play_as(verdict, scenario, way);
    scenario_free(scenario);
}

static void
play_all(struct verdict *verdict, const char *text, struct country_database *countries)
{
    read_and_play(verdict, text, countries, ways);
    for (size_t i = 1; i < G_N_ELEMENTS(ways) && !verdict->failed; i++)
        if (is_played(&ways[i], text))
            read_and_play(verdict, text, countries, &ways[i]);
}

/* -- Files ------------------------------------------------------------------------------------ */

/* "idle/reset" for "tests/scenarios/idle/reset.scn", freed by the caller. */
static char *
scenario_name(const char *file)
{
    const char *folder = g_strrstr(file, "scenarios/");
    char *name = g_strdup(folder != NULL ? folder + strlen("scenarios/") : file);
    if (g_str_has_suffix(name, ".scn"))
        name[strlen(name) - strlen(".scn")] = '\0';
    return name;
}

static bool
play_file(const char *file, struct country_database *countries)
{
    struct verdict verdict = {.file = file};
    char *name = scenario_name(file), *text;
    printf("%s ... ", name);
    fflush(stdout); /* before it crashes */
    g_free(name);
    if (g_file_get_contents(file, &text, NULL, NULL)) {
        play_all(&verdict, text, countries);
        g_free(text);
    } else {
        verdict_failed(&verdict, 0, "can't be opened");
    }
    if (!verdict.failed)
        printf("ok\n");
    return !verdict.failed;
}

/* The file itself, or all scenarios in the folder and those below it. */
static void
add_files(GPtrArray *files, const char *path)
{
    GDir *folder = g_dir_open(path, 0, NULL);
    if (folder == NULL) {
        g_ptr_array_add(files, g_strdup(path));
        return;
    }
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder)) {
        char *inside = g_build_filename(path, name, NULL);
        if (g_str_has_suffix(name, ".scn") || g_file_test(inside, G_FILE_TEST_IS_DIR))
            add_files(files, inside);
        g_free(inside);
    }
    g_dir_close(folder);
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
files_of(char **paths)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    for (char **path = paths; *path != NULL; path++)
        add_files(files, *path);
    g_ptr_array_sort(files, compare_names);
    return files;
}

static bool
play_files(const GPtrArray *files)
{
    char *problem;
    struct country_database *countries = country_database_open(COUNTRY_DATABASE, &problem);
    bool right = countries != NULL && files->len > 0;
    if (countries == NULL)
        printf("%s: %s\n", COUNTRY_DATABASE, problem);
    if (files->len == 0)
        printf("no scenario\n");
    for (guint i = 0; i < files->len && countries != NULL; i++)
        right = play_file(g_ptr_array_index(files, i), countries) && right;
    country_database_close(countries);
    return right;
}

/* -- What the catalogue says ------------------------------------------------------------------ */

/* The texts of all scenarios, one behind the other, with a newline before each. Freed by the caller. */
static char *
read_all(const GPtrArray *files)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < files->len; i++) {
        char *text = NULL;
        if (g_file_get_contents(g_ptr_array_index(files, i), &text, NULL, NULL))
            g_string_append_printf(all, "\n%s", text);
        g_free(text);
    }
    return g_string_free(all, FALSE);
}

static bool
is_expected(const char *all, const char *id)
{
    char *wanted = g_strdup_printf("\nexpect %s", id);
    const char *at = strstr(all, wanted);
    while (at != NULL && strchr(" \n", at[strlen(wanted)]) == NULL)
        at = strstr(at + 1, wanted);
    g_free(wanted);
    return at != NULL || (printf("no scenario expects %s\n", id), false);
}

/* Whether a line "# look-alike: " has the case and the words of silent_on in quotes. */
static bool
has_look_alike(const char *all, const char *id, const char *entry)
{
    char *wanted = g_strdup_printf("%s \"%s\"", id, entry);
    bool there = false;
    for (const char *at = strstr(all, wanted); at != NULL && !there; at = strstr(at + 1, wanted)) {
        const char *line = at;
        while (line[-1] != '\n')
            line--;
        there = g_str_has_prefix(line, "# look-alike: ");
    }
    if (!there)
        printf("no scenario has the comment # look-alike: %s\n", wanted);
    g_free(wanted);
    return there;
}

static bool
has_look_alikes(const char *all, const struct case_info *info)
{
    char **entries = g_strsplit(info->silent_on != NULL ? info->silent_on : "", "\n", -1);
    bool right = true;
    for (char **entry = entries; *entry != NULL; entry++)
        right = has_look_alike(all, info->id, *entry) && right;
    g_strfreev(entries);
    return right;
}

static bool
check_catalogue(const GPtrArray *files)
{
    char *all = read_all(files);
    bool right = true;
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        right = is_expected(all, catalogue_case(i)->id) && right;
        right = has_look_alikes(all, catalogue_case(i)) && right;
    }
    g_free(all);
    return right;
}

int
main(int argc, char **argv)
{
    bool catalogue = argc > 1 && strcmp(argv[1], "--catalogue") == 0;
    GPtrArray *files = files_of(argv + (argc > 0) + catalogue);
    bool right = catalogue ? check_catalogue(files) : play_files(files);
    g_ptr_array_unref(files);
    return right ? 0 : 1;
}
