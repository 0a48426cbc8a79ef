/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/language.h"

#include <string.h>

/* -- The preference --------------------------------------------------------------------------- */

static enum_val_t choices[] = {
    {"auto", NULL, 0},
    {"en", "English", 1 + LANGUAGE_ENGLISH},
    {"zh_CN", "简体中文", 1 + LANGUAGE_CHINESE},
    {NULL, NULL, 0},
}; /* 0 = that of the system, else 1 + enum language */

static struct word_preference preference = {.name = "language", .choices = choices};

void
language_register(module_t *module)
{
    choices[0].description = label("Language of the system", "跟随系统语言");
    word_preference_register(
        module, &preference, label("Language of the findings", "诊断结果的语言"),
        label("Language of the findings, of the names of their fields and of this page: auto, en or zh_CN",
              "诊断结果、其字段名称以及本页的语言：auto、en 或 zh_CN"));
}

const struct word_preference *
language_preference(void)
{
    return &preference;
}

enum language
language_current(void)
{
    int chosen = word_preference_value(&preference);
    return chosen > 0 ? (enum language)(chosen - 1) : language_of_system();
}

const char *
translated(const char *english, const char *chinese)
{
    return language_current() == LANGUAGE_CHINESE ? chinese : english;
}

/* -- Labels ----------------------------------------------------------------------------------- */

struct bilingual {
    const char *english, *chinese;
    char *shown;
};

static GArray *labels; /* struct bilingual */

const char *
label(const char *english, const char *chinese)
{
    struct bilingual one = {english, chinese, g_malloc0(MAX(strlen(english), strlen(chinese)) + 1)};
    strcpy(one.shown, english);
    if (labels == NULL)
        labels = g_array_new(FALSE, FALSE, sizeof one);
    g_array_append_val(labels, one);
    return one.shown;
}

void
label_headings(uat_field_t *fields, const struct wording *chinese)
{
    for (; fields->name != NULL; fields++, chinese++) {
        fields->title = label(fields->title, chinese->label);
        fields->desc = label(fields->desc, chinese->help);
    }
}

void
labels_translate(void)
{
    bool chinese = language_current() == LANGUAGE_CHINESE;
    for (guint i = 0; i < labels->len; i++) {
        const struct bilingual *one = &g_array_index(labels, struct bilingual, i);
        strcpy(one->shown, chinese ? one->chinese : one->english);
    }
}
