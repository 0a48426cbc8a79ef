/* The report as JSON: `-z netcase,json`, `-z netcase,json_all`, `-z netcase,json_brief`. docs/report.schema.json describes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_REPORT_JSON_H
#define NETCASE_HOST_REPORT_JSON_H

#include <stdio.h>

#include "host/capture.h"
#include "report/words.h"

/* FIRST: the first hundred findings of each group that is shown, and the rest is counted. ALL: every finding. BRIEF: of each group that
 * is shown one finding, with what tells which one it is, and the sentence. */
enum report_form { FORM_FIRST, FORM_ALL, FORM_BRIEF };

/* Write the report and the mirror sessions to `file`, as one object and a line feed. `part` says which one of a capture that
 * is reported in parts, from 1 on; 0 if it is reported whole. */
void report_json_write(FILE *file, struct capture *capture, const struct report *report, const struct report_view *view,
                       unsigned part, enum report_form form);

/* The same as a text, for who puts it elsewhere. The caller frees it with g_free. */
char *report_json_text(struct capture *capture, const struct report *report, const struct report_view *view,
                       unsigned part);

#endif
