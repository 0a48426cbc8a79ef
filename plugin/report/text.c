/* The templates of cases. The grammar is in api/case.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include <string.h>

#include "report/markdown.h"
#include "report/shell.h"
#include "report/template.h"

/* A text that is being filled in. */
struct filling {
    const struct finding *finding;
    enum language language;
    enum markup markup;
    GString *words;         /* so far, with their markup */
    GString *plain;         /* words behind those, without it */
    GString *command;       /* NULL where a backtick is a character as any other */
    bool in_command;        /* the next character belongs to it */
    enum shell_place place; /* in the command */
};

/* Whether every fact that the part asks for is as it asks. */
static bool
part_wanted(const char *at, const char *end, const struct finding *finding)
{
    struct placeholder placeholder;
    while (at < end) {
        if (template_doubled(at)) {
            at += 2;
        } else if (*at == '{' && template_placeholder(at, &placeholder)) {
            bool given = finding_fact(finding, placeholder.name) != NULL;
            if (given == (placeholder.kind == '!')) {
                return false;
            }
            at = placeholder.end;
        } else {
            at++;
        }
    }
    return true;
}

static void
finish_plain(struct filling *filling)
{
    if (filling->markup == MARKUP_MARKDOWN)
        markdown_words(filling->words, filling->plain->str);
    else
        g_string_append(filling->words, filling->plain->str);
    g_string_truncate(filling->plain, 0);
}

static void
append_character(struct filling *filling, char character)
{
    if (character == '`' && filling->command != NULL) {
        filling->in_command = !filling->in_command;
    } else if (filling->in_command) {
        g_string_append_c(filling->command, character);
        filling->place = shell_behind(filling->place, character);
    } else {
        g_string_append_c(filling->plain, character);
    }
}

/* In a command a value is one word, or a part of one. What stands in quotes there needs none: see text_check(). */
static void
append_to_command(struct filling *filling, const char *value)
{
    char *word = filling->place == SHELL_BARE ? shell_word(value) : g_strdup(value);
    g_string_append(filling->command, word);
    g_free(word);
}

static void
append_value(struct filling *filling, const char *value, bool of_capture)
{
    if (filling->in_command) {
        append_to_command(filling, value);
    } else if (of_capture && filling->markup == MARKUP_MARKDOWN) {
        finish_plain(filling);
        markdown_code(filling->words, value);
    } else {
        g_string_append(filling->plain, value);
    }
}

/* The address or the port of an endpoint. */
static void
append_part(struct filling *filling, const struct fact *fact, char kind)
{
    char *value =
        kind == 'p' ? g_strdup_printf("%u", (unsigned)fact->endpoint.port) : address_text(&fact->endpoint.address);
    append_value(filling, value, false);
    g_free(value);
}

/* All facts of a name that is a text, else the first; in a command the first, because it is one word. */
static void
append_facts(struct filling *filling, enum fact_name name)
{
    bool several = fact_is_text(name) && !filling->in_command, first = true;
    const GArray *facts = finding_facts(filling->finding);
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (fact->name != name || (!first && !several)) {
            continue;
        }
        if (!first) {
            append_value(filling, filling->language == LANGUAGE_CHINESE ? "\xef\xbc\x9b" : "; ", false);
        }
        char *value = fact_text(fact, filling->language);
        append_value(filling, value, fact_infos[name].type == TYPE_CAPTURED);
        g_free(value);
        first = false;
    }
}

static void
append_placeholder(struct filling *filling, const struct placeholder *placeholder)
{
    const struct fact *fact = finding_fact(filling->finding, placeholder->name);
    if (placeholder->kind == '?' || placeholder->kind == '!')
        return;
    if (fact == NULL)
        append_value(filling, "?", false);
    else if (template_is_part(placeholder->kind))
        append_part(filling, fact, placeholder->kind);
    else
        append_facts(filling, placeholder->name);
}

/* Append a stretch without optional parts. */
static void
append_stretch(struct filling *filling, const char *at, const char *end)
{
    struct placeholder placeholder;
    while (at < end) {
        if (template_doubled(at)) {
            append_character(filling, *at);
            at += 2;
        } else if (*at == '{' && template_placeholder(at, &placeholder)) {
            append_placeholder(filling, &placeholder);
            at = placeholder.end;
        } else {
            append_character(filling, *at++);
        }
    }
}

static void
fill(struct filling *filling, const char *at)
{
    filling->plain = g_string_new(NULL);
    while (*at != '\0') {
        const char *end = *at == '[' && !template_doubled(at) ? template_bracket_end(at + 1) : NULL;
        if (end != NULL) {
            if (part_wanted(at + 1, end, filling->finding)) {
                append_stretch(filling, at + 1, end);
            }
            at = end + 1;
            continue;
        }
        /* Up to the next bracket; a single one that is here opens nothing and stays. */
        end = at + (template_doubled(at) ? 2 : 1);
        while (*end != '\0' && *end != '[') {
            end += template_doubled(end) ? 2 : 1;
        }
        append_stretch(filling, at, end);
        at = end;
    }
    finish_plain(filling);
    g_string_free(filling->plain, TRUE);
}

char *
text_fill(const char *template_text, const struct finding *finding, enum language language, enum markup markup)
{
    struct filling filling = {.finding = finding, .language = language, .markup = markup, .words = g_string_new(NULL)};
    fill(&filling, template_text);
    return g_string_free(filling.words, FALSE);
}

char *
finding_text(const struct finding *finding, enum text_part part, enum language language, enum markup markup)
{
    return text_fill(text_of_case(finding->info, part, language), finding, language, markup);
}

char **
finding_lines(const struct finding *finding, enum text_part part, enum language language, enum markup markup)
{
    GPtrArray *lines = g_ptr_array_new();
    char **templates = g_strsplit(text_of_case(finding->info, part, language), "\n", -1);
    for (char **line = templates; *line != NULL; line++) {
        char *text = g_strstrip(text_fill(*line, finding, language, markup));
        if (*text != '\0')
            g_ptr_array_add(lines, text);
        else
            g_free(text);
    }
    g_ptr_array_add(lines, NULL);
    g_strfreev(templates);
    return (char **)g_ptr_array_free(lines, FALSE);
}

/* -- Checks ----------------------------------------------------------------------------------- */

static void
check_free(void *item)
{
    struct check *check = item;
    g_free(check->words);
    g_free(check->command);
    g_free(check);
}

static struct check *
check_new(const char *template_text, const struct finding *finding, enum language language, enum markup markup)
{
    struct check *check = g_new0(struct check, 1);
    struct filling filling = {.finding = finding,
                              .language = language,
                              .markup = markup,
                              .words = g_string_new(NULL),
                              .command = g_string_new(NULL)};
    fill(&filling, template_text);
    check->words = g_strchug(g_string_free(filling.words, FALSE));
    check->command = g_strstrip(g_string_free(filling.command, FALSE));
    if (*check->command == '\0') {
        g_clear_pointer(&check->command, g_free);
        g_strchomp(check->words);
    }
    return check;
}

/* Of a finding that rests on one side of a conversation, whatever its case; what the other side would have to send to refute it is
 * what the case says under "disproof". */
static const char *const other_direction[] = {
    [LANGUAGE_ENGLISH] =
        "[Capture or mirror what {unseen} sends as well, none of which is here. It must show nothing of what would "
        "disprove this, or this is wrong{!one_way}.]",
    [LANGUAGE_CHINESE] =
        "[同时抓取或镜像 {unseen} 发出的报文（本抓包中一个都没有）：其中不应出现“反证”所列的内容，否则本结论不成立{!one_way}。]",
};

static void
add_check(GPtrArray *checks, const char *template_text, const struct finding *finding, enum language language,
          enum markup markup)
{
    struct check *check = check_new(template_text, finding, language, markup);
    if (*check->words != '\0' || check->command != NULL)
        g_ptr_array_add(checks, check);
    else
        check_free(check);
}

GPtrArray *
finding_checks(const struct finding *finding, enum language language, enum markup markup)
{
    GPtrArray *checks = g_ptr_array_new_with_free_func(check_free);
    char **templates = g_strsplit(text_of_case(finding->info, TEXT_CHECKS, language), "\n", -1);
    add_check(checks, other_direction[language], finding, language, markup);
    for (char **line = templates; *line != NULL; line++)
        add_check(checks, *line, finding, language, markup);
    g_strfreev(templates);
    return checks;
}

char *
check_text(const struct check *check)
{
    return g_strconcat(check->words, check->command, NULL);
}
