/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "texts/texts.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "findings/finding.h"
#include "texts/table.h"

/* -- Contexts --------------------------------------------------------------------------------- */

char *
context_of_case(const struct case_info *info, enum text_part part)
{
    static const char *const parts[TEXT_PARTS] = {"title", "summary", "causes", "checks", "disproof"};
    return g_strdup_printf("%s/%s", info->id, parts[part]);
}

char *
context_of_fact(enum fact_name name, const char *word)
{
    return g_strdup_printf("fact/%s/%s", fact_infos[name].name, word);
}

char *
context_of_threshold(const char *family, const struct threshold *threshold, const char *word)
{
    return g_strdup_printf("%s/%s/%s", family, threshold->name, word);
}

/* -- Texts ------------------------------------------------------------------------------------ */

static int
compare(const void *context, const void *row)
{
    return strcmp(context, ((const struct translation *)row)->context);
}

/* What stands under the context, which is freed, if it is a translation of this text. */
static const char *
translation(char *context, const char *english)
{
    const struct translation *row = bsearch(context, texts_zh_cn, texts_zh_cn_count, sizeof texts_zh_cn[0], compare);
    g_free(context);
    return row != NULL && strcmp(row->english, english) == 0 ? row->translated : english;
}

const char *
text_of_case(const struct case_info *info, enum text_part part, enum language language)
{
    const struct case_text *text = &info->english;
    const char *const parts[TEXT_PARTS] = {text->title, text->summary, text->causes, text->checks, text->disproof};
    const char *english = parts[part] != NULL ? parts[part] : "";
    return language == LANGUAGE_ENGLISH ? english : translation(context_of_case(info, part), english);
}

struct wording
wording_of_fact(enum fact_name name, enum language language)
{
    struct wording english = fact_infos[name].english;
    if (language == LANGUAGE_ENGLISH)
        return english;
    return (struct wording){translation(context_of_fact(name, "label"), english.label),
                            translation(context_of_fact(name, "help"), english.help)};
}

struct wording
wording_of_threshold(const char *family, const struct threshold *threshold, enum language language)
{
    struct wording english = threshold->english;
    if (language == LANGUAGE_ENGLISH)
        return english;
    return (struct wording){translation(context_of_threshold(family, threshold, "label"), english.label),
                            translation(context_of_threshold(family, threshold, "help"), english.help)};
}

enum language
language_of_system(void)
{
    for (const char *const *name = g_get_language_names(); *name != NULL; name++) {
        if (g_str_has_prefix(*name, "zh"))
            return LANGUAGE_CHINESE;
        if (g_str_has_prefix(*name, "en"))
            return LANGUAGE_ENGLISH;
    }
    return LANGUAGE_ENGLISH;
}
