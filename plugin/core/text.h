/* From the texts of a case and the facts of a finding to words, in the user's language.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_TEXT_H
#define NETCASE_CORE_TEXT_H

#include "core/finding.h"

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };
enum text_part { TEXT_TITLE, TEXT_SUMMARY, TEXT_CAUSES, TEXT_CHECKS, TEXT_DISPROOF };

/* A template of api/case.h filled in. Several TEXT facts of one name are joined with "; " (in
 * Chinese with U+FF1B). An unknown placeholder or an open bracket stays as it is, so that a unit
 * test over all cases finds it; a placeholder outside of brackets whose fact was not given becomes
 * "?". The caller frees the text with g_free. */
char *text_fill(const char *template_text, const struct finding *finding, enum language language);

/* A part of the finding's text in this language. The caller frees it. */
char *finding_text(const struct finding *finding, enum text_part part, enum language language);

/* The lines of a part that has one item a line, without empty ones: a NULL-terminated vector that
 * the caller frees with g_strfreev. */
char **finding_lines(const struct finding *finding, enum text_part part, enum language language);

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

/* Whether every {placeholder} and bracket of the template is well formed, and {?name} and {!name}
 * stand in brackets; if not, `problem` gets a message for the developer, freed by the caller, else
 * NULL. */
bool text_check(const char *template_text, char **problem);

const char *severity_name(enum severity severity, enum language language);
const char *confidence_name(enum confidence confidence); /* "possible", "likely", "confirmed": for fields and scripts */
const char *confidence_word(enum confidence confidence, enum language language); /* the same for a person */

#endif
