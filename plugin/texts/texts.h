/* The texts of cases, facts and thresholds in the user's language. English stands where they are defined, Chinese in zh_CN.po,
 * under the name that is called their context. What is not translated there, or was translated from an English
 * text that has changed since, is English.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TEXTS_TEXTS_H
#define NETCASE_TEXTS_TEXTS_H

#include "api/case.h"

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };
/* The one of these that comes first among the user's (LANGUAGE, LC_ALL, LC_MESSAGES, LANG); English if none does. */
enum language language_of_system(void);

enum text_part { TEXT_TITLE, TEXT_SUMMARY, TEXT_CAUSES, TEXT_CHECKS, TEXT_DISPROOF };
enum { TEXT_PARTS = TEXT_DISPROOF + 1 };

/* A text of a case, a template of api/case.h; empty if the case has none. It lives as long as the process. */
const char *text_of_case(const struct case_info *info, enum text_part part, enum language language);

/* The words for a fact, and for a threshold of a detector of this family. They live as long as the process. */
struct wording wording_of_fact(enum fact_name name, enum language language);
struct wording wording_of_threshold(const char *family, const struct threshold *threshold, enum language language);

/* The contexts: idle.reset/summary, and the stem of fact/idle/label and of idle/level/help. The caller frees them with g_free. */
char *context_of_case(const struct case_info *info, enum text_part part);
char *context_of_fact(enum fact_name name, const char *word);
char *context_of_threshold(const char *family, const struct threshold *threshold, const char *word);

#endif
