/* The templates of cases. The grammar is in api/case.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/text.h"

#include <string.h>

/* A {placeholder}: `{name}`, `{name.address}`, `{name.port}`, `{?name}` or `{!name}`. */
struct placeholder {
    char kind; /* 0, '?' or '!'; 'a' for the address and 'p' for the port of an endpoint */
    enum fact_name name;
    const char *end; /* behind the closing brace */
};

/* Whether a special character stands twice, which means itself. */
static bool
doubled(const char *at)
{
    return strchr("{}[]", at[0]) != NULL && at[0] != '\0' && at[1] == at[0];
}

/* Whether a placeholder of this kind is the address or port of an endpoint. */
static bool
is_part(char kind)
{
    return kind == 'a' || kind == 'p';
}

/* The well-formed placeholder that begins at `at`, a single opening brace. */
static bool
placeholder_at(const char *at, struct placeholder *placeholder)
{
    const char *start = at + 1;
    placeholder->kind = 0;
    if (*start == '?' || *start == '!') {
        placeholder->kind = *start++;
    }
    size_t length = strspn(start, "abcdefghijklmnopqrstuvwxyz0123456789_");
    const char *end = start + length;
    if (placeholder->kind == 0 && (g_str_has_prefix(end, ".address}") || g_str_has_prefix(end, ".port}"))) {
        placeholder->kind = end[1];
        end = strchr(end, '}');
    }
    if (*end != '}') {
        return false;
    }
    for (size_t i = 0; i < FACT_COUNT; i++) {
        if (strlen(fact_infos[i].name) == length && memcmp(fact_infos[i].name, start, length) == 0) {
            placeholder->name = (enum fact_name)i;
            placeholder->end = end + 1;
            return !is_part(placeholder->kind) || fact_infos[i].type == TYPE_ENDPOINT;
        }
    }
    return false;
}

/* The closing bracket of the optional part whose text begins at `at`; NULL if it is open. */
static const char *
closing_bracket(const char *at)
{
    for (; *at != '\0'; at++) {
        if (doubled(at)) {
            at++;
        } else if (*at == ']') {
            return at;
        } else if (*at == '[') {
            return NULL;
        }
    }
    return NULL;
}

/* Whether every fact that the part asks for is as it asks. */
static bool
part_wanted(const char *at, const char *end, const struct finding *finding)
{
    struct placeholder placeholder;
    while (at < end) {
        if (doubled(at)) {
            at += 2;
        } else if (*at == '{' && placeholder_at(at, &placeholder)) {
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

/* The address or the port of an endpoint, for commands; "?" if the fact was not given. */
static void
append_part(GString *out, const struct finding *finding, struct placeholder placeholder)
{
    const struct fact *fact = finding_fact(finding, placeholder.name);
    if (fact == NULL) {
        g_string_append_c(out, '?');
    } else if (placeholder.kind == 'p') {
        g_string_append_printf(out, "%u", (unsigned)fact->endpoint.port);
    } else {
        struct fact address = {.name = FACT_address, .endpoint = fact->endpoint};
        char *words = fact_text(&address, LANGUAGE_ENGLISH);
        g_string_append(out, words);
        g_free(words);
    }
}

/* All facts of a name that is a text, else the first; "?" if there is none. */
static void
append_facts(GString *out, const struct finding *finding, enum fact_name name, enum language language)
{
    bool first = true;
    for (guint i = 0; i < finding->facts->len; i++) {
        const struct fact *fact = &g_array_index(finding->facts, struct fact, i);
        if (fact->name != name || (!first && fact_infos[name].type != TYPE_TEXT)) {
            continue;
        }
        if (!first) {
            g_string_append(out, language == LANGUAGE_CHINESE ? "\xef\xbc\x9b" : "; ");
        }
        char *words = fact_text(fact, language);
        g_string_append(out, words);
        g_free(words);
        first = false;
    }
    if (first) {
        g_string_append_c(out, '?');
    }
}

/* Append a stretch without optional parts. */
static void
append_plain(GString *out, const char *at, const char *end, const struct finding *finding, enum language language)
{
    struct placeholder placeholder;
    while (at < end) {
        if (doubled(at)) {
            g_string_append_c(out, *at);
            at += 2;
        } else if (*at == '{' && placeholder_at(at, &placeholder)) {
            if (placeholder.kind == 0) {
                append_facts(out, finding, placeholder.name, language);
            } else if (is_part(placeholder.kind)) {
                append_part(out, finding, placeholder);
            }
            at = placeholder.end;
        } else {
            g_string_append_c(out, *at++);
        }
    }
}

char *
text_fill(const char *template_text, const struct finding *finding, enum language language)
{
    GString *out = g_string_new(NULL);
    const char *at = template_text;
    while (*at != '\0') {
        const char *end = *at == '[' && !doubled(at) ? closing_bracket(at + 1) : NULL;
        if (end != NULL) {
            if (part_wanted(at + 1, end, finding)) {
                append_plain(out, at + 1, end, finding, language);
            }
            at = end + 1;
            continue;
        }
        /* Up to the next bracket; a single one that is here opens nothing and stays. */
        end = at + (doubled(at) ? 2 : 1);
        while (*end != '\0' && *end != '[') {
            end += doubled(end) ? 2 : 1;
        }
        append_plain(out, at, end, finding, language);
        at = end;
    }
    return g_string_free(out, FALSE);
}

static const char *
template_of(const struct finding *finding, enum text_part part, enum language language)
{
    const struct case_text *text = language == LANGUAGE_CHINESE ? &finding->info->chinese : &finding->info->english;
    const char *const parts[] = {
        [TEXT_TITLE] = text->title,   [TEXT_SUMMARY] = text->summary,   [TEXT_CAUSES] = text->causes,
        [TEXT_CHECKS] = text->checks, [TEXT_DISPROOF] = text->disproof,
    };
    return parts[part] != NULL ? parts[part] : "";
}

char *
finding_text(const struct finding *finding, enum text_part part, enum language language)
{
    return text_fill(template_of(finding, part, language), finding, language);
}

char **
finding_lines(const struct finding *finding, enum text_part part, enum language language)
{
    GPtrArray *lines = g_ptr_array_new();
    char *text = finding_text(finding, part, language);
    char **all = g_strsplit(text, "\n", -1);
    for (char **line = all; *line != NULL; line++) {
        g_strstrip(*line);
        if (**line != '\0') {
            g_ptr_array_add(lines, g_strdup(*line));
        }
    }
    g_ptr_array_add(lines, NULL);
    g_strfreev(all);
    g_free(text);
    return (char **)g_ptr_array_free(lines, FALSE);
}

bool
text_check(const char *template_text, char **problem)
{
    struct placeholder placeholder;
    const char *message = NULL, *at = template_text;
    bool inside = false;
    while (*at != '\0' && message == NULL) {
        if (doubled(at)) {
            at += 2;
            continue;
        }
        if (*at == '[') {
            message = inside ? "brackets do not nest" : closing_bracket(at + 1) == NULL ? "bracket without end" : NULL;
            inside = true;
        } else if (*at == ']') {
            message = inside ? NULL : "closing bracket without an opening one";
            inside = false;
        } else if (*at == '}') {
            message = "closing brace without an opening one";
        } else if (*at == '{' && !placeholder_at(at, &placeholder)) {
            message = "unknown or malformed placeholder";
        } else if (*at == '{' && (placeholder.kind == '?' || placeholder.kind == '!') && !inside) {
            message = "condition outside of brackets";
        }
        at = *at == '{' && message == NULL ? placeholder.end : at + 1;
    }
    *problem = message == NULL ? NULL : g_strdup_printf("%s: \"%s\"", message, at - 1);
    return message == NULL;
}
