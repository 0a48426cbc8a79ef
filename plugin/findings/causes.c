/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/causes.h"

#include <string.h>

#include "memory/table.h"

/* What went on within this time of a failure, in seconds by the clock, may be its cause. */
enum { SAME_SECONDS = 60 };

/* In place of a network: the address in all of them. */
static const uint32_t every_network = UINT32_MAX;

/* Findings of a case are looked up by what the relation asks for, so that a cause is found without a look at all of them. */
struct cause_key {
    uint64_t number; /* flow, digest of a name, or how many stretches of time came before */
    uint32_t network;
    uint32_t info; /* number of the case */
    uint16_t port;
    uint8_t relation;
    uint8_t level; /* a stretch of time has 2^level seconds */
    struct ip_address address;
    uint8_t zero[3]; /* so that there are no holes */
};

/* Two are enough: the finding that is to be explained may be the one, and then the other is its cause. */
struct cause_entry {
    struct cause_key key;
    const struct finding *first, *second; /* the earliest reports; for BEHIND second has another server than first */
};

struct case_causes {
    uint32_t number;            /* of the case, in keys */
    guint taken[RELATIONS_END]; /* so many of its findings are in the table, by relation */
};

struct causes {
    struct store *store;
    const struct hash_seed *seed;
    struct table *entries; /* struct cause_entry */
    GHashTable *by_case;   /* id -> struct case_causes * */
    GHashTable *by_effect; /* id -> GPtrArray of const struct explanation *: those of this effect */
    unsigned level_count;  /* levels of time that are in use */
    guint withdrawn;       /* findings of the store that were withdrawn when the table was begun */
};

static void
free_list(void *list)
{
    g_ptr_array_unref(list);
}

static GHashTable *
index_effects(const struct relations *relations)
{
    GHashTable *by_effect = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_list);
    for (size_t i = 0; i < relations->count; i++) {
        const struct explanation *explanation = &relations->explanation[i];
        GPtrArray *list = g_hash_table_lookup(by_effect, explanation->effect);
        if (list == NULL) {
            list = g_ptr_array_new();
            g_hash_table_insert(by_effect, (void *)explanation->effect, list);
        }
        g_ptr_array_add(list, (void *)explanation);
    }
    return by_effect;
}

struct causes *
causes_new(struct store *store, const struct relations *relations, const struct hash_seed *seed)
{
    struct causes *causes = g_new0(struct causes, 1);
    causes->store = store;
    causes->seed = seed;
    causes->entries = table_new(seed, sizeof(struct cause_key), g_free);
    causes->by_case = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    causes->by_effect = index_effects(relations);
    return causes;
}

void
causes_free(struct causes *causes)
{
    if (causes == NULL)
        return;
    table_free(causes->entries);
    g_hash_table_destroy(causes->by_case);
    g_hash_table_destroy(causes->by_effect);
    g_free(causes);
}

void
causes_forget_withdrawn(struct causes *causes)
{
    if (causes->withdrawn == store_withdrawn(causes->store))
        return;
    causes->withdrawn = store_withdrawn(causes->store);
    table_free(causes->entries);
    causes->entries = table_new(causes->seed, sizeof(struct cause_key), g_free);
    g_hash_table_remove_all(causes->by_case);
    causes->level_count = 0;
}

/* -- What two findings share ------------------------------------------------------------------ */

static const struct endpoint *
endpoint_of(const struct finding *finding, enum fact_name name)
{
    const struct fact *fact = finding_fact(finding, name);
    return fact != NULL && fact->endpoint.address.family != 0 ? &fact->endpoint : NULL;
}

/* A private address in another VNI is another host. Outside and inside of encapsulations it may be one: some of what a
 * container sends is encapsulated. */
static bool
are_one_host(const struct finding *a, const struct ip_address *one, const struct finding *b,
             const struct ip_address *other)
{
    return address_equal(one, other) &&
           (a->network == b->network || a->network == 0 || b->network == 0 || address_is_public(one));
}

static bool
share_address(const struct finding *a, enum fact_name of_a, const struct finding *b, enum fact_name of_b)
{
    const struct endpoint *one = endpoint_of(a, of_a), *other = endpoint_of(b, of_b);
    return one != NULL && other != NULL && are_one_host(a, &one->address, b, &other->address);
}

static bool
share_server(const struct finding *a, const struct finding *b)
{
    const struct endpoint *one = endpoint_of(a, FACT_server), *other = endpoint_of(b, FACT_server);
    return one != NULL && other != NULL && one->port == other->port &&
           are_one_host(a, &one->address, b, &other->address);
}

static bool
share_name(const struct finding *a, const struct finding *b)
{
    const struct fact *one = finding_fact(a, FACT_name), *other = finding_fact(b, FACT_name);
    return one != NULL && other != NULL && strcmp(one->text, other->text) == 0;
}

/* Seconds from the earliest time that there is: never negative. */
static uint64_t
second_of(int64_t time)
{
    int64_t second = time / NANOSECONDS_PER_SECOND - (time % NANOSECONDS_PER_SECOND < 0);
    return (uint64_t)(second - INT64_MIN / NANOSECONDS_PER_SECOND) + SAME_SECONDS + 1;
}

/* The seconds from `first` until before `end` in which the finding went on, and those near enough. */
static void
near_seconds(const struct finding *cause, uint64_t *first, uint64_t *end)
{
    bool series = cause->series.events > 0;
    *first = second_of(series ? cause->series.first_time : cause->time) - SAME_SECONDS;
    *end = second_of(series ? cause->series.last_time : cause->time) + SAME_SECONDS + 1;
}

static bool
share_time(const struct finding *cause, const struct finding *effect)
{
    uint64_t first, end, second = second_of(effect->time);
    near_seconds(cause, &first, &end);
    return first <= second && second < end;
}

static bool
are_related(enum relation relation, const struct finding *cause, const struct finding *effect)
{
    switch (relation) {
    case SAME_FLOW:
        return cause->flow != 0 && cause->flow == effect->flow;
    case SAME_CLIENT:
        return share_address(cause, FACT_client, effect, FACT_client);
    case SAME_SERVER:
        return share_server(cause, effect);
    case SAME_SERVER_ADDRESS:
        return share_address(cause, FACT_server, effect, FACT_server);
    case SAME_ADDRESS:
        return share_address(cause, FACT_client, effect, FACT_client) ||
               share_address(cause, FACT_client, effect, FACT_server) ||
               share_address(cause, FACT_server, effect, FACT_client) ||
               share_address(cause, FACT_server, effect, FACT_server);
    case SAME_NAME:
        return share_name(cause, effect);
    case ANSWERED_WITH:
        return share_address(cause, FACT_first_answer, effect, FACT_server);
    case BEHIND: /* on a loopback client and server have one address */
        return share_address(cause, FACT_client, effect, FACT_server) && !share_server(cause, effect);
    case SAME_TIME:
        return share_time(cause, effect);
    case RELATIONS_END:
        break;
    }
    return false;
}

/* -- Keys ------------------------------------------------------------------------------------- */

/* Whose address is in the key of a relation, and whether the port is there too. */
static const struct {
    enum fact_name of_cause[2], of_effect[2];
    size_t count;
    bool with_port;
} keyed_by[RELATIONS_END] = {
    [SAME_CLIENT] = {{FACT_client}, {FACT_client}, 1, false},
    [SAME_SERVER] = {{FACT_server}, {FACT_server}, 1, true},
    [SAME_SERVER_ADDRESS] = {{FACT_server}, {FACT_server}, 1, false},
    [SAME_ADDRESS] = {{FACT_client, FACT_server}, {FACT_client, FACT_server}, 2, false},
    [ANSWERED_WITH] = {{FACT_first_answer}, {FACT_server}, 1, false},
    [BEHIND] = {{FACT_client}, {FACT_server}, 1, false},
    [SAME_TIME] = {{FACT_client}, {FACT_client}, 1, false},
};

static struct cause_key
key_of(const struct case_causes *of_case, enum relation relation)
{
    struct cause_key key;
    memset(&key, 0, sizeof key);
    key.info = of_case->number;
    key.relation = (uint8_t)relation;
    return key;
}

static void
set_endpoint(struct cause_key *key, const struct endpoint *endpoint)
{
    key->address = endpoint->address;
    key->port = keyed_by[key->relation].with_port ? endpoint->port : 0;
}

/* Of a relation that is not about addresses; false if the finding has nothing to be looked up by. */
static bool
set_number(const struct causes *causes, struct cause_key *key, const struct finding *finding)
{
    const struct fact *name = finding_fact(finding, FACT_name);
    if (key->relation == SAME_FLOW)
        key->number = finding->flow;
    else if (name != NULL)
        key->number = hash_bytes(causes->seed, 0, name->text, strlen(name->text));
    return key->relation == SAME_FLOW ? finding->flow != 0 : name != NULL;
}

/* -- Taking findings into the table ----------------------------------------------------------- */

/* Of causes with one client in common: those that share_server() with some effect behind it have one endpoint. */
static bool
name_one_server(const struct finding *a, const struct finding *b)
{
    const struct endpoint *one = endpoint_of(a, FACT_server), *other = endpoint_of(b, FACT_server);
    return one == NULL || other == NULL ? one == other : endpoint_equal(one, other);
}

/* Whether the cause has to be kept behind one that was reported earlier. */
static bool
is_second(const struct cause_entry *entry, const struct finding *cause)
{
    if (entry->key.relation == BEHIND)
        return entry->second == NULL && !name_one_server(entry->first, cause);
    return cause != entry->first && (entry->second == NULL || cause->number < entry->second->number);
}

static void
note(struct cause_entry *entry, const struct finding *cause)
{
    if (entry->first == NULL || cause->number < entry->first->number) {
        entry->second = entry->first;
        entry->first = cause;
    } else if (is_second(entry, cause)) {
        entry->second = cause;
    }
}

static void
put(struct causes *causes, const struct cause_key *key, const struct finding *cause)
{
    struct cause_entry *entry = table_find(causes->entries, key);
    if (entry == NULL) {
        entry = g_new0(struct cause_entry, 1);
        entry->key = *key;
        table_add(causes->entries, entry);
    }
    note(entry, cause);
}

/* In the stretches of time that together are the seconds of the cause, the longest that fit: few, however long it went on. */
static void
put_in_time(struct causes *causes, struct cause_key key, const struct finding *cause)
{
    uint64_t first, end;
    near_seconds(cause, &first, &end);
    for (; first < end; first /= 2, end /= 2, key.level++) {
        if (first % 2 == 1) {
            key.number = first++;
            put(causes, &key, cause);
        }
        if (end % 2 == 1) {
            key.number = --end;
            put(causes, &key, cause);
        }
        causes->level_count = MAX(causes->level_count, key.level + 1u);
    }
}

static void
put_address(struct causes *causes, struct cause_key key, const struct finding *cause)
{
    const uint32_t networks[] = {cause->network, every_network};
    for (size_t i = 0; i < G_N_ELEMENTS(networks); i++) {
        key.network = networks[i];
        if (key.relation == SAME_TIME)
            put_in_time(causes, key, cause);
        else
            put(causes, &key, cause);
    }
}

static void
take(struct causes *causes, const struct case_causes *of_case, enum relation relation, const struct finding *cause)
{
    if (cause->withdrawn_frame != 0)
        return;
    struct cause_key key = key_of(of_case, relation);
    if (relation == SAME_TIME)
        put_in_time(causes, key, cause);
    if (keyed_by[relation].count == 0 && set_number(causes, &key, cause))
        put(causes, &key, cause);
    for (size_t i = 0; i < keyed_by[relation].count; i++) {
        const struct endpoint *endpoint = endpoint_of(cause, keyed_by[relation].of_cause[i]);
        if (endpoint == NULL)
            continue;
        set_endpoint(&key, endpoint);
        put_address(causes, key, cause);
    }
}

/* Those that went on since they were taken. */
static void
take_grown(struct causes *causes)
{
    const GPtrArray *grown = store_grown(causes->store);
    for (guint i = 0; i < grown->len; i++) {
        const struct finding *cause = g_ptr_array_index(grown, i);
        const struct case_causes *of_case = g_hash_table_lookup(causes->by_case, cause->info->id);
        if (of_case != NULL && of_case->taken[SAME_TIME] > 0)
            take(causes, of_case, SAME_TIME, cause);
    }
    store_forget_grown(causes->store);
}

/* The case with its findings so far in the table, NULL if there is none. */
static const struct case_causes *
case_with_causes(struct causes *causes, const struct explanation *explanation)
{
    const GPtrArray *findings = store_by_case(causes->store, explanation->cause);
    if (findings == NULL)
        return NULL;
    struct case_causes *of_case = g_hash_table_lookup(causes->by_case, explanation->cause);
    if (of_case == NULL) {
        of_case = g_new0(struct case_causes, 1);
        of_case->number = g_hash_table_size(causes->by_case);
        g_hash_table_insert(causes->by_case, (void *)explanation->cause, of_case);
    }
    for (guint *taken = &of_case->taken[explanation->relation]; *taken < findings->len; ++*taken)
        take(causes, of_case, explanation->relation, g_ptr_array_index(findings, *taken));
    return of_case;
}

/* -- Looking up ------------------------------------------------------------------------------- */

static const struct finding *
earlier(const struct finding *one, const struct finding *other)
{
    return one == NULL || (other != NULL && other->number < one->number) ? other : one;
}

static const struct finding *
find(const struct causes *causes, const struct cause_key *key, const struct finding *effect)
{
    const struct cause_entry *entry = table_find(causes->entries, key);
    if (entry == NULL)
        return NULL;
    if (entry->first != effect && entry->first->withdrawn_frame == 0 &&
        are_related(key->relation, entry->first, effect))
        return entry->first;
    if (entry->second != NULL && entry->second != effect && entry->second->withdrawn_frame == 0 &&
        are_related(key->relation, entry->second, effect))
        return entry->second;
    return NULL;
}

static const struct finding *
find_in_time(const struct causes *causes, struct cause_key key, const struct finding *effect)
{
    const struct finding *cause = NULL;
    for (key.number = second_of(effect->time); key.level < causes->level_count; key.level++, key.number /= 2)
        cause = earlier(cause, find(causes, &key, effect));
    return cause;
}

/* An address that are_one_host() takes for the same: in this network and outside, or anywhere. */
static const struct finding *
find_address(const struct causes *causes, struct cause_key key, const struct finding *effect)
{
    bool anywhere = effect->network == 0 || address_is_public(&key.address);
    const uint32_t networks[] = {anywhere ? every_network : effect->network, 0};
    const struct finding *cause = NULL;
    for (size_t i = 0; i < (anywhere ? 1 : G_N_ELEMENTS(networks)); i++) {
        key.network = networks[i];
        cause =
            earlier(cause, key.relation == SAME_TIME ? find_in_time(causes, key, effect) : find(causes, &key, effect));
    }
    return cause;
}

/* The first finding of the case that shares what the relation says; of SAME_TIME one that shares the client as well. */
static const struct finding *
first_near(const struct causes *causes, const struct case_causes *of_case, enum relation relation,
           const struct finding *effect)
{
    struct cause_key key = key_of(of_case, relation);
    if (keyed_by[relation].count == 0)
        return set_number(causes, &key, effect) ? find(causes, &key, effect) : NULL;
    const struct finding *cause = NULL;
    for (size_t i = 0; i < keyed_by[relation].count; i++) {
        const struct endpoint *endpoint = endpoint_of(effect, keyed_by[relation].of_effect[i]);
        if (endpoint == NULL)
            continue;
        set_endpoint(&key, endpoint);
        cause = earlier(cause, find_address(causes, key, effect));
    }
    return cause;
}

/* The first finding of the case that shares the time, if the relation is that. */
static const struct finding *
first_at_the_time(const struct causes *causes, const struct case_causes *of_case, enum relation relation,
                  const struct finding *effect)
{
    return relation == SAME_TIME ? find_in_time(causes, key_of(of_case, relation), effect) : NULL;
}

/* Into the causes in the order of their reports; of too many the first ones stay. Returns how many there are now. */
static size_t
insert(const struct finding *found[CAUSES_MAX], size_t count, const struct finding *cause)
{
    size_t place = count;
    for (; place > 0 && found[place - 1]->number > cause->number; place--)
        if (place < CAUSES_MAX)
            found[place] = found[place - 1];
    if (place < CAUSES_MAX)
        found[place] = cause;
    return MIN(count + 1, CAUSES_MAX);
}

static size_t
find_causes(struct causes *causes, const struct finding *finding, bool by_time_alone,
            const struct finding *found[CAUSES_MAX])
{
    const GPtrArray *explanations = g_hash_table_lookup(causes->by_effect, finding->info->id);
    size_t count = 0;

    for (guint i = 0; explanations != NULL && i < explanations->len; i++) {
        const struct explanation *explanation = g_ptr_array_index(explanations, i);
        const struct case_causes *of_case = case_with_causes(causes, explanation);
        if (of_case == NULL)
            continue;
        enum relation relation = explanation->relation;
        const struct finding *cause = by_time_alone ? first_at_the_time(causes, of_case, relation, finding)
                                                    : first_near(causes, of_case, relation, finding);
        if (cause != NULL)
            count = insert(found, count, cause);
    }
    return count;
}

size_t
causes_of(struct causes *causes, const struct finding *finding, const struct finding *found[CAUSES_MAX])
{
    take_grown(causes);
    size_t count = find_causes(causes, finding, false, found);
    /* Where nothing that shares more explains it, none that shares the time shares the client too. */
    return count > 0 ? count : find_causes(causes, finding, true, found);
}

/* -- Order ------------------------------------------------------------------------------------ */

struct ordered {
    struct finding *finding;
    struct ordered *cause; /* the first that explains it, NULL if there is none */
    enum severity weight;  /* the highest among it and what comes from it */
};

static bool
explains(const struct causes *causes, const struct finding *cause, const struct finding *effect)
{
    const GPtrArray *explanations = g_hash_table_lookup(causes->by_effect, effect->info->id);
    for (guint i = 0; explanations != NULL && i < explanations->len; i++) {
        const struct explanation *explanation = g_ptr_array_index(explanations, i);
        if (strcmp(explanation->cause, cause->info->id) == 0 && are_related(explanation->relation, cause, effect))
            return true;
    }
    return false;
}

/* Cases may explain each other. */
static bool
comes_from(const struct ordered *effect, const struct ordered *cause)
{
    for (; effect != NULL; effect = effect->cause)
        if (effect == cause)
            return true;
    return false;
}

static void
link_cause(const struct causes *causes, struct ordered *all, guint count, struct ordered *effect)
{
    for (struct ordered *cause = all; effect->cause == NULL && cause < all + count; cause++)
        if (cause != effect && explains(causes, cause->finding, effect->finding) && !comes_from(cause, effect))
            effect->cause = cause;
}

static gint
by_weight(gconstpointer a, gconstpointer b)
{
    const struct ordered *one = *(struct ordered *const *)a, *other = *(struct ordered *const *)b;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    if (one->finding->severity != other->finding->severity)
        return one->finding->severity > other->finding->severity ? -1 : 1;
    if (one->finding->confidence != other->finding->confidence)
        return one->finding->confidence > other->finding->confidence ? -1 : 1;
    return one->finding->number < other->finding->number ? -1 : 1;
}

static void
place_those_from(GPtrArray *placed, const GPtrArray *sorted, const struct ordered *cause)
{
    for (guint i = 0; i < sorted->len; i++) {
        const struct ordered *one = g_ptr_array_index(sorted, i);
        if (one->cause != cause)
            continue;
        g_ptr_array_add(placed, one->finding);
        place_those_from(placed, sorted, one);
    }
}

GPtrArray *
causes_in_order(const struct causes *causes, const GPtrArray *findings)
{
    GPtrArray *placed = g_ptr_array_new(), *sorted = g_ptr_array_new();
    guint count = MIN(findings->len, ORDERED_MAX);
    struct ordered all[ORDERED_MAX];
    for (guint i = 0; i < count; i++) {
        struct finding *finding = g_ptr_array_index(findings, i);
        all[i] = (struct ordered){finding, NULL, finding->severity};
        g_ptr_array_add(sorted, &all[i]);
    }
    for (guint i = 0; i < count; i++)
        link_cause(causes, all, count, &all[i]);
    for (guint i = 0; i < count; i++)
        for (struct ordered *cause = all[i].cause; cause != NULL; cause = cause->cause)
            cause->weight = MAX(cause->weight, all[i].finding->severity);
    g_ptr_array_sort(sorted, by_weight);
    place_those_from(placed, sorted, NULL);
    g_ptr_array_unref(sorted);
    for (guint i = count; i < findings->len; i++)
        g_ptr_array_add(placed, g_ptr_array_index(findings, i));
    return placed;
}
