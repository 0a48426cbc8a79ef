/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/headline.h"

#include <string.h>

#include "report/sentence.h"

enum { LABEL_BYTES = 239 };

/* count 0: not to be told. */
static struct standing
number_of(const struct capture *capture, const struct finding *finding, bool whole)
{
    struct standing standing = {0, 0};
    if (whole)
        standing = store_standing(engine_store(capture->engine), finding);
    return standing.count > 1 ? standing : (struct standing){0, 0};
}

char *
headline_name(const struct capture *capture, const struct finding *finding, bool whole, enum language language)
{
    struct standing number = number_of(capture, finding, whole);
    if (number.count == 0)
        return g_strdup(finding->info->id);
    return g_strdup_printf(language == LANGUAGE_CHINESE ? "%s %u/%u" : "%s %u of %u", finding->info->id, number.place,
                           number.count);
}

static char *
with_rest(char *text, const GPtrArray *findings)
{
    if (findings->len == 1)
        return text;
    char *longer = g_strdup_printf("%s +%u", text, findings->len - 1);
    g_free(text);
    return longer;
}

char *
headline_column(const struct capture *capture, const GPtrArray *findings, bool whole)
{
    return with_rest(headline_name(capture, g_ptr_array_index(findings, 0), whole, LANGUAGE_ENGLISH), findings);
}

char *
headline_info(const GPtrArray *findings)
{
    const struct finding *first = g_ptr_array_index(findings, 0);
    char *text = with_rest(g_strdup(first->info->id), findings);
    char *info = g_strdup_printf("[netcase %s] ", text);
    g_free(text);
    return info;
}

char *
headline_sentence(const struct capture *capture, const GPtrArray *findings, bool whole, enum language language)
{
    bool chinese = language == LANGUAGE_CHINESE;
    const struct finding *first = g_ptr_array_index(findings, 0);
    struct standing number = number_of(capture, first, whole);
    char *sentence = sentence_in_capture(engine_encapsulation(capture->engine), first, language);
    GString *text = g_string_new(sentence);
    if (number.count > 0)
        g_string_append_printf(text, chinese ? "（第 %u 个，共 %u 个）" : " (%u of %u)", number.place, number.count);
    if (findings->len > 1 && chinese)
        g_string_append_printf(text, "，另有 %u 个诊断结果", findings->len - 1);
    else if (findings->len > 1)
        g_string_append_printf(text, ", %u more finding%s", findings->len - 1, findings->len == 2 ? "" : "s");
    g_free(sentence);
    return g_string_free(text, FALSE);
}

char *
headline_cut(char *text)
{
    size_t length = strlen(text);
    while (length > LABEL_BYTES || ((uint8_t)text[length] & 0xc0) == 0x80)
        length--;
    text[length] = '\0';
    return text;
}
