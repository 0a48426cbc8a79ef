/* Names that Wireshark keeps pointers to, those of fields, expert infos, preferences and tables, in the
 * language of the user.
 *
 * They are registered before any preference is read, and the language may change while Wireshark runs. So what is
 * registered is a buffer, and its content follows the language.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_LABELS_H
#define NETCASE_HOST_LABELS_H

#include "core/text.h"

/* A text to register, in English until labels_speak() says otherwise. The two texts must live as long as the
 * process, as the label does. */
const char *label(const char *english, const char *chinese);

/* All labels from now on in this language. What Wireshark shows already keeps the words that it was drawn with. */
void labels_speak(enum language language);

#endif
