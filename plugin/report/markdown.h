/* Markdown (CommonMark, and what GitHub adds to it: tables, strikethrough, links without brackets), inside of a line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_MARKDOWN_H
#define NETCASE_REPORT_MARKDOWN_H

#include <glib.h>

/* Append words, with a backslash before what would be read as markup, so that they come out as they are. */
void markdown_words(GString *out, const char *text);

/* Append a code span with exactly this text, which has no line break; nothing if it is empty. */
void markdown_code(GString *out, const char *text);

#endif
