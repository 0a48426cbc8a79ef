/* Members of a JSON object that is being written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_JSON_JSON_MEMBERS_H
#define NETCASE_JSON_JSON_MEMBERS_H

#include <stdint.h>
#include <wsutil/json_dumper.h>

void member_text(json_dumper *json, const char *name, const char *text);

/* The same, and frees the text. */
void member_own_text(json_dumper *json, const char *name, char *text);

void member_number(json_dumper *json, const char *name, uint64_t number);
void member_true(json_dumper *json, const char *name);

/* As seconds with nine decimals. */
void member_seconds(json_dumper *json, const char *name, int64_t nanoseconds);

#endif
