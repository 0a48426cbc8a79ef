/* The words of a line of a scenario, one after the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>

#include "scenario_script.h"

void
script_fail(struct script *script, const char *format, ...)
{
    va_list arguments;
    if (script->problem != NULL)
        return;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    script->problem = g_strdup_printf("line %u: %s", script->line, text);
    g_free(text);
}

const char *
script_peek(const struct script *script)
{
    return script->word[script->at] != NULL ? script->word[script->at] : "";
}

const char *
script_take(struct script *script)
{
    const char *word = script_peek(script);
    script->at += script->word[script->at] != NULL;
    return word;
}

bool
script_take_if(struct script *script, const char *word)
{
    bool is_it = strcmp(script_peek(script), word) == 0;
    script->at += is_it;
    return is_it;
}

uint64_t
script_take_number(struct script *script)
{
    const char *text = script_take(script);
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &number, NULL))
        script_fail(script, "\"%s\" is not a number", text);
    return number;
}

/* The host part of private addresses: public ones are in a country and may be well known, the rest is special. */
static void
renumber(struct ip_address *address)
{
    const uint8_t *bytes = address->bytes;
    bool is_private = bytes[0] == 10 || (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 172 && bytes[1] >> 4 == 1);
    bool unique_local = bytes[0] == 0xfd;
    if (address->family == 4 && is_private)
        address->bytes[3] ^= 0x55;
    else if (address->family == 6 && unique_local)
        address->bytes[15] ^= 0x55;
}

bool
script_read_address(const struct script *script, const char *text, struct ip_address *address)
{
    memset(address, 0, sizeof *address);
    address->family = strchr(text, ':') != NULL ? 6 : 4;
    bool right = inet_pton(address->family == 6 ? AF_INET6 : AF_INET, text, address->bytes) == 1;
    if (script->renumbered)
        renumber(address);
    return right;
}

struct ip_address
script_take_address(struct script *script)
{
    struct ip_address address;
    const char *text = script_take(script);
    if (!script_read_address(script, text, &address))
        script_fail(script, "\"%s\" is not an address", text);
    return address;
}

int64_t
script_read_time(struct script *script, const char *text)
{
    char *end;
    int64_t time = SECONDS(g_ascii_strtoull(text, &end, 10));
    int64_t unit = NANOSECONDS_PER_SECOND / 10;
    if (*end == '.')
        for (end++; g_ascii_isdigit(*end); end++, unit /= 10)
            time += g_ascii_digit_value(*end) * unit;
    if (*end != '\0')
        script_fail(script, "\"%s\" is not a time", text);
    return time;
}

/* What stands in braces: numbers and i, joined by + - * / %, worked out from left to right. */
static uint64_t
work_out(struct script *script, const char **at, unsigned round)
{
    uint64_t value = 0;
    char operation = '+';
    for (;;) {
        char *end = (char *)*at + 1;
        uint64_t next = **at == 'i' ? round : g_ascii_strtoull(*at, &end, 10);
        if (end == *at || (strchr("/%", operation) != NULL && next == 0)) {
            script_fail(script, "\"%s\" can't be worked out", *at);
            return 0;
        }
        value = operation == '+'   ? value + next
                : operation == '-' ? value - next
                : operation == '*' ? value * next
                : operation == '/' ? value / next
                                   : value % next;
        *at = end;
        if (**at == '}' || **at == '\0' || strchr("+-*/%", **at) == NULL)
            return value;
        operation = *(*at)++;
    }
}

char *
script_fill_in(struct script *script, const char *text, unsigned round)
{
    GString *line = g_string_new(NULL);
    while (*text != '\0' && script->problem == NULL) {
        if (*text != '{') {
            g_string_append_c(line, *text++);
            continue;
        }
        text++;
        g_string_append_printf(line, "%" G_GUINT64_FORMAT, work_out(script, &text, round));
        if (*text++ != '}') {
            script_fail(script, "a closing brace is missing");
            break;
        }
    }
    return g_string_free(line, FALSE);
}
