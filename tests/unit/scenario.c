/* Reads a scenario line by line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

static void read_words(struct script *script);

/* What always goes the same way is one line in the scenario: `0.0 A open`, `0.1 A tls 1.3 NAME`. */
static const char *const opening[] = {"> SYN", "< SYN-ACK", "> ACK", NULL};
static const char *const tls12[] = {
    "> client-hello", "< server-hello 1.2 certificate 900", "> ccs finished", "< ccs finished", "> ack", NULL};
static const char *const tls13[] = {"> client-hello", "< server-hello 1.3 ccs appdata 900", "> ccs appdata 53", "< ack",
                                    NULL};

static void
expand(struct script *script, const char *flow, const char *const *packets)
{
    const char *name = packets[0][2] == 'c' ? script_take(script) : "";
    char **outer = script->word;
    unsigned at = script->at;
    for (unsigned i = 0; packets[i] != NULL && script->problem == NULL; i++) {
        char *text = g_strdup_printf("+%s %s %s %s", i == 0 ? "0" : "0.01", flow, packets[i], i == 0 ? name : "");
        g_shell_parse_argv(text, NULL, &script->word, NULL);
        read_words(script);
        g_free(text);
    }
    script->word = outer;
    script->at = at;
}

static void
take_time(struct script *script, const char *text)
{
    bool later = text[0] == '+';
    const char *flow = script->word[1] != NULL ? script->word[1] : "";
    const char *what = *flow != '\0' && script->word[2] != NULL ? script->word[2] : "";

    script->time = script_read_time(script, text + later) + (later ? script->time : 0);
    if (strcmp(flow, "arp") == 0) {
        script->at = 2;
        script_take_neighbour(script);
        return;
    }
    if (strcmp(what, "open") != 0 && strcmp(what, "tls") != 0) {
        script_take_packet(script);
        return;
    }
    script->at = 3;
    if (strcmp(what, "open") == 0)
        expand(script, flow, opening);
    else
        expand(script, flow, script_take_if(script, "1.3") ? tls13 : (script_take(script), tls12));
}

static void
take_line(struct script *script)
{
    const char *first = script_take(script);

    if (first[0] == '+' || g_ascii_isdigit(first[0]))
        take_time(script, first);
    else if (strcmp(first, "host") == 0)
        script_take_host(script);
    else if (strcmp(first, "mirror") == 0 || strcmp(first, "tunnel") == 0)
        script_take_wrapping(script, first[0] == 'm');
    else if (strcmp(first, "tcp") == 0)
        script_take_flow(script, PROTOCOL_TCP);
    else if (strcmp(first, "udp") == 0)
        script_take_flow(script, PROTOCOL_UDP);
    else if (strcmp(first, "set") == 0)
        script_take_set(script);
    else if (strcmp(first, "expect") == 0)
        script_take_expect(script);
    else if (strcmp(first, "says") == 0)
        script_take_says(script);
    else if (strcmp(first, "withdrawn") == 0)
        script_take_withdrawn(script);
    else
        script_fail(script, "what is \"%s\"?", first);
}

static void
read_words(struct script *script)
{
    script->at = 0;
    take_line(script);
    static const char *const take_all[] = {"expect", "says", "withdrawn", "set", NULL};
    if (script_peek(script)[0] != '\0' && !g_strv_contains(take_all, script->word[0]))
        script_fail(script, "what is \"%s\"?", script_peek(script));
    g_strfreev(script->word);
}

static void
read_line(struct script *script, const char *text)
{
    GError *error = NULL;
    script->line++;
    if (g_shell_parse_argv(text, NULL, &script->word, &error)) {
        read_words(script);
        return;
    }
    if (!g_error_matches(error, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
        script_fail(script, "%s", error->message);
    g_error_free(error);
}

/* The lines up to "end", as often as the one before them says, with $n as the number of the round. */
static char **
read_rounds(struct script *script, char **line, unsigned rounds)
{
    unsigned first = script->line;
    char **end = line;
    while (*end != NULL && strcmp(g_strstrip(*end), "end") != 0)
        end++;
    if (*end == NULL || rounds == 0) {
        script_fail(script, "repeat needs a number, and a line \"end\" below it");
        return end;
    }
    for (unsigned round = 1; round <= rounds; round++) {
        char *number = g_strdup_printf("%u", round);
        script->line = first;
        for (char **each = line; each < end && script->problem == NULL; each++) {
            char **parts = g_strsplit(*each, "$n", -1);
            char *numbered = g_strjoinv(number, parts), *text = script_fill_in(script, numbered, round - 1);
            read_line(script, text);
            g_free(text);
            g_free(numbered);
            g_strfreev(parts);
        }
        g_free(number);
    }
    script->line++;
    return end + 1;
}

/* One line, or those that are repeated. Returns the next one to read. */
static char **
read_lines(struct script *script, char **line)
{
    if (!g_str_has_prefix(*line, "repeat ")) {
        read_line(script, *line);
        return line + 1;
    }
    script->line++;
    return read_rounds(script, line + 1, (unsigned)g_ascii_strtoull(*line + strlen("repeat "), NULL, 10));
}

static void
free_script_host(void *item)
{
    struct script_host *host = item;
    g_free(host->name);
    g_free(host);
}

static void
free_script_wrapping(void *item)
{
    struct script_wrapping *wrapping = item;
    g_free(wrapping->name);
    g_free(wrapping);
}

static void
free_script_flow(void *item)
{
    struct script_flow *flow = item;
    for (unsigned i = 0; i < 2; i++) {
        if (flow->side[i].sent != NULL)
            g_ptr_array_unref(flow->side[i].sent);
        segment_free(flow->side[i].last);
    }
    g_free(flow->name);
    g_free(flow);
}

static void
free_frame(void *item)
{
    struct scenario_frame *frame = item;
    g_byte_array_unref(frame->bytes);
    g_free(frame);
}

static void
free_expectation(void *item)
{
    struct expectation *expectation = item;
    g_free(expectation->id);
    g_strfreev(expectation->words);
    g_free(expectation);
}

static struct scenario *
scenario_new(struct country_database *countries)
{
    struct scenario *scenario = g_new0(struct scenario, 1);
    settings_init(&scenario->settings);
    scenario->settings.countries = countries;
    scenario->frames = g_ptr_array_new_with_free_func(free_frame);
    scenario->expectations = g_ptr_array_new_with_free_func(free_expectation);
    return scenario;
}

void
scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    settings_clear(&scenario->settings);
    g_ptr_array_unref(scenario->frames);
    g_ptr_array_unref(scenario->expectations);
    g_free(scenario);
}

static struct scenario *
read_text(const char *text, struct country_database *countries, bool renumbered, char **problem)
{
    struct script script = {.scenario = scenario_new(countries),
                            .renumbered = renumbered,
                            .hosts = g_ptr_array_new_with_free_func(free_script_host),
                            .wrappings = g_ptr_array_new_with_free_func(free_script_wrapping),
                            .flows = g_ptr_array_new_with_free_func(free_script_flow)};
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL && script.problem == NULL;)
        line = read_lines(&script, line);
    g_strfreev(lines);
    g_ptr_array_unref(script.flows);
    g_ptr_array_unref(script.wrappings);
    g_ptr_array_unref(script.hosts);
    *problem = script.problem;
    if (script.problem == NULL)
        return script.scenario;
    scenario_free(script.scenario);
    return NULL;
}

struct scenario *
scenario_read(const char *text, struct country_database *countries, char **problem)
{
    return read_text(text, countries, false, problem);
}

struct scenario *
scenario_read_renumbered(const char *text, struct country_database *countries, char **problem)
{
    return read_text(text, countries, true, problem);
}
