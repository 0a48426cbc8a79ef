/* Long texts in lines that fit into a details pane.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_WRAP_H
#define NETCASE_REPORT_WRAP_H

#include <glib.h>

/* The text in lines of at most `columns`, a wide (Chinese) character taking two: broken at spaces and
 * between wide characters. A word that is longer than a line is cut. At least one line; a
 * NULL-terminated vector that the caller frees with g_strfreev. The text is UTF-8. */
char **wrap_words(const char *text, unsigned columns);

/* The same for words and the command behind them: if they do not fit into one line, the command begins one of its own. */
char **wrap_command(const char *words, const char *command, unsigned columns);

#endif
