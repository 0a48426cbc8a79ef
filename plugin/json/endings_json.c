/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json/endings_json.h"

#include "engine/context.h"
#include "report/sessions.h"
#include "report/text.h"
#include "json/json_members.h"

/* Raised when a member changes its meaning or goes; new members may come without that. */
enum { ENDINGS_VERSION = 1 };

/* The file has the busiest of them. */
enum { SERVERS_WRITTEN = 1000 };

static void
write_way(json_dumper *json, const struct way *way, enum language language)
{
    json_dumper_begin_object(json);
    member_text(json, "how", way->text[language]);
    if (way->signature != NULL)
        member_text(json, "signature", way->signature->english);
    member_number(json, "connections", way->connections);
    member_number(json, "clients", way->clients);
    member_own_text(json, "first", time_text_exact(way->first_time));
    member_own_text(json, "last", time_text_exact(way->last_time));
    json_dumper_end_object(json);
}

static void
write_server(json_dumper *json, const struct server_endings *server, const struct engine *engine,
             enum language language)
{
    json_dumper_begin_object(json);
    member_own_text(json, "server",
                    endpoint_in_network(&server->server, engine->encapsulation, server->network, language));
    member_number(json, "connections", server->connections);
    json_dumper_set_member_name(json, "endings");
    json_dumper_begin_array(json);
    for (guint i = 0; i < server->ways->len; i++)
        write_way(json, &g_array_index(server->ways, struct way, i), language);
    json_dumper_end_array(json);
    json_dumper_end_object(json);
}

void
endings_json_write(FILE *out, const struct endings *endings, const struct engine *engine, enum language language)
{
    json_dumper json = {.output_file = out, .flags = JSON_DUMPER_FLAGS_PRETTY_PRINT};
    guint servers = endings->servers->len;

    json_dumper_begin_object(&json);
    member_number(&json, "version", ENDINGS_VERSION);
    member_number(&json, "connections", endings->connections);
    json_dumper_set_member_name(&json, "servers");
    json_dumper_begin_array(&json);
    for (guint i = 0; i < servers && i < SERVERS_WRITTEN; i++)
        write_server(&json, g_ptr_array_index(endings->servers, i), engine, language);
    json_dumper_end_array(&json);
    if (servers > SERVERS_WRITTEN)
        member_number(&json, "servers_not_shown", servers - SERVERS_WRITTEN);
    json_dumper_end_object(&json);
    json_dumper_finish(&json);
}
