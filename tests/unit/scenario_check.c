/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "findings/causes.h"
#include "report/text.h"

bool
verdict_failed(struct verdict *verdict, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *where = line > 0 ? g_strdup_printf("%s:%u", verdict->file, line) : g_strdup(verdict->file);
    printf("%s      %s: %s\n", verdict->failed ? "" : "FAIL\n", where, text);
    g_free(where);
    g_free(text);
    verdict->failed = true;
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
check_texts(struct verdict *verdict, unsigned line, const struct finding *finding)
{
    for (int language = LANGUAGE_ENGLISH; language <= LANGUAGE_CHINESE; language++) {
        for (int part = 0; part < TEXT_PARTS; part++) {
            char *missing = NULL;
            if (shows_only_given(text_of_case(finding->info, (enum text_part)part, (enum language)language), finding,
                                 &missing))
                continue;
            verdict_failed(verdict, line, "%s shows {%s}, which it does not have", finding->info->id, missing);
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
check_spaces(struct verdict *verdict, unsigned line, const struct finding *finding)
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
                right = verdict_failed(verdict, line, "spaces: %s: %s", finding->info->id, text);
            g_free(text);
        }
    return right;
}

static bool
check_evidence(struct verdict *verdict, unsigned line, const struct finding *finding, uint32_t frames)
{
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t frame = g_array_index(finding->evidence, uint32_t, i);
        if (frame == 0 || frame == finding->frame || frame > frames)
            return verdict_failed(verdict, line, "%s in frame %u rests on frame %u of %u", finding->info->id,
                                  finding->frame, frame, frames);
    }
    return true;
}

/* -- The words of an expectation -------------------------------------------------------------- */

/* The facts of this name as they are shown in English; "yes" for a flag, "none" if there are none. */
static char *
fact_words(const struct finding *finding, const char *name)
{
    GString *text = g_string_new(NULL);
    const GArray *facts = finding_facts(finding);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (strcmp(fact_infos[fact->name].name, name) != 0)
            continue;
        bool flag = fact_infos[fact->name].type == TYPE_FLAG;
        char *words = flag ? g_strdup("yes") : fact_text(fact, LANGUAGE_ENGLISH);
        g_string_append_printf(text, "%s%s", text->len > 0 ? "; " : "", words);
        g_free(words);
    }
    return g_string_free(text->len > 0 ? text : g_string_assign(text, "none"), FALSE);
}

/* The ids of the cases that explain it, "none" if there are none. */
static char *
cause_words(struct causes *causes, const struct finding *finding)
{
    const struct finding *found[CAUSES_MAX];
    size_t count = causes_of(causes, finding, found);
    GString *ids = g_string_new(count == 0 ? "none" : found[0]->info->id);
    for (size_t i = 1; i < count; i++)
        g_string_append_printf(ids, "; %s", found[i]->info->id);
    return g_string_free(ids, FALSE);
}

/* The numbers of the frames that it rests on, "none" if there are none. */
static char *
evidence_words(const struct finding *finding)
{
    GString *frames = g_string_new(finding->evidence->len == 0 ? "none" : NULL);
    for (guint i = 0; i < finding->evidence->len; i++)
        g_string_append_printf(frames, "%s%u", i > 0 ? "," : "", g_array_index(finding->evidence, uint32_t, i));
    return g_string_free(frames, FALSE);
}

/* What stands behind "name=", freed by the caller. */
static char *
value_words(const char *name, struct causes *causes, const struct finding *finding)
{
    if (strcmp(name, "caused-by") == 0)
        return cause_words(causes, finding);
    if (strcmp(name, "events") == 0)
        return g_strdup_printf("%" G_GUINT64_FORMAT, finding->series.events);
    return strcmp(name, "evidence") == 0 ? evidence_words(finding) : fact_words(finding, name);
}

/* What the finding has instead of the word, "likely" or "idle='14.94 s'", freed by the caller; NULL if it has the word. */
static char *
instead_of(const char *word, struct causes *causes, const struct finding *finding)
{
    const char *severity = severity_name(finding->severity, LANGUAGE_ENGLISH);
    const char *confidence = confidence_name(finding->confidence);
    const char *value = strchr(word, '=');
    if (value == NULL)
        return strcmp(word, severity) == 0 || strcmp(word, confidence) == 0
                   ? NULL
                   : g_strdup_printf("%s and %s", severity, confidence);

    char *name = g_strndup(word, (gsize)(value - word));
    char *has = value_words(name, causes, finding);
    bool has_it = strcmp(value + 1, "*") == 0 ? strcmp(has, "none") != 0 : strcmp(has, value + 1) == 0;
    char *instead = has_it ? NULL : g_strdup_printf("%s='%s'", name, has);
    g_free(name);
    g_free(has);
    return instead;
}

static char *
instead_of_words(char **words, struct causes *causes, const struct finding *finding)
{
    char *instead = NULL;
    for (char **word = words; *word != NULL && instead == NULL; word++)
        instead = instead_of(*word, causes, finding);
    return instead;
}

/* The words hold for one of the findings that are expected there: a frame may have a case about two culprits. */
static bool
check_words(struct verdict *verdict, const struct expectation *expectation, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    char *instead = NULL;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        if (finding->frame != expectation->frame || strcmp(finding->info->id, expectation->id) != 0)
            continue;
        g_free(instead);
        instead = instead_of_words(expectation->words, engine_causes(engine), finding);
        if (instead == NULL)
            return true;
    }
    if (instead == NULL)
        return true;
    verdict_failed(verdict, expectation->line, "%s has %s", expectation->id, instead);
    g_free(instead);
    return false;
}

void
print_words(const struct scenario *scenario, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        const struct scenario_frame *trigger = g_ptr_array_index(scenario->frames, finding->frame - 1);
        char *evidence = evidence_words(finding);
        printf("line %u: expect %s %s %s", trigger->line, finding->info->id,
               severity_name(finding->severity, LANGUAGE_ENGLISH), confidence_name(finding->confidence));
        for (int name = 0; name < FACT_COUNT; name++) {
            char *words = fact_words(finding, fact_infos[name].name);
            if (strcmp(words, "none") != 0)
                printf(" %s='%s'", fact_infos[name].name, words);
            g_free(words);
        }
        printf(" evidence=%s events=%" G_GUINT64_FORMAT "\n", evidence, finding->series.events);
        g_free(evidence);
    }
}

bool
scenario_check(struct verdict *verdict, const struct scenario *scenario, struct engine *engine)
{
    const GPtrArray *findings = store_findings(engine_store(engine));
    bool right = true;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        const struct scenario_frame *trigger = g_ptr_array_index(scenario->frames, finding->frame - 1);
        right = check_texts(verdict, trigger->line, finding) && check_spaces(verdict, trigger->line, finding) &&
                check_evidence(verdict, trigger->line, finding, scenario->frames->len) && right;
    }
    for (guint i = 0; i < scenario->expectations->len; i++) {
        const struct expectation *expectation = g_ptr_array_index(scenario->expectations, i);
        if (expectation->withdrawn_frame == 0)
            right = check_words(verdict, expectation, engine) && right;
    }
    return right;
}
