/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/word_preference.h"

static const enum_val_t off_or_on[] = {{"FALSE", "FALSE", 0}, {"TRUE", "TRUE", 1}, {NULL, NULL, 0}};
static const enum_val_t on_or_off[] = {{"TRUE", "TRUE", 1}, {"FALSE", "FALSE", 0}, {NULL, NULL, 0}};

static const enum_val_t *
choices_of(const struct word_preference *preference)
{
    if (preference->choices != NULL)
        return preference->choices;
    return preference->on ? on_or_off : off_or_on;
}

bool
program_has_windows(void)
{
    static const char *const without[] = {"tshark", "sharkd", NULL};
    const char *program = g_get_prgname();
    return program == NULL || !g_strv_contains(without, program);
}

void
word_preference_register(module_t *module, struct word_preference *preference, const char *title, const char *help)
{
    const enum_val_t *choices = choices_of(preference);
    preference->chosen = choices[0].value;
    preference->switched = preference->on;
    if (!program_has_windows()) {
        preference->written = choices[0].name;
        prefs_register_string_preference(module, preference->name, title, help, &preference->written);
    } else if (preference->choices == NULL) {
        prefs_register_bool_preference(module, preference->name, title, help, &preference->switched);
    } else {
        prefs_register_enum_preference(module, preference->name, title, help, &preference->chosen, choices, FALSE);
    }
}

/* By its name or what the list shows, as Wireshark's own lists. */
static const enum_val_t *
written_choice(const struct word_preference *preference)
{
    for (const enum_val_t *choice = choices_of(preference); choice->name != NULL; choice++)
        if (g_ascii_strcasecmp(preference->written, choice->name) == 0 ||
            g_ascii_strcasecmp(preference->written, choice->description) == 0)
            return choice;
    return NULL;
}

int
word_preference_value(const struct word_preference *preference)
{
    if (preference->written == NULL)
        return preference->choices == NULL ? preference->switched : preference->chosen;
    const enum_val_t *choice = written_choice(preference);
    return choice != NULL ? choice->value : choices_of(preference)->value;
}

const char *
word_preference_wrong(const struct word_preference *preference)
{
    return preference->written == NULL || written_choice(preference) != NULL ? NULL : preference->written;
}

char *
word_preference_choices(const struct word_preference *preference)
{
    GString *names = g_string_new(NULL);
    for (const enum_val_t *choice = choices_of(preference); choice->name != NULL; choice++)
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", choice->name);
    return g_string_free(names, FALSE);
}

const char *
word_preference_default(const struct word_preference *preference)
{
    return choices_of(preference)->name;
}
