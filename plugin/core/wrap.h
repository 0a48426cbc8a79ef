/* Long texts in lines that fit into a details pane.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_WRAP_H
#define NETCASE_CORE_WRAP_H

#include <glib.h>

/* The text in lines of at most `columns`, a wide (Chinese) character taking two: broken at spaces and
 * between wide characters. A word that is longer than a line is cut. At least one line; a
 * NULL-terminated vector that the caller frees with g_strfreev. The text is UTF-8. */
char **wrap_words(const char *text, unsigned columns);

/* The same, but if the text does not fit into one line and ends with a command (a text without a full
 * stop, behind its last colon: api/case.h), the command begins a line of its own. */
char **wrap_text(const char *text, unsigned columns);

/* The command that the text ends with, a part of it; NULL if there is none. */
const char *wrap_command(const char *text);

#endif
