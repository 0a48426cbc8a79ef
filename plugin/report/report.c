/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "engine/catalogue.h"
#include "engine/context.h"
#include "engine/vantage.h"
#include "memory/table.h"

static void
group_free(void *item)
{
    struct report_group *group = item;
    g_ptr_array_unref(group->findings);
    g_ptr_array_unref(group->effects);
    g_free(group);
}

/* What the findings of a group have in common. */
struct group_key {
    const struct case_info *info;
    int64_t number; /* of the culprit: see struct fact */
    uint32_t network;
    uint32_t fact; /* that names the culprit; FACT_COUNT for none */
    uint16_t port;
    struct ip_address address;
    uint8_t zero[5]; /* so that there are no holes */
};

struct group_entry {
    struct group_key key;
    struct report_group *group; /* the report's */
};

static struct group_key
key_of(const struct finding *finding)
{
    const struct fact *culprit = finding_culprit(finding);
    struct group_key key;
    memset(&key, 0, sizeof key);
    key.info = finding->info;
    key.network = finding->network;
    key.fact = culprit != NULL ? culprit->name : FACT_COUNT;
    if (culprit != NULL) {
        key.number = culprit->number;
        key.address = culprit->endpoint.address;
        key.port = culprit->endpoint.port;
    }
    return key;
}

static struct report_group *
group_of(struct report *report, struct table *groups, const struct finding *finding)
{
    struct group_key key = key_of(finding);
    const struct group_entry *known = table_find(groups, &key);
    if (known != NULL)
        return known->group;
    struct report_group *group = g_new0(struct report_group, 1);
    group->findings = g_ptr_array_new();
    group->effects = g_ptr_array_new();
    group->explained = true;
    g_ptr_array_add(report->groups, group);
    struct group_entry *entry = g_new(struct group_entry, 1);
    *entry = (struct group_entry){key, group};
    table_add(groups, entry);
    return group;
}

static void
note_effect(struct report *report, const struct finding *cause, const struct finding *effect)
{
    GPtrArray *effects = g_hash_table_lookup(report->effects, cause);
    if (effects == NULL) {
        effects = g_ptr_array_new();
        g_hash_table_insert(report->effects, (void *)cause, effects);
    }
    if (effects->len < CAUSES_MAX)
        g_ptr_array_add(effects, (void *)effect);
}

static bool
is_explained(struct report *report, const struct finding *finding)
{
    const struct finding *found[CAUSES_MAX];
    size_t count = causes_of(report->causes, finding, found);
    for (size_t i = 0; i < count; i++)
        note_effect(report, found[i], finding);
    return count > 0;
}

static void
add(struct report *report, struct table *groups, struct finding *finding)
{
    struct report_group *group = group_of(report, groups, finding);
    g_ptr_array_add(group->findings, finding);
    group->severity = MAX(group->severity, finding->severity);
    group->confidence = MAX(group->confidence, finding->confidence);
    bool explained = is_explained(report, finding);
    group->explained = group->explained && explained;
    group->events += MAX(finding->series.events, 1);
    report->by_severity[finding->severity]++;
    report->findings++;
}

const struct case_info *
report_case(const struct report_group *group)
{
    return ((const struct finding *)g_ptr_array_index(group->findings, 0))->info;
}

const GPtrArray *
report_effects(const struct report *report, const struct finding *finding)
{
    return g_hash_table_lookup(report->effects, finding);
}

bool
report_ends(const struct report *report, uint32_t flow, struct endpoint *client, struct endpoint *server)
{
    const struct flow_record *record = flow != 0 ? flow_table_by_number(report->flows, flow) : NULL;
    if (record == NULL)
        return false;
    *client = record->flow.client;
    *server = record->flow.server;
    return true;
}

/* -- Order ------------------------------------------------------------------------------------ */

static gint
by_weight(gconstpointer a, gconstpointer b)
{
    const struct report_group *one = *(struct report_group *const *)a, *other = *(struct report_group *const *)b;
    if (one->weight != other->weight)
        return one->weight > other->weight ? -1 : 1;
    if (one->severity != other->severity)
        return one->severity > other->severity ? -1 : 1;
    if (one->explained != other->explained)
        return one->explained ? 1 : -1;
    if (one->confidence != other->confidence)
        return one->confidence > other->confidence ? -1 : 1;
    if (one->events != other->events)
        return one->events > other->events ? -1 : 1;
    const struct finding *first = g_ptr_array_index(one->findings, 0), *second = g_ptr_array_index(other->findings, 0);
    return first->number < second->number ? -1 : 1;
}

/* Cases may explain each other. */
static bool
comes_from(const struct report_group *group, const struct report_group *other)
{
    for (; group != NULL; group = group->cause)
        if (group == other)
            return true;
    return false;
}

/* Only what is explained as a whole comes behind its cause. */
static void
find_cause(struct report *report, GHashTable *group_of_finding, struct report_group *group)
{
    const struct finding *found[CAUSES_MAX];
    size_t count = group->explained ? causes_of(report->causes, g_ptr_array_index(group->findings, 0), found) : 0;
    for (size_t i = 0; i < count && group->cause == NULL; i++) {
        struct report_group *cause = g_hash_table_lookup(group_of_finding, found[i]);
        if (cause != NULL && !comes_from(cause, group))
            group->cause = cause;
    }
}

static void
link_causes(struct report *report)
{
    GHashTable *group_of_finding = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        group->weight = group->severity;
        for (guint k = 0; k < group->findings->len; k++)
            g_hash_table_insert(group_of_finding, g_ptr_array_index(group->findings, k), group);
    }
    for (guint i = 0; i < report->groups->len; i++)
        find_cause(report, group_of_finding, g_ptr_array_index(report->groups, i));
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        for (struct report_group *cause = group->cause; cause != NULL; cause = cause->cause)
            cause->weight = MAX(cause->weight, group->severity);
    }
    g_hash_table_destroy(group_of_finding);
}

static void
place_with_effects(GPtrArray *placed, struct report_group *group)
{
    g_ptr_array_add(placed, group);
    for (guint i = 0; i < group->effects->len; i++)
        place_with_effects(placed, g_ptr_array_index(group->effects, i));
}

/* The heaviest first, and what comes from a group right behind it. */
static void
sort_groups(struct report *report)
{
    link_causes(report);
    g_ptr_array_sort(report->groups, by_weight);
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        if (group->cause != NULL)
            g_ptr_array_add(group->cause->effects, group);
    }
    GPtrArray *placed = g_ptr_array_new_with_free_func(group_free);
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        if (group->cause == NULL)
            place_with_effects(placed, group);
    }
    g_ptr_array_set_free_func(report->groups, NULL);
    g_ptr_array_unref(report->groups);
    report->groups = placed;
    for (guint i = 0; i < placed->len; i++)
        ((struct report_group *)g_ptr_array_index(placed, i))->number = i + 1;
}

/* -- Impact ----------------------------------------------------------------------------------- */

/* A server that a group is about, and its clients. Without holes. */
struct server_key {
    uint32_t network;
    uint16_t port;
    struct ip_address address;
    uint8_t zero[1];
};

struct server_entry {
    struct server_key key;
    struct impact impact;
};

struct client_key {
    struct server_key server;
    struct ip_address address;
    uint8_t zero[3];
};

struct counting {
    const struct encapsulation *encapsulation;
    struct table *servers, *clients;
};

static struct server_key
server_key_of(uint32_t network, const struct endpoint *server)
{
    struct server_key key;
    memset(&key, 0, sizeof key);
    key.network = network;
    key.port = server->port;
    key.address = server->address;
    return key;
}

static bool
is_new_client(struct table *clients, const struct server_key *server, const struct ip_address *address)
{
    struct client_key key;
    memset(&key, 0, sizeof key);
    key.server = *server;
    key.address = *address;
    if (table_find(clients, &key) != NULL)
        return false;
    table_add(clients, g_memdup2(&key, sizeof key));
    return true;
}

static void
count_flow(const struct flow *flow, void *data)
{
    struct counting *counting = data;
    struct server_key key = server_key_of(encapsulation_network(counting->encapsulation, flow->path), &flow->server);
    struct server_entry *entry = table_find(counting->servers, &key);
    if (entry == NULL)
        return;
    entry->impact.connections++;
    entry->impact.clients += is_new_client(counting->clients, &key, &flow->client.address);
}

static const struct fact *
server_of(const struct report_group *group)
{
    const struct fact *culprit = finding_culprit(g_ptr_array_index(group->findings, 0));
    return culprit != NULL && culprit->name == FACT_server ? culprit : NULL;
}

static void
count_clients_hit(struct report_group *group, const struct server_key *server, const struct hash_seed *seed)
{
    struct table *clients = table_new(seed, sizeof(struct client_key), g_free);
    for (guint i = 0; i < group->findings->len; i++) {
        const struct fact *client = finding_fact(g_ptr_array_index(group->findings, i), FACT_client);
        if (client != NULL)
            group->impact.clients_hit += is_new_client(clients, server, &client->endpoint.address);
    }
    table_free(clients);
}

static struct server_key
server_key_of_group(const struct report_group *group, const struct fact *server)
{
    return server_key_of(((const struct finding *)g_ptr_array_index(group->findings, 0))->network, &server->endpoint);
}

static void
measure_impact(struct report *report, const struct engine *engine)
{
    const struct hash_seed *seed = &engine->settings->hash_seed;
    struct counting counting = {engine->encapsulation, table_new(seed, sizeof(struct server_key), g_free),
                                table_new(seed, sizeof(struct client_key), g_free)};
    for (guint i = 0; i < report->groups->len; i++) {
        const struct fact *server = server_of(g_ptr_array_index(report->groups, i));
        if (server == NULL)
            continue;
        struct server_entry entry = {server_key_of_group(g_ptr_array_index(report->groups, i), server), {0}};
        if (table_find(counting.servers, &entry.key) == NULL)
            table_add(counting.servers, g_memdup2(&entry, sizeof entry));
    }
    if (table_size(counting.servers) > 0)
        flow_table_each(engine->flows, count_flow, &counting);
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        const struct fact *server = server_of(group);
        if (server == NULL)
            continue;
        struct server_key key = server_key_of_group(group, server);
        group->impact = ((const struct server_entry *)table_find(counting.servers, &key))->impact;
        count_clients_hit(group, &key, seed);
    }
    table_free(counting.servers);
    table_free(counting.clients);
}

static void
find_capture_points(struct report *report, const struct engine *engine)
{
    for (guint i = 0; i < report_groups_shown(report); i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        uint32_t flow = ((const struct finding *)g_ptr_array_index(group->findings, 0))->flow;
        const struct flow_record *record = flow_table_by_number(engine->flows, flow);
        if (record != NULL)
            group->capture_point = vantage_capture_point(record);
    }
}

/* -- The whole -------------------------------------------------------------------------------- */

static void
list_silent(struct report *report)
{
    GHashTable *found = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < report->groups->len; i++)
        g_hash_table_add(found, (void *)report_case(g_ptr_array_index(report->groups, i)));
    for (size_t number = 0; number < catalogue_case_count(); number++)
        if (!g_hash_table_contains(found, catalogue_case(number)))
            g_ptr_array_add(report->silent, (void *)catalogue_case(number));
    g_hash_table_destroy(found);
}

static void
add_findings(struct report *report, const struct engine *engine,
             bool (*is_wanted)(const struct finding *finding, void *data), void *data)
{
    const GPtrArray *findings = store_findings(engine->store);
    causes_forget_withdrawn(engine->causes);
    struct table *groups = table_new(&engine->settings->hash_seed, sizeof(struct group_key), g_free);
    for (guint i = 0; i < findings->len; i++)
        if (is_wanted(g_ptr_array_index(findings, i), data))
            add(report, groups, g_ptr_array_index(findings, i));
    table_free(groups);
}

static void
list_withdrawn(struct report *report, const struct engine *engine,
               bool (*is_wanted)(const struct finding *finding, void *data), void *data)
{
    const struct finding *finding;
    if (store_withdrawn(engine->store) == 0)
        return;
    for (uint32_t number = 1; (finding = store_by_number(engine->store, number)) != NULL; number++)
        if (finding->withdrawn_frame != 0 && finding->withdrawn_frame != finding->frame &&
            report->withdrawn->len < WITHDRAWN_SHOWN && is_wanted(finding, data))
            g_ptr_array_add(report->withdrawn, (void *)finding);
}

struct report *
report_new(struct engine *engine, bool (*is_wanted)(const struct finding *finding, void *data), void *data)
{
    struct report *report = g_new0(struct report, 1);

    report->engine = engine;
    report->causes = engine_causes(engine);
    report->encapsulation = engine_encapsulation(engine);
    report->summary = summary_of(engine);
    report->groups = g_ptr_array_new_with_free_func(group_free);
    report->silent = g_ptr_array_new();
    report->withdrawn = g_ptr_array_new();
    report->settings = engine->settings;
    report->flows = engine->flows;
    report->effects = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    add_findings(report, engine, is_wanted, data);
    list_withdrawn(report, engine, is_wanted, data);
    sort_groups(report);
    measure_impact(report, engine);
    find_capture_points(report, engine);
    report->oddities = oddities_new(engine);
    list_silent(report);
    return report;
}

void
report_free(struct report *report)
{
    if (report == NULL)
        return;
    g_ptr_array_unref(report->groups);
    g_ptr_array_unref(report->silent);
    g_ptr_array_unref(report->withdrawn);
    g_hash_table_destroy(report->effects);
    oddities_free(report->oddities);
    g_free(report);
}

guint
report_groups_shown(const struct report *report)
{
    return MIN(report->groups->len, GROUPS_SHOWN);
}

static struct report_rest *
rest_of(GArray *rests, const struct case_info *info)
{
    for (guint i = 0; i < rests->len; i++)
        if (g_array_index(rests, struct report_rest, i).info == info)
            return &g_array_index(rests, struct report_rest, i);
    struct report_rest rest = {.info = info};
    g_array_append_val(rests, rest);
    return &g_array_index(rests, struct report_rest, rests->len - 1);
}

GArray *
report_rest(const struct report *report, guint findings_shown)
{
    GArray *rests = g_array_new(FALSE, FALSE, sizeof(struct report_rest));
    for (guint i = 0; i < report->groups->len; i++) {
        const struct report_group *group = g_ptr_array_index(report->groups, i);
        guint shown = i < GROUPS_SHOWN ? findings_shown : 0;
        if (shown >= group->findings->len)
            continue;
        struct report_rest *rest = rest_of(rests, report_case(group));
        rest->findings += group->findings->len - shown;
        rest->culprits++;
        for (guint k = shown; k < group->findings->len; k++) {
            const struct finding *finding = g_ptr_array_index(group->findings, k);
            rest->severity = MAX(rest->severity, finding->severity);
        }
    }
    return rests;
}
