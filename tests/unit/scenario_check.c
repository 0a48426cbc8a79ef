/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_check.h"

#include <stdio.h>

#include "findings/causes.h"
#include "report/text.h"

bool
scenario_failed(const char *file, const char *how, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    printf("%s: %s: %s\n", file, how, text);
    g_free(text);
    return false;
}

/* Whether every {fact} that the text shows outside of brackets was given. */
static bool
shows_only_given(const char *text, const struct finding *finding, char **missing)
{
    bool optional = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (strchr("{}[]", at[0]) != NULL && at[1] == at[0]) {
            at++; /* doubled: it means itself */
            continue;
        }
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
            scenario_failed(file, "texts", "%s in frame %u shows {%s}, which it does not have", finding->info->id,
                            finding->frame, missing);
            g_free(missing);
            return false;
        }
    }
    return true;
}

/* \p{Han} would also match the punctuation. */
#define HAN "[\\x{4e00}-\\x{9fff}]"

/* One check a line, without the commands. */
static char *
words_of_checks(const struct finding *finding, enum language language)
{
    GPtrArray *checks = finding_checks(finding, language, MARKUP_NONE);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < checks->len; i++)
        g_string_append_printf(words, "%s\n", ((const struct check *)g_ptr_array_index(checks, i))->words);
    g_ptr_array_unref(checks);
    return g_string_free(words, FALSE);
}

/* Where a part of a text is left out, the spaces around it are easily forgotten. Between Chinese and Latin characters
 * stands one; in English none before a comma. Commands have their own rules. */
static bool
check_spaces(const char *file, const struct finding *finding)
{
    static const char *const wrong[] = {
        [LANGUAGE_ENGLISH] = "  | [,;.)]|[(] |[a-z][,;][a-z]|[(][)]",
        [LANGUAGE_CHINESE] = "[A-Za-z0-9]" HAN "|" HAN "[A-Za-z0-9]|  " HAN "|" HAN "  | [，。；）]|[，；]。|（）",
    };
    bool right = true;
    for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_CHINESE; language++)
        for (int part = TEXT_TITLE; part <= TEXT_DISPROOF; part++) {
            char *text = part == TEXT_CHECKS
                             ? words_of_checks(finding, (enum language)language)
                             : finding_text(finding, (enum text_part)part, (enum language)language, MARKUP_NONE);
            if (g_regex_match_simple(wrong[language], text, 0, 0))
                right = scenario_failed(file, "spaces", "%s in frame %u: %s", finding->info->id, finding->frame, text);
            g_free(text);
        }
    return right;
}

static bool
check_evidence(const char *file, const struct finding *finding)
{
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = g_array_index(finding->evidence, uint32_t, i);
        if (frame == 0 || frame >= finding->frame)
            return scenario_failed(file, "evidence", "%s in frame %u rests on frame %u", finding->info->id,
                                   finding->frame, frame);
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

/* "caused-by=flood.scan": the cases that explain it, "none" if there are none. */
static bool
causes_are(struct causes *causes, const struct finding *finding, const char *value)
{
    const struct finding *found[CAUSES_MAX];
    size_t count = causes_of(causes, finding, found);
    GString *ids = g_string_new(count == 0 ? "none" : found[0]->info->id);
    for (size_t i = 1; i < count; i++)
        g_string_append_printf(ids, "; %s", found[i]->info->id);
    bool are_they = strcmp(ids->str, value) == 0;
    if (!are_they)
        printf("caused by \"%s\", not \"%s\"\n", ids->str, value);
    g_string_free(ids, TRUE);
    return are_they;
}

static bool
word_holds(struct causes *causes, const struct finding *finding, const char *word)
{
    char **parts = g_strsplit(word, "=", 2);
    bool holds;
    if (parts[1] == NULL)
        holds = strcmp(word, severity_name(finding->severity, LANGUAGE_ENGLISH)) == 0 ||
                strcmp(word, confidence_name(finding->confidence)) == 0;
    else if (strcmp(parts[0], "caused-by") == 0)
        holds = causes_are(causes, finding, parts[1]);
    else
        holds = fact_is(finding, parts[0], parts[1]);
    g_strfreev(parts);
    return holds;
}

/* The first word that does not hold, NULL if all do. */
static const char *
wrong_word(struct causes *causes, const struct finding *finding, char **words)
{
    for (char **word = words; *word != NULL; word++)
        if (!word_holds(causes, finding, *word))
            return *word;
    return NULL;
}

/* The words hold for one of the findings that are expected there: a frame may have a case about two culprits. */
static bool
check_words(const char *file, const struct expectation *expectation, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    const char *wrong = NULL;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        if (finding->frame != expectation->frame || strcmp(finding->info->id, expectation->id) != 0)
            continue;
        wrong = wrong_word(engine_causes(engine), finding, expectation->words);
        if (wrong == NULL)
            return true;
    }
    return wrong == NULL ||
           scenario_failed(file, "facts", "line %u: %s is not %s", expectation->line, expectation->id, wrong);
}

bool
scenario_check(const char *file, const struct scenario *scenario, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    bool right = true;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        right = check_texts(file, finding) && check_spaces(file, finding) && check_evidence(file, finding) && right;
    }
    for (guint i = 0; i < scenario->expectations->len; i++)
        if (((const struct expectation *)g_ptr_array_index(scenario->expectations, i))->withdrawn_frame == 0)
            right = check_words(file, g_ptr_array_index(scenario->expectations, i), engine) && right;
    return right;
}
