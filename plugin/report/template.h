/* The grammar of the texts of cases (api/case.h), for those who fill them in or check them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_TEMPLATE_H
#define NETCASE_REPORT_TEMPLATE_H

#include <stdbool.h>

#include "findings/finding.h"

/* A {placeholder}: `{name}`, `{name.address}`, `{name.port}`, `{?name}` or `{!name}`. */
struct placeholder {
    char kind; /* 0, '?' or '!'; 'a' for the address and 'p' for the port of an endpoint */
    enum fact_name name;
    const char *end; /* behind the closing brace */
};

/* The well-formed placeholder that begins at `at`, a single opening brace. */
bool template_placeholder(const char *at, struct placeholder *placeholder);

/* Whether a placeholder of this kind is the address or port of an endpoint. */
bool template_is_part(char kind);

/* Whether a special character stands twice, which means itself. */
bool template_doubled(const char *at);

/* The closing bracket of the optional part whose text begins at `at`; NULL if it is open. */
const char *template_bracket_end(const char *at);

#endif
