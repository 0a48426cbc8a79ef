/* Print docs/cases.md, or with --json the catalogue for programs, from the cases, texts and thresholds that the plugin is built with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "engine/catalogue.h"
#include "findings/relations.h"
#include "report/text.h"

static const char head[] =
    "# The cases\n"
    "\n"
    "<!-- Printed by netcase-cases (docs/print-cases.c); don't edit. `build-release/netcase-cases >docs/cases.md` -->\n"
    "\n"
    "All cases that netcase knows, with their texts. An id is the value of `netcase.expert`; the filter `netcase.<id>`\n"
    "finds the expert info. A \u2039word\u203a is filled in with what was measured and is the filter field `netcase.<word>`.\n"
    "A part in [brackets] is shown only when it applies. The severity is the usual one; a finding may be milder.\n"
    "\n"
    "Common to all: the idle levels (`netcase.levels`, default 15, 60 and 120 s). A level T counts as passed from\n"
    "T - max(0.5 s, 2.5 % of T) on. Numbers of packets that stand in a text (\"threshold 3\") are fixed.\n";

/* {name} and {name.part} become the name between angle quotes; {?name} and {!name} vanish. */
static void
print_words(const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        if (strchr("{}[]", *text) != NULL && text + 1 < end && text[1] == *text) {
            putchar(*text);
            text += 2;
        } else if (*text == '{') {
            const char *close = memchr(text, '}', (size_t)(end - text));
            if (text[1] != '?' && text[1] != '!')
                printf("\u2039%.*s\u203a", (int)(close - text - 1), text + 1);
            text = close + 1;
        } else {
            putchar(*text++);
        }
    }
}

/* One item a line, as a list. */
static void
print_items(const char *label, const char *mark, const char *text)
{
    printf("\n%s\n\n", label);
    for (const char *end; *text != '\0'; text = *end == '\n' ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        printf("%s ", mark);
        print_words(text, (size_t)(end - text));
        putchar('\n');
    }
}

static void
print_text(const struct case_info *info, enum language language, const char *const labels[3])
{
    const char *title = text_of_case(info, TEXT_TITLE, language), *summary = text_of_case(info, TEXT_SUMMARY, language);
    printf("\n**");
    print_words(title, strlen(title));
    printf("**\n\n");
    print_words(summary, strlen(summary));
    putchar('\n');
    print_items(labels[0], "-", text_of_case(info, TEXT_CAUSES, language));
    print_items(labels[1], "1.", text_of_case(info, TEXT_CHECKS, language));
    print_items(labels[2], "-", text_of_case(info, TEXT_DISPROOF, language));
}

/* What else netcase knows of a case: on what it stays silent, and what may be behind it. */
static void
print_neighbours(const struct case_info *info)
{
    if (info->silent_on != NULL)
        print_items("Stays silent on:", "-", info->silent_on);
    unsigned causes = 0;
    for (size_t i = 0; i < case_relations.count; i++)
        if (strcmp(case_relations.explanation[i].effect, info->id) == 0)
            printf("%s%s", causes++ == 0 ? "\nMay be caused by: " : ", ", case_relations.explanation[i].cause);
    if (causes > 0)
        puts(".");
}

static void
print_case(const struct case_info *info)
{
    static const char *const english[] = {"Causes:", "Checks:", "What would disprove it:"};
    static const char *const chinese[] = {"可能原因：", "排查步骤：", "反证："};
    printf("\n### %s\n\nSeverity: %s. Source: %s.\n", info->id, severity_name(info->severity, LANGUAGE_ENGLISH),
           info->source);
    print_neighbours(info);
    print_text(info, LANGUAGE_ENGLISH, english);
    print_text(info, LANGUAGE_CHINESE, chinese);
}

static void
print_detector(const struct detector *detector)
{
    printf("\n## %s: %s\n", detector->family, detector->summary);
    for (size_t i = 0; i < detector->threshold_count; i++) {
        const struct threshold *threshold = &detector->thresholds[i];
        printf("\nPreference `netcase.%s_%s`: %s. Default %u (%u to %u).\n", detector->family, threshold->name,
               threshold->english.help, threshold->default_value, threshold->minimum, threshold->maximum);
    }
    for (size_t i = 0; i < detector->case_count; i++)
        print_case(&detector->cases[i]);
}

/* A template that is not well formed would be shown as it is. */
static gboolean
check(const struct case_info *info, enum language language)
{
    gboolean good = TRUE;
    for (size_t i = 0; i < TEXT_PARTS; i++) {
        char *problem = NULL;
        if (!text_check(text_of_case(info, (enum text_part)i, language), (enum text_part)i, &problem)) {
            fprintf(stderr, "%s: %s\n", info->id, problem);
            good = FALSE;
        }
        g_free(problem);
    }
    return good;
}

/* -- JSON ------------------------------------------------------------------------------------- */

static void
print_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
    putchar('"');
}

static void
print_member(const char *name, const char *text)
{
    printf(", \"%s\": ", name);
    print_string(text);
}

/* Templates of plugin/api/case.h. */
static void
print_texts(const char *name, const struct case_info *info, enum language language)
{
    static const char *const parts[] = {"title", "summary", "causes", "checks", "disproof"};
    printf(",\n    \"%s\": {", name);
    for (size_t i = 0; i < TEXT_PARTS; i++) {
        printf("%s\"%s\": ", i > 0 ? ", " : "", parts[i]);
        print_string(text_of_case(info, (enum text_part)i, language));
    }
    putchar('}');
}

static void
print_json_case(const struct case_info *info)
{
    fputs("\n   {\"id\": ", stdout);
    print_string(info->id);
    print_member("severity", severity_name(info->severity, LANGUAGE_ENGLISH));
    print_member("source", info->source);
    if (info->silent_on != NULL)
        print_member("silent_on", info->silent_on);
    fputs(", \"explained_by\": [", stdout);
    unsigned causes = 0;
    for (size_t i = 0; i < case_relations.count; i++)
        if (strcmp(case_relations.explanation[i].effect, info->id) == 0) {
            fputs(causes++ > 0 ? ", " : "", stdout);
            print_string(case_relations.explanation[i].cause);
        }
    putchar(']');
    print_texts("en", info, LANGUAGE_ENGLISH);
    print_texts("zh_CN", info, LANGUAGE_CHINESE);
    putchar('}');
}

static void
print_json_thresholds(void)
{
    const char *separator = "";
    for (size_t i = 0; i < catalogue_detector_count; i++)
        for (size_t j = 0; j < catalogue_detectors[i]->threshold_count; j++) {
            const struct threshold *threshold = &catalogue_detectors[i]->thresholds[j];
            printf("%s\n   {\"preference\": \"netcase.%s_%s\", \"default\": %u, \"minimum\": %u, \"maximum\": %u",
                   separator, catalogue_detectors[i]->family, threshold->name, threshold->default_value,
                   threshold->minimum, threshold->maximum);
            print_member("help", threshold->english.help);
            putchar('}');
            separator = ",";
        }
}

static void
print_json(void)
{
    fputs("{\"version\": 1,\n \"cases\": [", stdout);
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        fputs(i > 0 ? "," : "", stdout);
        print_json_case(catalogue_case(i));
    }
    fputs("],\n \"thresholds\": [", stdout);
    print_json_thresholds();
    puts("]}");
}

int
main(int count, char **words)
{
    gboolean good = TRUE;
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        const struct case_info *info = catalogue_case(i);
        good = check(info, LANGUAGE_ENGLISH) && check(info, LANGUAGE_CHINESE) && good;
    }
    if (!good)
        return 1;
    if (count == 2 && strcmp(words[1], "--json") == 0) {
        print_json();
        return 0;
    }
    if (count > 1) {
        fputs("usage: netcase-cases [--json]\n", stderr);
        return 2;
    }
    fputs(head, stdout);
    for (size_t i = 0; i < catalogue_detector_count; i++)
        print_detector(catalogue_detectors[i]);
    return 0;
}
