/* From the texts of a case and the facts of a finding to words, in the user's language.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_TEXT_H
#define NETCASE_REPORT_TEXT_H

#include "findings/finding.h"
#include "texts/texts.h"

/* What the text is for. In Markdown text of the capture stands as code, and all other words come out as they are. */
enum markup { MARKUP_NONE, MARKUP_MARKDOWN };

/* A template of api/case.h filled in. Several TEXT facts of one name are joined with "; " (in
 * Chinese with U+FF1B). An unknown placeholder or an open bracket stays as it is, so that a unit
 * test over all cases finds it; a placeholder outside of brackets whose fact was not given becomes
 * "?". The caller frees the text with g_free. */
char *text_fill(const char *template_text, const struct finding *finding, enum language language, enum markup markup);

/* Title or summary of the finding in this language. The caller frees it. */
char *finding_text(const struct finding *finding, enum text_part part, enum language language, enum markup markup);

/* The items of causes or disproof, without empty ones: a NULL-terminated vector that the caller frees
 * with g_strfreev. */
char **finding_lines(const struct finding *finding, enum text_part part, enum language language, enum markup markup);

/* A check. Words and command side by side are the line that a person reads. */
struct check {
    char *words;   /* with the blank behind them, if they end with one; may be empty */
    char *command; /* for a shell, without markup: text of the capture is quoted in it; NULL if there is none */
};

/* The checks, without empty ones: an array of struct check that the caller frees with g_ptr_array_unref. */
GPtrArray *finding_checks(const struct finding *finding, enum language language, enum markup markup);

/* Words and command as one line, without markup. The caller frees it. */
char *check_text(const struct check *check);

/* One fact as words: "14.66 s", "119.89 s", "192.0.2.1:443", "[2001:db8::1]:443", "1,234", and for
 * BYTES "1,234 bytes". Durations have two decimals and the unit s below 10 minutes ("0.35 ms" style
 * below 10 ms), one decimal and minutes below 2 hours, and hours above. An endpoint without port is
 * its address alone. Units are translated. The caller frees it. */
char *fact_text(const struct fact *fact, enum language language);

/* The same of values that are not facts. */
char *duration_text(int64_t nanoseconds, enum language language);
char *address_text(const struct ip_address *address);
char *endpoint_text(const struct endpoint *endpoint);

/* Nanoseconds since 1970 as UTC: "2018-07-29T12:20:14.998Z"; "-" for times that no clock has (PACKET_TIME_MAX). The caller frees it. */
char *time_text(int64_t time);

/* The same with six decimals, and the time of day alone with milliseconds: "12:20:14.998". */
char *time_text_exact(int64_t time);
char *clock_text(int64_t time);

/* Whether this part of a case keeps to the grammar of api/case.h; if not, `problem` gets a message for the developer,
 * freed by the caller, else NULL. */
bool text_check(const char *template_text, enum text_part part, char **problem);

const char *severity_name(enum severity severity, enum language language);
const char *confidence_name(enum confidence confidence); /* "possible", "likely", "confirmed": for fields and scripts */
const char *confidence_word(enum confidence confidence, enum language language); /* the same for a person */

#endif
