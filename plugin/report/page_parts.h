/* The files of the page (plugin/report/page), which the build puts into the plugin.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_PAGE_PARTS_H
#define NETCASE_REPORT_PAGE_PARTS_H

/* Bytes above 127 are UTF-8. */
extern const char page_html[], page_css[], page_js[];

#endif
