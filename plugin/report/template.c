/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/template.h"

#include <string.h>

bool
template_doubled(const char *at)
{
    return strchr("{}[]", at[0]) != NULL && at[0] != '\0' && at[1] == at[0];
}

bool
template_is_part(char kind)
{
    return kind == 'a' || kind == 'p';
}

bool
template_placeholder(const char *at, struct placeholder *placeholder)
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
            return !template_is_part(placeholder->kind) || fact_infos[i].type == TYPE_ENDPOINT;
        }
    }
    return false;
}

const char *
template_bracket_end(const char *at)
{
    for (; *at != '\0'; at++) {
        if (template_doubled(at)) {
            at++;
        } else if (*at == ']') {
            return at;
        } else if (*at == '[') {
            return NULL;
        }
    }
    return NULL;
}
