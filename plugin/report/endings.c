/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/endings.h"

#include <string.h>

#include "engine/context.h"
#include "engine/vantage.h"
#include "memory/table.h"
#include "report/columns.h"
#include "report/sessions.h"
#include "report/text.h"

/* What is not one of the signatures. Nothing of it says why, or who: a RST can be made by others. */
enum plain_way {
    WAY_FIN_CLIENT_FIRST,
    WAY_FIN_SERVER_FIRST,
    WAY_FIN_OF_CLIENT_ONLY,
    WAY_FIN_OF_SERVER_ONLY,
    WAY_RESET_OF_CLIENT_AFTER_FIN,
    WAY_RESET_OF_SERVER_AFTER_FIN,
    WAY_RESET_OF_CLIENT,
    WAY_RESET_OF_SERVER,
    WAY_ICMP_ERROR,
    WAY_NO_ANSWER_TO_SYN,
    WAY_NO_ANSWER_TO_SYN_ACK,
    WAY_NO_DATA,
    WAY_FIRST_DATA_ONLY,
    WAY_NO_DATA_OF_SERVER,
    WAY_OPEN,
    WAY_CLIENT_UNSEEN,
    WAY_SERVER_UNSEEN,
    PLAIN_WAYS
};

static const char *const plain_texts[PLAIN_WAYS][2] = {
    [WAY_FIN_CLIENT_FIRST] = {"FIN of both, the client first", "双方均发 FIN，客户端先发"},
    [WAY_FIN_SERVER_FIRST] = {"FIN of both, the server first", "双方均发 FIN，服务器先发"},
    [WAY_FIN_OF_CLIENT_ONLY] = {"FIN of the client only", "只有客户端发了 FIN"},
    [WAY_FIN_OF_SERVER_ONLY] = {"FIN of the server only", "只有服务器发了 FIN"},
    [WAY_RESET_OF_CLIENT_AFTER_FIN] = {"RST after a FIN, from the address of the client",
                                       "FIN 之后出现 RST（源地址为客户端）"},
    [WAY_RESET_OF_SERVER_AFTER_FIN] = {"RST after a FIN, from the address of the server",
                                       "FIN 之后出现 RST（源地址为服务器）"},
    [WAY_RESET_OF_CLIENT] = {"RST, from the address of the client", "RST（源地址为客户端）"},
    [WAY_RESET_OF_SERVER] = {"RST, from the address of the server", "RST（源地址为服务器）"},
    [WAY_ICMP_ERROR] = {"not connected: an ICMP error answers", "未建立连接：收到 ICMP 差错报文"},
    [WAY_NO_ANSWER_TO_SYN] = {"nothing after the SYN", "SYN 之后没有任何报文"},
    [WAY_NO_ANSWER_TO_SYN_ACK] = {"nothing of the client after the SYN-ACK", "SYN-ACK 之后客户端没有任何报文"},
    [WAY_NO_DATA] = {"open when the capture ends, no data", "抓包结束时仍未关闭，没有数据"},
    [WAY_FIRST_DATA_ONLY] = {"open when the capture ends, one segment of the client only",
                             "抓包结束时仍未关闭，只有客户端的一个数据报文"},
    [WAY_NO_DATA_OF_SERVER] = {"open when the capture ends, data of the client only",
                               "抓包结束时仍未关闭，只有客户端的数据"},
    [WAY_OPEN] = {"open when the capture ends", "抓包结束时仍未关闭"},
    [WAY_CLIENT_UNSEEN] = {"unknown: the packets of the client are not in the capture", "未知：抓包中没有客户端的报文"},
    [WAY_SERVER_UNSEEN] = {"unknown: the packets of the server are not in the capture", "未知：抓包中没有服务器的报文"},
};

/* Those of the signatures that are no RST. */
static enum ending_stage
stage_of_silence(enum plain_way way)
{
    switch (way) {
    case WAY_NO_ANSWER_TO_SYN:
        return ENDING_AFTER_SYN;
    case WAY_NO_DATA:
        return ENDING_AFTER_HANDSHAKE;
    case WAY_FIRST_DATA_ONLY:
        return ENDING_AFTER_FIRST_DATA;
    default:
        return ENDING_LATER;
    }
}

/* Each signature by what came in the name of the server, and of the client. */
enum { WAYS = PLAIN_WAYS + 2 * SIGNATURES };

static const char *const of_whom[2][2] = {{", from the address of the server", "（源地址为服务器）"},
                                          {", from the address of the client", "（源地址为客户端）"}};

/* -- One connection ---------------------------------------------------------------------------- */

static unsigned
way_of_reset(const struct flow *flow, bool of_client)
{
    const struct signature *signature = ending_signature(flow, of_client);
    if (signature != NULL)
        return PLAIN_WAYS + 2 * (unsigned)(signature - signatures) + of_client;
    const struct side *side = of_client ? &flow->by_client : &flow->by_server;
    bool after_fin = side->ending.shape == ENDING_OTHERWISE;
    if (of_client)
        return after_fin ? WAY_RESET_OF_CLIENT_AFTER_FIN : WAY_RESET_OF_CLIENT;
    return after_fin ? WAY_RESET_OF_SERVER_AFTER_FIN : WAY_RESET_OF_SERVER;
}

static enum plain_way
way_of_fins(const struct side *client, const struct side *server)
{
    if (client->fin_frame == 0)
        return WAY_FIN_OF_SERVER_ONLY;
    if (server->fin_frame == 0)
        return WAY_FIN_OF_CLIENT_ONLY;
    return client->fin_frame < server->fin_frame ? WAY_FIN_CLIENT_FIRST : WAY_FIN_SERVER_FIRST;
}

/* Neither FIN nor RST. What was never captured says nothing about what came. */
static enum plain_way
way_of_silence(const struct engine *engine, const struct flow *flow)
{
    const struct flow_record *record = (const struct flow_record *)flow;
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (client->packets == 0)
        return WAY_CLIENT_UNSEEN;
    if (server->packets == 0 && flow->icmp_error_frame != 0)
        return WAY_ICMP_ERROR;
    if (server->packets == 0 && !vantage_shows_answers(engine, record, true))
        return WAY_SERVER_UNSEEN;
    if (flow->began_before || flow->handshake.syn_frame == 0)
        return WAY_OPEN;
    if (server->packets == 0)
        return WAY_NO_ANSWER_TO_SYN;
    if (!client->acknowledgment_known)
        return WAY_NO_ANSWER_TO_SYN_ACK;
    if (server->new_bytes > 0)
        return WAY_OPEN;
    if (client->new_bytes == 0)
        return WAY_NO_DATA;
    const struct signature *signature = ending_signature(flow, false);
    bool first = signature != NULL && signature->stage == ENDING_AFTER_FIRST_DATA;
    return first ? WAY_FIRST_DATA_ONLY : WAY_NO_DATA_OF_SERVER;
}

static unsigned
way_of(const struct engine *engine, const struct flow *flow)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (client->rst_frame != 0 || server->rst_frame != 0)
        return way_of_reset(flow, server->rst_frame == 0 ||
                                      (client->rst_frame != 0 && client->rst_frame < server->rst_frame));
    if (client->fin_frame != 0 || server->fin_frame != 0)
        return way_of_fins(client, server);
    return way_of_silence(engine, flow);
}

/* -- All of them ------------------------------------------------------------------------------- */

struct server_key {
    uint32_t network;
    struct endpoint server;
    uint8_t zero[2];
};

struct way_count {
    struct way way;
    struct table *clients; /* struct ip_address */
};

struct server_count {
    struct server_key key;
    uint32_t connections;
    struct way_count *ways[WAYS]; /* NULL: none */
};

struct counting {
    const struct engine *engine;
    struct table *servers; /* struct server_count */
    bool (*wanted)(uint32_t flow, void *data);
    void *data;
    uint64_t connections;
};

static void
free_server_count(void *data)
{
    struct server_count *count = data;
    for (unsigned way = 0; way < WAYS; way++)
        if (count->ways[way] != NULL) {
            table_free(count->ways[way]->clients);
            g_free(count->ways[way]);
        }
    g_free(count);
}

static struct server_count *
server_of(struct counting *counting, const struct flow *flow)
{
    struct server_key key;
    memset(&key, 0, sizeof key);
    key.network = engine_network(counting->engine, flow);
    key.server.address = flow->server.address;
    key.server.port = flow->server.port;
    struct server_count *count = table_find(counting->servers, &key);
    if (count == NULL) {
        count = g_new0(struct server_count, 1);
        count->key = key;
        table_add(counting->servers, count);
    }
    return count;
}

static void
add_client(struct table *clients, const struct ip_address *address)
{
    if (table_find(clients, address) == NULL)
        table_add(clients, g_memdup2(address, sizeof *address));
}

static void
count_flow(const struct flow *flow, void *data)
{
    struct counting *counting = data;
    if (flow->protocol != PROTOCOL_TCP || (counting->wanted != NULL && !counting->wanted(flow->number, counting->data)))
        return;
    struct server_count *server = server_of(counting, flow);
    struct way_count **place = &server->ways[way_of(counting->engine, flow)], *count = *place;
    if (count == NULL) {
        count = *place = g_new0(struct way_count, 1);
        count->clients = table_new(&counting->engine->settings->hash_seed, sizeof(struct ip_address), g_free);
        count->way.first_time = count->way.last_time = flow->last_time;
    }
    add_client(count->clients, &flow->client.address);
    count->way.connections++;
    count->way.first_time = MIN(count->way.first_time, flow->last_time);
    count->way.last_time = MAX(count->way.last_time, flow->last_time);
    server->connections++;
    counting->connections++;
}

/* Equal numbers stay in the order of the ways. */
static int
more_connections(const void *a, const void *b)
{
    const struct way *one = a, *other = b;
    return (one->connections < other->connections) - (one->connections > other->connections);
}

static struct way
named(struct way way, unsigned number)
{
    if (number < PLAIN_WAYS) {
        way.signature = signature_find(stage_of_silence((enum plain_way)number), ENDING_NOTHING);
        way.text[LANGUAGE_ENGLISH] = g_strdup(plain_texts[number][LANGUAGE_ENGLISH]);
        way.text[LANGUAGE_CHINESE] = g_strdup(plain_texts[number][LANGUAGE_CHINESE]);
        return way;
    }
    const char *const *whose = of_whom[(number - PLAIN_WAYS) % 2];
    way.signature = &signatures[(number - PLAIN_WAYS) / 2];
    way.text[LANGUAGE_ENGLISH] = g_strconcat(way.signature->english, whose[LANGUAGE_ENGLISH], NULL);
    way.text[LANGUAGE_CHINESE] = g_strconcat(way.signature->chinese, whose[LANGUAGE_CHINESE], NULL);
    return way;
}

static void
clear_way(void *data)
{
    struct way *way = data;
    g_free(way->text[LANGUAGE_ENGLISH]);
    g_free(way->text[LANGUAGE_CHINESE]);
}

static GArray *
ways_of(const struct server_count *count)
{
    GArray *ways = g_array_new(FALSE, FALSE, sizeof(struct way));
    g_array_set_clear_func(ways, clear_way);
    for (unsigned i = 0; i < WAYS; i++) {
        if (count->ways[i] == NULL)
            continue;
        struct way way = named(count->ways[i]->way, i);
        way.clients = table_size(count->ways[i]->clients);
        g_array_append_val(ways, way);
    }
    g_array_sort(ways, more_connections);
    return ways;
}

static void
free_server(void *data)
{
    struct server_endings *server = data;
    g_array_unref(server->ways);
    g_free(server);
}

/* Then by network, address and port, so that the order is always the same. */
static int
busiest_first(const void *a, const void *b)
{
    const struct server_endings *one = *(struct server_endings *const *)a, *other = *(struct server_endings *const *)b;
    if (one->connections != other->connections)
        return one->connections < other->connections ? 1 : -1;
    if (one->network != other->network)
        return one->network < other->network ? -1 : 1;
    int order = memcmp(&one->server.address, &other->server.address, sizeof one->server.address);
    return order != 0 ? order : (one->server.port > other->server.port) - (one->server.port < other->server.port);
}

struct endings *
endings_new(const struct engine *engine, bool (*wanted)(uint32_t flow, void *data), void *data)
{
    struct endings *endings = g_new0(struct endings, 1);
    struct counting counting = {
        engine, table_new(&engine->settings->hash_seed, sizeof(struct server_key), free_server_count), wanted, data, 0};
    flow_table_each(engine->flows, count_flow, &counting);

    endings->servers = g_ptr_array_new_with_free_func(free_server);
    endings->connections = counting.connections;
    GPtrArray *counts = table_entries(counting.servers);
    for (guint i = 0; i < counts->len; i++) {
        const struct server_count *count = g_ptr_array_index(counts, i);
        struct server_endings server = {count->key.network, count->key.server, count->connections, ways_of(count)};
        g_ptr_array_add(endings->servers, g_memdup2(&server, sizeof server));
    }
    g_ptr_array_unref(counts);
    table_free(counting.servers);
    g_ptr_array_sort(endings->servers, busiest_first);
    return endings;
}

void
endings_free(struct endings *endings)
{
    if (endings == NULL)
        return;
    g_ptr_array_unref(endings->servers);
    g_free(endings);
}

/* -- Text -------------------------------------------------------------------------------------- */

/* Less than half a per cent is still something. */
static char *
share_text(uint32_t part, uint32_t whole)
{
    unsigned share = (unsigned)((200 * (uint64_t)part + whole) / (2 * (uint64_t)whole));
    return share > 0 ? g_strdup_printf("%u %%", share) : g_strdup("< 1 %");
}

static void
add_server_rows(GPtrArray *rows, const struct server_endings *server, const struct engine *engine,
                enum language language)
{
    for (guint i = 0; i < server->ways->len; i++) {
        const struct way *way = &g_array_index(server->ways, struct way, i);
        char *const row[] = {endpoint_in_network(&server->server, engine->encapsulation, server->network, language),
                             g_strdup_printf("%u", way->connections),
                             share_text(way->connections, server->connections),
                             g_strdup_printf("%u", way->clients),
                             time_text(way->first_time),
                             time_text(way->last_time),
                             g_strdup(way->text[language]),
                             NULL};
        g_ptr_array_add(rows, g_memdup2(row, sizeof row));
    }
}

char *
endings_text(const struct endings *endings, const struct engine *engine, enum language language)
{
    static const char *const headings[][8] = {
        [LANGUAGE_ENGLISH] = {"server", "connections", "share", "clients", "first", "last", "how they ended"},
        [LANGUAGE_CHINESE] = {"服务器", "连接数", "占比", "客户端数", "最早", "最晚", "结束方式"}};
    bool chinese = language == LANGUAGE_CHINESE;
    guint servers = endings->servers->len;
    if (servers == 0)
        return g_strdup(chinese ? "没有 TCP 连接\n" : "No TCP connection\n");

    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    g_ptr_array_add(rows, g_strdupv((char **)headings[language]));
    for (guint i = 0; i < servers && i < SERVERS_SHOWN; i++)
        add_server_rows(rows, g_ptr_array_index(endings->servers, i), engine, language);
    char *table = columns_table(rows);
    g_ptr_array_unref(rows);
    if (servers <= SERVERS_SHOWN)
        return table;
    char *text =
        g_strdup_printf(chinese ? "%s另有 %u 个服务器，连接更少\n" : "%sand %u more servers with fewer connections\n",
                        table, servers - SERVERS_SHOWN);
    g_free(table);
    return text;
}
