/* The report as JSON: `-z netcase,json`, `-z netcase,json_all`, `-z netcase,json_brief`. docs/report.schema.json describes it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_JSON_REPORT_JSON_H
#define NETCASE_JSON_REPORT_JSON_H

#include <stdio.h>

#include "report/frames.h"
#include "report/words.h"

/* FIRST: the first hundred findings of each group that is shown, and the rest is counted. ALL: every finding. BRIEF: of each group that
 * is shown one finding, with what tells which one it is, and the sentence. */
enum report_form { FORM_FIRST, FORM_ALL, FORM_BRIEF };

/* Names that only the host knows; each may be NULL. `stream` gives Wireshark's number of the view's connection, false where it has
 * none. `vni_name` gives the printable name that the user gave a VNI, "" if none; its reader frees it. */
struct report_names {
    bool (*stream)(uint32_t flow, void *data, uint32_t *number);
    char *(*vni_name)(uint32_t vni);
};

/* Write the report and the mirror sessions to `file`, as one object and a line feed. The view has frames. */
void report_json_write(FILE *file, const struct report *report, const struct report_view *view,
                       const struct report_names *names, enum report_form form);

/* The page: the report in both languages, so that the reader can change it, first in that of the view. The caller frees it with
 * g_free. */
char *report_page(const struct report *report, const struct report_view *view, const struct report_names *names);

#endif
