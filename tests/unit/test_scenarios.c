/* Plays scenarios: all that is found must be expected, after each packet and in every way to play them.
 *
 *   test_scenarios FILE|FOLDER...              prints "NAME ... ok", or "NAME ... FAIL" and what is wrong in which line
 *   test_scenarios --plain FILE|FOLDER...      plays each only as it is
 *   test_scenarios --first                     plays those that standard input names, a line each, as they are, until one fails
 *   test_scenarios --words FILE|FOLDER...      prints what each finding says, in the words of an expectation
 *   test_scenarios --catalogue FILE|FOLDER...  whether every case is expected somewhere, and each of its look-alikes shown
 *
 * A scenario that crashes is the last one named.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "engine/catalogue.h"
#include "scenario_laws.h"

/* -- One scenario ----------------------------------------------------------------------------- */

/* A scenario of which a case rests on what a way changes says why in a comment: # not "in VXLAN": why. */
static bool
is_played(const struct way *way, const char *text)
{
    char *opt_out = g_strdup_printf("# not \"%s\": ", way->name);
    bool has_mirrors = strstr(text, "\nmirror ") != NULL || strstr(text, "\ntunnel ") != NULL;
    bool played = !(way->without_mirrors && has_mirrors) && strstr(text, opt_out) == NULL;
    g_free(opt_out);
    return played;
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
    way_play(verdict, scenario, way);
    scenario_free(scenario);
}

static void
play_all(struct verdict *verdict, const char *text, struct country_database *countries, bool plain)
{
    read_and_play(verdict, text, countries, &ways[AS_IT_IS]);
    for (size_t i = AS_IT_IS + 1; i < way_count && !verdict->failed && !plain; i++)
        if (is_played(&ways[i], text))
            read_and_play(verdict, text, countries, &ways[i]);
}

static bool
show_words(const char *file, struct country_database *countries)
{
    char *text = NULL, *problem = NULL;
    struct scenario *scenario =
        g_file_get_contents(file, &text, NULL, NULL) ? scenario_read(text, countries, &problem) : NULL;
    printf("%s\n", scenario == NULL && problem != NULL ? problem : file);
    if (scenario != NULL) {
        struct player *player = player_new(scenario, &ways[AS_IT_IS].play);
        while (player_next(player))
            continue;
        print_words(scenario, player->engine);
        player_free(player);
        scenario_free(scenario);
    }
    g_free(problem);
    g_free(text);
    return scenario != NULL;
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
play_file(const char *file, struct country_database *countries, bool plain)
{
    struct verdict verdict = {.file = file};
    char *name = scenario_name(file), *text;
    printf("%s ... ", name);
    fflush(stdout); /* before it crashes */
    g_free(name);
    if (g_file_get_contents(file, &text, NULL, NULL)) {
        play_all(&verdict, text, countries, plain);
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

static GPtrArray *
files_of_input(void)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL)
        g_ptr_array_add(files, g_strndup(line, strcspn(line, "\n")));
    return files;
}

static bool
play_files(const GPtrArray *files, const char *option)
{
    bool first = strcmp(option, "--first") == 0, plain = first || strcmp(option, "--plain") == 0;
    char *problem;
    struct country_database *countries = country_database_open(COUNTRY_DATABASE, &problem);
    bool right = countries != NULL && files->len > 0;
    if (countries == NULL)
        printf("%s: %s\n", COUNTRY_DATABASE, problem);
    if (files->len == 0)
        printf("no scenario\n");
    for (guint i = 0; i < files->len && countries != NULL && (right || !first); i++)
        right = (strcmp(option, "--words") == 0 ? show_words(g_ptr_array_index(files, i), countries)
                                                : play_file(g_ptr_array_index(files, i), countries, plain)) &&
                right;
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
    const char *option = argc > 1 && g_str_has_prefix(argv[1], "--") ? argv[1] : "";
    GPtrArray *files =
        strcmp(option, "--first") == 0 ? files_of_input() : files_of(argv + (argc > 0) + (*option != '\0'));
    bool right = strcmp(option, "--catalogue") == 0 ? check_catalogue(files) : play_files(files, option);
    g_ptr_array_unref(files);
    return right ? 0 : 1;
}
