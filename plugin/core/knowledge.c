/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/knowledge.h"

#include "core/hash.h"

/* More peers than this say nothing more about where home is. */
enum { PEERS_MAX = 4096 };

struct server_key {
    struct endpoint endpoint;
};

struct server_entry {
    struct server_key key; /* first: the entry is found by it */
    struct bracket bracket;
    bool tls;
};

struct knowledge {
    const struct settings *settings;
    GHashTable *servers;   /* struct server_key in the entry -> struct server_entry */
    GHashTable *peers;     /* struct server_key with port 0, a set */
    GHashTable *votes;     /* country code -> number of peers */
    unsigned vote_count;
    char *home_text;       /* the countries that the user set, or the derived one */
};

HASH_KEY_FUNCTIONS(server_key)

struct knowledge *
knowledge_new(const struct settings *settings)
{
    struct knowledge *knowledge = g_new0(struct knowledge, 1);
    knowledge->settings = settings;
    knowledge->servers = g_hash_table_new_full(server_key_hash, server_key_equal, g_free, NULL);
    knowledge->peers = g_hash_table_new_full(server_key_hash, server_key_equal, g_free, NULL);
    knowledge->votes = g_hash_table_new(g_str_hash, g_str_equal);
    return knowledge;
}

void
knowledge_free(struct knowledge *knowledge)
{
    if (knowledge == NULL)
        return;
    g_hash_table_destroy(knowledge->servers);
    g_hash_table_destroy(knowledge->peers);
    g_hash_table_destroy(knowledge->votes);
    g_free(knowledge->home_text);
    g_free(knowledge);
}

static void
key_make(struct server_key *key, const struct ip_address *address, uint16_t port)
{
    memset(key, 0, sizeof *key);
    key->endpoint.address = *address;
    key->endpoint.port = port;
}

static struct server_entry *
server_get(struct knowledge *knowledge, const struct endpoint *server)
{
    struct server_key key;
    key_make(&key, &server->address, server->port);
    struct server_entry *entry = g_hash_table_lookup(knowledge->servers, &key);
    if (entry == NULL) {
        entry = g_new0(struct server_entry, 1);
        entry->key = key;
        g_hash_table_add(knowledge->servers, entry);
    }
    return entry;
}

struct bracket *
knowledge_bracket(struct knowledge *knowledge, const struct endpoint *server)
{
    return &server_get(knowledge, server)->bracket;
}

void
knowledge_add_tls_server(struct knowledge *knowledge, const struct endpoint *server)
{
    server_get(knowledge, server)->tls = true;
}

bool
knowledge_has_tls_server(const struct knowledge *knowledge, const struct endpoint *server)
{
    struct server_key key;
    key_make(&key, &server->address, server->port);
    const struct server_entry *entry = g_hash_table_lookup(knowledge->servers, &key);
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

void
knowledge_add_peer(struct knowledge *knowledge, const struct ip_address *address)
{
    struct server_key key;
    key_make(&key, address, 0);
    if (g_hash_table_size(knowledge->peers) >= PEERS_MAX || g_hash_table_contains(knowledge->peers, &key))
        return;
    const char *country = knowledge_country(knowledge, address);
    if (country == NULL)
        return;
    g_hash_table_add(knowledge->peers, g_memdup2(&key, sizeof key));
    guint votes = GPOINTER_TO_UINT(g_hash_table_lookup(knowledge->votes, country));
    g_hash_table_insert(knowledge->votes, (void *)country, GUINT_TO_POINTER(votes + 1));
    knowledge->vote_count++;
}

/* Home is where more than half of the peers are that answered: one CDN node abroad does not move it,
 * and an even split says nothing. */
static const char *
derived_home(const struct knowledge *knowledge)
{
    GHashTableIter iterator;
    void *country, *votes;
    g_hash_table_iter_init(&iterator, knowledge->votes);
    while (g_hash_table_iter_next(&iterator, &country, &votes))
        if (2 * GPOINTER_TO_UINT(votes) > knowledge->vote_count)
            return country;
    return NULL;
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
    *countries = derived_home(knowledge);
    return *countries != NULL ? HOME_DERIVED : HOME_UNKNOWN;
}

bool
knowledge_is_home(struct knowledge *knowledge, const char *country)
{
    if (home_is_set(knowledge))
        return g_strv_contains((const char *const *)knowledge->settings->home_countries, country);
    const char *home = derived_home(knowledge);
    return home != NULL && strcmp(home, country) == 0;
}
