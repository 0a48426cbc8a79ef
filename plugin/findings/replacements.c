/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/replacements.h"

#include "memory/table.h"

/* A finding of the case `whole` stands instead of those of the case `part` about attempts of the same client that are of it: at the
 * ports that it names, or at the server that it names. */
static const struct replacement {
    const char *whole, *part;
} table[] = {
#define EXPLAINS(cause, effect, relation)
#define REPLACES(whole, part) {whole, part},
#include "findings/relations.def"
#undef REPLACES
#undef EXPLAINS
};

struct client_key {
    uint32_t network;
    struct ip_address client;
    uint8_t zero[3]; /* so that there are no holes */
};

/* What was found about a client. */
struct client {
    struct client_key key;
    GPtrArray *wholes, *parts; /* struct finding * */
};

struct replacements {
    struct store *store;
    struct table *clients; /* struct client */
    uint32_t taken;        /* number of the last finding that was */
};

static void
free_client(void *item)
{
    struct client *client = item;
    g_ptr_array_unref(client->wholes);
    g_ptr_array_unref(client->parts);
    g_free(client);
}

struct replacements *
replacements_new(struct store *store, const struct hash_seed *seed)
{
    struct replacements *replacements = g_new0(struct replacements, 1);
    replacements->store = store;
    replacements->clients = table_new(seed, sizeof(struct client_key), free_client);
    return replacements;
}

void
replacements_free(struct replacements *replacements)
{
    if (replacements == NULL)
        return;
    table_free(replacements->clients);
    g_free(replacements);
}

/* NULL if the finding is about no client. */
static struct client *
client_of(struct replacements *replacements, const struct finding *finding)
{
    const struct fact *fact = finding_fact(finding, FACT_client);
    struct client_key key;
    if (fact == NULL)
        return NULL;
    memset(&key, 0, sizeof key);
    key.network = finding->network;
    key.client = fact->endpoint.address;
    struct client *client = table_find(replacements->clients, &key);
    if (client == NULL) {
        client = g_new0(struct client, 1);
        client->key = key;
        client->wholes = g_ptr_array_new();
        client->parts = g_ptr_array_new();
        table_add(replacements->clients, client);
    }
    return client;
}

static bool
lists_port(const struct finding *finding, uint16_t port)
{
    for (size_t i = 0; i < FINDING_PORTS_MAX && finding->port[i] != 0; i++)
        if (finding->port[i] == port)
            return true;
    return false;
}

static bool
is_part_of(const struct finding *part, const struct finding *whole)
{
    const struct fact *server = finding_fact(part, FACT_server), *scanned = finding_fact(whole, FACT_server);
    if (server == NULL)
        return false;
    if (scanned != NULL && address_equal(&scanned->endpoint.address, &server->endpoint.address))
        return true;
    return lists_port(whole, server->endpoint.port);
}

static void
replace(struct replacements *replacements, struct finding *part, const struct finding *whole, uint32_t frame)
{
    if (part->withdrawn_frame == 0 && whole->withdrawn_frame == 0 && is_part_of(part, whole))
        store_withdraw(replacements->store, part, frame);
}

static void
take(struct replacements *replacements, struct finding *finding, uint32_t frame)
{
    bool whole = false, part = false;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        whole |= strcmp(table[i].whole, finding->info->id) == 0;
        part |= strcmp(table[i].part, finding->info->id) == 0;
    }
    struct client *client = whole || part ? client_of(replacements, finding) : NULL;
    if (client == NULL)
        return;
    g_ptr_array_add(whole ? client->wholes : client->parts, finding);
    for (guint i = 0; whole && i < client->parts->len; i++)
        replace(replacements, g_ptr_array_index(client->parts, i), finding, frame);
    for (guint i = 0; part && i < client->wholes->len; i++)
        replace(replacements, finding, g_ptr_array_index(client->wholes, i), frame);
}

void
replacements_settle(struct replacements *replacements, uint32_t frame)
{
    for (struct finding *finding; (finding = store_by_number(replacements->store, replacements->taken + 1)) != NULL;) {
        replacements->taken++;
        take(replacements, finding, frame);
    }
}
