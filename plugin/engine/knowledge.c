/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/knowledge.h"

#include "memory/table.h"

/* More peers than this say nothing more about where home is. */
enum { PEERS_MAX = 4096 };

/* So many peers in one country, and none elsewhere, are no chance. */
enum { PEERS_THAT_AGREE = 3 };

struct server_entry {
    struct known_server key; /* first: the entry is found by it */
    struct bracket bracket;
    bool tls;
};

/* How many addresses speak for each country. */
struct votes {
    GHashTable *by_country; /* code -> number */
    unsigned total;
};

struct knowledge {
    const struct settings *settings;
    struct table *servers; /* struct server_entry */
    struct table *peers;   /* struct known_server with port 0, or 53 for a resolver */
    struct votes peer_votes, resolver_votes;
    char *home_text; /* the countries that the user set, or the derived one */
};

struct knowledge *
knowledge_new(const struct settings *settings)
{
    struct knowledge *knowledge = g_new0(struct knowledge, 1);
    knowledge->settings = settings;
    knowledge->servers = table_new(&settings->hash_seed, sizeof(struct known_server), g_free);
    knowledge->peers = table_new(&settings->hash_seed, sizeof(struct known_server), g_free);
    knowledge->peer_votes.by_country = g_hash_table_new(g_str_hash, g_str_equal);
    knowledge->resolver_votes.by_country = g_hash_table_new(g_str_hash, g_str_equal);
    return knowledge;
}

void
knowledge_free(struct knowledge *knowledge)
{
    if (knowledge == NULL)
        return;
    table_free(knowledge->servers);
    table_free(knowledge->peers);
    g_hash_table_destroy(knowledge->peer_votes.by_country);
    g_hash_table_destroy(knowledge->resolver_votes.by_country);
    g_free(knowledge->home_text);
    g_free(knowledge);
}

static void
key_make(struct known_server *key, uint32_t network, const struct ip_address *address, uint16_t port)
{
    memset(key, 0, sizeof *key);
    key->network = network;
    key->endpoint.address = *address;
    key->endpoint.port = port;
}

static struct server_entry *
server_get(struct knowledge *knowledge, uint32_t network, const struct endpoint *server)
{
    struct known_server key;
    key_make(&key, network, &server->address, server->port);
    struct server_entry *entry = table_find(knowledge->servers, &key);
    if (entry == NULL) {
        entry = g_new0(struct server_entry, 1);
        entry->key = key;
        table_add(knowledge->servers, entry);
    }
    return entry;
}

struct bracket *
knowledge_bracket(struct knowledge *knowledge, uint32_t network, const struct endpoint *server)
{
    return &server_get(knowledge, network, server)->bracket;
}

static gint
by_server(gconstpointer a, gconstpointer b)
{
    const struct known_server *one = &(*(struct server_entry *const *)a)->key;
    const struct known_server *other = &(*(struct server_entry *const *)b)->key;
    if (one->network != other->network)
        return one->network < other->network ? -1 : 1;
    int order = memcmp(&one->endpoint.address, &other->endpoint.address, sizeof one->endpoint.address);
    return order != 0 ? order : (int)one->endpoint.port - (int)other->endpoint.port;
}

void
knowledge_each_bracket(struct knowledge *knowledge,
                       void (*visit)(const struct known_server *server, const struct bracket *bracket, void *data),
                       void *data)
{
    GPtrArray *entries = table_entries(knowledge->servers);

    g_ptr_array_sort(entries, by_server);
    for (guint i = 0; i < entries->len; i++) {
        const struct server_entry *server = g_ptr_array_index(entries, i);
        if (server->bracket.longest_survived > 0 || server->bracket.shortest_died > 0)
            visit(&server->key, &server->bracket, data);
    }
    g_ptr_array_unref(entries);
}

void
knowledge_add_tls_server(struct knowledge *knowledge, uint32_t network, const struct endpoint *server)
{
    server_get(knowledge, network, server)->tls = true;
}

bool
knowledge_has_tls_server(const struct knowledge *knowledge, uint32_t network, const struct endpoint *server)
{
    struct known_server key;
    key_make(&key, network, &server->address, server->port);
    const struct server_entry *entry = table_find(knowledge->servers, &key);
    return entry != NULL && entry->tls;
}

const char *
knowledge_country(struct knowledge *knowledge, const struct ip_address *address)
{
    char code[3];
    if (!address_is_public(address) || !country_lookup(knowledge->settings->countries, address, code))
        return NULL;
    return g_intern_string(code);
}

/* Public resolvers that answer from anycast addresses all over the world: they say nothing about where
 * the client is. */
static bool
is_anycast_resolver(const struct ip_address *address)
{
    static const uint8_t known[][4] = {{8, 8, 8, 8}, {8, 8, 4, 4},         {1, 1, 1, 1},        {1, 0, 0, 1},
                                       {9, 9, 9, 9}, {149, 112, 112, 112}, {208, 67, 222, 222}, {208, 67, 220, 220}};
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (address->family == 4 && memcmp(address->bytes, known[i], 4) == 0)
            return true;
    return false;
}

void
knowledge_add_peer(struct knowledge *knowledge, const struct ip_address *address, bool resolver)
{
    enum { PORT_DNS = 53 };
    struct known_server key;
    key_make(&key, 0, address, resolver ? PORT_DNS : 0);
    if (table_size(knowledge->peers) >= PEERS_MAX || table_find(knowledge->peers, &key) != NULL)
        return;
    const char *country = is_anycast_resolver(address) ? NULL : knowledge_country(knowledge, address);
    if (country == NULL)
        return;
    table_add(knowledge->peers, g_memdup2(&key, sizeof key));
    struct votes *votes = resolver ? &knowledge->resolver_votes : &knowledge->peer_votes;
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(votes->by_country, country));
    g_hash_table_insert(votes->by_country, (void *)country, GUINT_TO_POINTER(number + 1));
    votes->total++;
}

/* The country of more than half of them: one node abroad does not move it, an even split says nothing. */
static const char *
majority(const struct votes *votes)
{
    GHashTableIter iterator;
    void *country, *number;
    g_hash_table_iter_init(&iterator, votes->by_country);
    while (g_hash_table_iter_next(&iterator, &country, &number))
        if (2 * GPOINTER_TO_UINT(number) > votes->total)
            return country;
    return NULL;
}

static guint
votes_for(const struct votes *votes, const char *country)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(votes->by_country, country));
}

/* Resolvers first: whoever asks them is near them. Without them, several peers. Either is firm only if no
 * peer is elsewhere: for a client that uses services abroad, a name that leads abroad is nothing special. */
static const char *
derived_home(const struct knowledge *knowledge, enum home *how)
{
    const char *country = majority(&knowledge->resolver_votes);
    bool by_resolver = country != NULL;
    if (!by_resolver)
        country = majority(&knowledge->peer_votes);
    if (country == NULL) {
        *how = HOME_UNKNOWN;
        return NULL;
    }
    guint peers = votes_for(&knowledge->peer_votes, country);
    bool firm = peers == knowledge->peer_votes.total && (by_resolver || peers >= PEERS_THAT_AGREE);
    *how = firm ? HOME_DERIVED : HOME_GUESSED;
    return country;
}

static bool
home_is_set(const struct knowledge *knowledge)
{
    return knowledge->settings->home_countries != NULL && knowledge->settings->home_countries[0] != NULL;
}

enum home
knowledge_home(struct knowledge *knowledge, const char **countries)
{
    if (home_is_set(knowledge)) {
        if (knowledge->home_text == NULL)
            knowledge->home_text = g_strjoinv(" ", knowledge->settings->home_countries);
        *countries = knowledge->home_text;
        return HOME_SET;
    }
    enum home how;
    *countries = derived_home(knowledge, &how);
    return how;
}

bool
knowledge_is_home(struct knowledge *knowledge, const char *country)
{
    if (home_is_set(knowledge))
        return g_strv_contains((const char *const *)knowledge->settings->home_countries, country);
    enum home how;
    const char *home = derived_home(knowledge, &how);
    return home != NULL && strcmp(home, country) == 0;
}
