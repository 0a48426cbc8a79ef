/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/report.h"

#include "core/catalogue.h"

static void
group_free(void *item)
{
    struct report_group *group = item;
    g_ptr_array_unref(group->findings);
    g_free(group);
}

static bool
same_culprit(const struct finding *a, const struct finding *b)
{
    const struct fact *one = finding_culprit(a), *other = finding_culprit(b);
    if (a->network != b->network)
        return false;
    if (one == NULL || other == NULL)
        return one == other;
    return one->name == other->name && one->number == other->number && endpoint_equal(&one->endpoint, &other->endpoint);
}

static struct report_group *
group_of(struct report *report, const struct finding *finding)
{
    for (guint i = 0; i < report->groups->len; i++) {
        struct report_group *group = g_ptr_array_index(report->groups, i);
        const struct finding *first = g_ptr_array_index(group->findings, 0);
        if (first->info == finding->info && same_culprit(first, finding))
            return group;
    }
    struct report_group *group = g_new0(struct report_group, 1);
    group->findings = g_ptr_array_new();
    group->explained = true;
    g_ptr_array_add(report->groups, group);
    return group;
}

static void
add(struct report *report, struct finding *finding)
{
    struct report_group *group = group_of(report, finding);
    g_ptr_array_add(group->findings, finding);
    group->severity = MAX(group->severity, finding->severity);
    group->confidence = MAX(group->confidence, finding->confidence);
    const struct finding *causes[CAUSES_MAX];
    group->explained = group->explained && causes_of(report->store, finding, causes) > 0;
    group->events += MAX(finding->series.events, 1);
    report->findings++;
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
    for (size_t number = 0; number < catalogue_case_count(); number++) {
        const struct case_info *info = catalogue_case(number);
        bool found = false;
        for (guint i = 0; i < report->groups->len && !found; i++) {
            const struct report_group *group = g_ptr_array_index(report->groups, i);
            found = ((const struct finding *)g_ptr_array_index(group->findings, 0))->info == info;
        }
        if (!found)
            g_ptr_array_add(report->silent, (void *)info);
    }
}

struct report *
report_new(struct engine *engine, bool (*is_wanted)(const struct finding *finding, void *data), void *data)
{
    struct report *report = g_new0(struct report, 1);
    const GPtrArray *findings = store_findings(engine_store(engine));

    report->store = engine_store(engine);
    report->encapsulation = engine_encapsulation(engine);
    report->summary = summary_of(engine);
    report->groups = g_ptr_array_new_with_free_func(group_free);
    report->silent = g_ptr_array_new();
    for (guint i = 0; i < findings->len; i++)
        if (is_wanted(g_ptr_array_index(findings, i), data))
            add(report, g_ptr_array_index(findings, i));
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

unsigned
report_count_of(const struct report *report, enum severity severity)
{
    unsigned count = 0;
    for (guint i = 0; i < report->groups->len; i++) {
        const struct report_group *group = g_ptr_array_index(report->groups, i);
        for (guint k = 0; k < group->findings->len; k++)
            count += ((const struct finding *)g_ptr_array_index(group->findings, k))->severity == severity;
    }
    return count;
}
