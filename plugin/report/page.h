/* A report as one page that needs nothing else and asks for nothing: `-z netcase,html`.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_PAGE_H
#define NETCASE_REPORT_PAGE_H

/* The page with `data` in it, which is JSON: {"chosen": language, and a report for each language}. The page's policy allows its own script
 * and style and nothing else; no text of the data can end the element that it stands in. The caller frees the text with g_free. */
char *page_with(const char *data);

#endif
