/* The language that the user reads: the preference, or that of the system.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_LANGUAGE_H
#define NETCASE_HOST_LANGUAGE_H

#include "host/host_compat.h"
#include "host/word_preference.h"
#include "report/text.h"

/* The preference `language` of our module. */
void language_register(module_t *module);
const struct word_preference *language_preference(void);

enum language language_current(void);

/* The one of these that is in that language. */
const char *translated(const char *english, const char *chinese);

/* A name to give to Wireshark for good: of a field, an expert info, a preference or a table. Wireshark keeps the pointer
 * and can't be told another one, so it points to a buffer whose content follows the language. Until
 * labels_translate() it is English. The two texts must live as long as the process, as the label does. */
const char *label(const char *english, const char *chinese);

/* The headings of a table that the user can edit as labels. `chinese` has one for each field but the end. */
void label_headings(uat_field_t *fields, const struct wording *chinese);

/* Let all labels follow the language as it is now. What Wireshark has drawn keeps its words until it is drawn again. */
void labels_translate(void);

#endif
