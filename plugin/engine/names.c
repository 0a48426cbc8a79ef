/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/names.h"

#include "memory/table.h"
#include "wire/dns_message.h"

enum { NAMES_MAX = 65536, CHAIN_LINKS_MAX = 16 };

/* Without holes, so that all of it counts. */
struct name_key {
    struct ip_address address;
    uint8_t padding[3];
    uint32_t network; /* 0 for a public address, which is the same host everywhere */
};

struct name_entry {
    struct name_key key; /* first: the entry is found by it */
    struct learned_name name;
};

struct names {
    struct table *by_address; /* struct name_entry */
};

struct names *
names_new(const struct hash_seed *seed)
{
    struct names *names = g_new0(struct names, 1);
    names->by_address = table_new(seed, sizeof(struct name_key), g_free);
    return names;
}

void
names_free(struct names *names)
{
    if (names == NULL)
        return;
    table_free(names->by_address);
    g_free(names);
}

static const struct dns_answer *
find_cname(const struct dns_message *message, const char *name)
{
    for (unsigned i = 0; i < message->answer_count; i++)
        if (message->answer[i].type == DNS_TYPE_CNAME && strcmp(message->answer[i].name, name) == 0)
            return &message->answer[i];
    return NULL;
}

/* Walk from the name that was asked for to the owner of the address, noting each link. False if the
 * answer does not lead there. */
static bool
follow_chain(const struct dns_message *message, const struct dns_answer *last, struct learned_name *learned)
{
    const char *name = message->query_name;
    GString *chain = g_string_new(name);
    bool leads = strcmp(name, last->name) == 0;

    for (unsigned link = 0; !leads && link < CHAIN_LINKS_MAX; link++) {
        const struct dns_answer *cname = find_cname(message, name);
        if (cname == NULL)
            break;
        name = cname->target;
        g_string_append(chain, " -> ");
        g_string_append(chain, name);
        learned->by_cname = true;
        leads = strcmp(name, last->name) == 0;
    }
    g_strlcpy(learned->chain, chain->str, sizeof learned->chain);
    g_string_free(chain, TRUE);
    learned->cross_domain =
        learned->by_cname && strcmp(dns_registered_domain(message->query_name), dns_registered_domain(name)) != 0;
    return leads;
}

static struct name_key
key_of(uint32_t network, const struct ip_address *address)
{
    return (struct name_key){.address = *address, .network = address_is_public(address) ? 0 : network};
}

static void
learn_address(struct names *names, uint32_t network, const struct packet *packet, const struct dns_answer *answer)
{
    struct name_key key = key_of(network, &answer->address);
    struct name_entry *entry = table_find(names->by_address, &key);
    struct learned_name learned = {.frame = packet->frame, .time = packet->time, .resolver = packet->source};

    if (!follow_chain(packet->dns, answer, &learned))
        return;
    g_strlcpy(learned.name, packet->dns->query_name, sizeof learned.name);
    if (entry == NULL) {
        if (table_size(names->by_address) >= NAMES_MAX)
            return;
        entry = g_new0(struct name_entry, 1);
        entry->key = key;
        table_add(names->by_address, entry);
    }
    entry->name = learned;
}

void
names_learn(struct names *names, uint32_t network, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;
    if (!message->response || message->rcode != 0)
        return;
    for (unsigned i = 0; i < message->answer_count; i++)
        if (message->answer[i].address.family != 0)
            learn_address(names, network, packet, &message->answer[i]);
}

const struct learned_name *
names_find(const struct names *names, uint32_t network, const struct ip_address *address)
{
    struct name_key key = key_of(network, address);
    const struct name_entry *entry = table_find(names->by_address, &key);
    return entry != NULL ? &entry->name : NULL;
}
