/* Whether a text keeps to its grammar (api/case.h), so that it can be filled in without errors.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "report/shell.h"
#include "report/template.h"
#include "report/text.h"

/* A text that is read, and where in it we are. */
struct reading {
    const char *at;
    enum text_part part;
    bool in_brackets, in_command, behind_command; /* the last is true to the end of the line */
    bool command_in_brackets;
    enum shell_place place, place_at_bracket; /* in the command */
};

static const char *
check_bracket(struct reading *reading)
{
    if (*reading->at == '[') {
        if (reading->in_brackets)
            return "brackets do not nest";
        if (template_bracket_end(reading->at + 1) == NULL)
            return "bracket without end";
        reading->place_at_bracket = reading->place;
    } else {
        if (!reading->in_brackets)
            return "closing bracket without an opening one";
        if (reading->in_command && reading->place != reading->place_at_bracket)
            return "a quote that only the part in brackets has";
    }
    reading->in_brackets = *reading->at == '[';
    return NULL;
}

/* Whether the value has nothing that ends a quotation or acts in one. */
static bool
may_be_quoted(const struct placeholder *placeholder)
{
    enum fact_type type = fact_infos[placeholder->name].type;
    return placeholder->kind != 0 || type == TYPE_ADDRESS || type == TYPE_FRAME;
}

static const char *
check_placeholder(const struct reading *reading, struct placeholder *placeholder)
{
    if (!template_placeholder(reading->at, placeholder))
        return "unknown or malformed placeholder";
    bool condition = placeholder->kind == '?' || placeholder->kind == '!';
    if (condition && !reading->in_brackets)
        return "condition outside of brackets";
    if (reading->behind_command && !condition)
        return "text behind a command";
    if (reading->in_command && reading->place != SHELL_BARE && !may_be_quoted(placeholder))
        return "inside of quotes only addresses, ports and frames";
    return NULL;
}

static const char *
check_backtick(struct reading *reading)
{
    if (reading->part != TEXT_CHECKS)
        return "a command that is no check";
    if (reading->behind_command)
        return "two commands in a line";
    if (!reading->in_command) {
        reading->in_command = true;
        reading->command_in_brackets = reading->in_brackets;
        reading->place = SHELL_BARE;
        return reading->at[1] == '`' ? "empty command" : NULL;
    }
    reading->in_command = false;
    reading->behind_command = true;
    if (reading->place != SHELL_BARE)
        return "quote without end in a command";
    return reading->command_in_brackets != reading->in_brackets ? "a command that is half in brackets" : NULL;
}

static const char *
check_end_of_line(struct reading *reading)
{
    if (reading->in_command)
        return "command without end";
    if (reading->in_brackets)
        return "brackets around a line break";
    reading->behind_command = false;
    return NULL;
}

/* Any other character, of a command or of words. */
static const char *
check_character(struct reading *reading)
{
    if (reading->behind_command)
        return "text behind a command";
    if (!reading->in_command)
        return NULL;
    /* Both would need more than shell_behind() knows. */
    if (*reading->at == '\\' && reading->place != SHELL_SINGLE_QUOTES)
        return "backslash outside of single quotes";
    if (*reading->at == '$' && reading->at[1] == '\'' && reading->place == SHELL_BARE)
        return "$ in front of a quote";
    reading->place = shell_behind(reading->place, *reading->at);
    return NULL;
}

static const char *
check_next(struct reading *reading)
{
    struct placeholder placeholder;
    const char *message;
    if (template_doubled(reading->at)) {
        message = check_character(reading);
        reading->at += message == NULL ? 2 : 0;
        return message;
    }
    switch (*reading->at) {
    case '{':
        message = check_placeholder(reading, &placeholder);
        reading->at = message == NULL ? placeholder.end : reading->at;
        return message;
    case '}':
        return "closing brace without an opening one";
    case '[':
    case ']':
        message = *reading->at == '[' && reading->behind_command ? "text behind a command" : check_bracket(reading);
        break;
    case '`':
        message = check_backtick(reading);
        break;
    case '\n':
        message = check_end_of_line(reading);
        break;
    default:
        message = check_character(reading);
    }
    reading->at += message == NULL ? 1 : 0;
    return message;
}

bool
text_check(const char *template_text, enum text_part part, char **problem)
{
    struct reading reading = {.at = template_text, .part = part};
    const char *message = NULL;
    while (*reading.at != '\0' && message == NULL)
        message = check_next(&reading);
    if (message == NULL && reading.in_command)
        message = "command without end";
    *problem = message == NULL ? NULL : g_strdup_printf("%s: \"%s\"", message, reading.at);
    return message == NULL;
}
