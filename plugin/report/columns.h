/* Tables of text for a terminal.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_COLUMNS_H
#define NETCASE_REPORT_COLUMNS_H

#include <glib.h>

/* How many columns of a terminal UTF-8 text takes: a Chinese character takes two. */
unsigned columns_of(const char *text);

/* Append `text` and spaces up to this many columns. */
void columns_pad(GString *out, const char *text, unsigned columns);

/* The rows, each a NULL-terminated vector of as many texts as the first one, which holds the headings, in aligned
 * columns. The caller frees the text. */
char *columns_table(const GPtrArray *rows);

#endif
