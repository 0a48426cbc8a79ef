/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include "engine/catalogue.h"
#include "engine/context.h"
#include "memory/table.h"

static void
group_free(void *item)
{
    struct report_group *group = item;
    g_ptr_array_unref(group->findings);
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
    group->explained = true;
    g_ptr_array_add(report->groups, group);
    struct group_entry *entry = g_new(struct group_entry, 1);
    *entry = (struct group_entry){key, group};
    table_add(groups, entry);
    return group;
}

static void
add(struct report *report, struct table *groups, struct finding *finding)
{
    struct report_group *group = group_of(report, groups, finding);
    g_ptr_array_add(group->findings, finding);
    group->severity = MAX(group->severity, finding->severity);
    group->confidence = MAX(group->confidence, finding->confidence);
    const struct finding *found[CAUSES_MAX];
    group->explained = group->explained && causes_of(report->causes, finding, found) > 0;
    group->events += MAX(finding->series.events, 1);
    report->by_severity[finding->severity]++;
    report->findings++;
}

static const struct case_info *
case_of(const struct report_group *group)
{
    return ((const struct finding *)g_ptr_array_index(group->findings, 0))->info;
}

static gint
by_weight(gconstpointer a, gconstpointer b)
{
    const struct report_group *one = *(struct report_group *const *)a, *other = *(struct report_group *const *)b;
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

static void
list_silent(struct report *report)
{
    GHashTable *found = g_hash_table_new(g_direct_hash, g_direct_equal);
    for (guint i = 0; i < report->groups->len; i++)
        g_hash_table_add(found, (void *)case_of(g_ptr_array_index(report->groups, i)));
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

struct report *
report_new(struct engine *engine, bool (*is_wanted)(const struct finding *finding, void *data), void *data)
{
    struct report *report = g_new0(struct report, 1);

    report->causes = engine_causes(engine);
    report->encapsulation = engine_encapsulation(engine);
    report->summary = summary_of(engine);
    report->groups = g_ptr_array_new_with_free_func(group_free);
    report->silent = g_ptr_array_new();
    add_findings(report, engine, is_wanted, data);
    g_ptr_array_sort(report->groups, by_weight);
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
        struct report_rest *rest = rest_of(rests, case_of(group));
        rest->findings += group->findings->len - shown;
        rest->culprits++;
        for (guint k = shown; k < group->findings->len; k++) {
            const struct finding *finding = g_ptr_array_index(group->findings, k);
            rest->severity = MAX(rest->severity, finding->severity);
        }
    }
    return rests;
}
