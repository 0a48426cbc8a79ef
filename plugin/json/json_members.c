/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json/json_members.h"

#include <glib.h>

#include "wire/packet_time.h"

void
member_text(json_dumper *json, const char *name, const char *text)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_string(json, text);
}

void
member_own_text(json_dumper *json, const char *name, char *text)
{
    member_text(json, name, text);
    g_free(text);
}

void
member_number(json_dumper *json, const char *name, uint64_t number)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%" G_GUINT64_FORMAT, number);
}

void
member_true(json_dumper *json, const char *name)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "true");
}

/* Made of whole numbers: printf would follow the locale. */
void
member_seconds(json_dumper *json, const char *name, int64_t nanoseconds)
{
    json_dumper_set_member_name(json, name);
    json_dumper_value_anyf(json, "%s%" G_GINT64_FORMAT ".%09" G_GINT64_MODIFIER "d", nanoseconds < 0 ? "-" : "",
                           ABS(nanoseconds / NANOSECONDS_PER_SECOND), ABS(nanoseconds % NANOSECONDS_PER_SECOND));
}
