/* The lines of a report: wrapped for a terminal, or as markdown.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_PRINTER_H
#define NETCASE_REPORT_PRINTER_H

#include "report/words.h"

struct printer {
    GString *out;
    const struct report *report;
    const struct report_view *view;
};

bool printer_is_chinese(const struct printer *printer);

/* What texts of findings must be filled in for. */
enum markup printer_markup(const struct printer *printer);

/* Lines that begin with `mark`, and go on behind it. For a terminal. */
void printer_paragraph(struct printer *printer, const char *mark, const char *text);

/* A label with its text. */
void printer_line(struct printer *printer, const char *indent, const char *label, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* An item of a list. */
void printer_item(struct printer *printer, const char *mark, const char *text);

/* The same for a check. Its command stands on a line of its own, however long, so that it can be copied whole; in markdown
 * it is a code span. */
void printer_check(struct printer *printer, const char *mark, const struct check *check);

#endif
