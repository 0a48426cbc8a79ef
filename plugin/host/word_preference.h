/* Preferences that are one of a few words.
 *
 * Wireshark's own lists and check boxes take any word in a file of preferences, from -o or from sharkd's setconf, and silently
 * keep what was set before, or FALSE. So where there is no window to choose in (tshark, sharkd), such a preference is a string
 * that is checked. In a window it is a list or a check box. All write the same words into the file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_WORD_PREFERENCE_H
#define NETCASE_HOST_WORD_PREFERENCE_H

#include "host/host_compat.h"

/* False in tshark and sharkd. */
bool program_has_windows(void);

struct word_preference {
    const char *name;
    const enum_val_t *choices; /* the first is the default; NULL: a switch */
    bool on;                   /* a switch that is TRUE by default */
    int chosen;                /* in the list */
    pref_bool switched;        /* in the check box */
    const char *written;       /* NULL where there is a window */
};

/* `title` and `help` as Wireshark's functions take them. The preference must live as long as the process. */
void word_preference_register(module_t *module, struct word_preference *preference, const char *title,
                              const char *help);

/* The value of the choice, the default if there is no such choice. A switch is 0 or 1. */
int word_preference_value(const struct word_preference *preference);

/* NULL, or the word that is none of the choices. */
const char *word_preference_wrong(const struct word_preference *preference);

/* "auto, en, zh_CN"; the default is the first. The caller frees the text. */
char *word_preference_choices(const struct word_preference *preference);
const char *word_preference_default(const struct word_preference *preference);

#endif
