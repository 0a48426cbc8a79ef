/* Findings and the table of facts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/finding.h"

#include <string.h>

const struct fact_info fact_infos[FACT_COUNT] = {
#define FACT(name, type, label, help) [FACT_##name] = {#name, TYPE_##type, {label, help}},
#include "api/facts.def"
#undef FACT
};

bool
fact_is_text(enum fact_name name)
{
    return fact_infos[name].type == TYPE_TEXT || fact_infos[name].type == TYPE_CAPTURED;
}

static void
fact_clear(gpointer fact)
{
    g_free(((struct fact *)fact)->text);
    g_free(((struct fact *)fact)->chinese);
}

/* What is to be added, and at which place of the facts. */
struct later {
    struct finding *finding;
    void (*add)(struct finding *finding, const void *data);
    void *data;
    guint place;
};

static void
forget_later(struct finding *finding)
{
    if (finding->later != NULL)
        g_free(finding->later->data);
    g_free(finding->later);
    finding->later = NULL;
}

static GArray *
new_facts(void)
{
    GArray *facts = g_array_new(FALSE, TRUE, sizeof(struct fact));
    g_array_set_clear_func(facts, fact_clear);
    return facts;
}

struct finding *
finding_new(const struct case_info *info, enum confidence confidence, uint32_t frame, uint32_t flow)
{
    struct finding *finding = g_new0(struct finding, 1);
    finding->info = info;
    finding->severity = info->severity;
    finding->confidence = confidence;
    finding->frame = frame;
    finding->flow = flow;
    finding->facts = new_facts();
    finding->evidence = g_array_new(FALSE, TRUE, sizeof(uint32_t));
    return finding;
}

void
finding_free(struct finding *finding)
{
    if (finding == NULL) {
        return;
    }
    forget_later(finding);
    if (finding->known != NULL)
        g_array_unref(finding->known);
    g_array_unref(finding->facts);
    g_array_unref(finding->evidence);
    g_free(finding);
}

void
finding_add_fact(struct finding *finding, struct fact fact)
{
    for (guint i = 0; !fact_is_text(fact.name) && i < finding->facts->len; i++) {
        struct fact *older = &g_array_index(finding->facts, struct fact, i);
        if (older->name == fact.name) {
            *older = fact;
            return;
        }
    }
    g_array_append_val(finding->facts, fact);
}

/* Into a new array, so that whoever looks at a fact meanwhile can go on: the old one stays until the finding is freed, or asks for
 * more that is late. The texts go with the new one. */
static void
work_out(struct finding *finding, const struct later *later)
{
    GArray *known = finding->facts;
    finding->facts = new_facts();
    g_array_append_vals(finding->facts, known->data, later->place);
    later->add(finding, later->data);
    if (known->len > later->place)
        g_array_append_vals(finding->facts, &g_array_index(known, struct fact, later->place),
                            known->len - later->place);
    g_array_set_clear_func(known, NULL);
    if (finding->known != NULL)
        g_array_unref(finding->known);
    finding->known = known;
}

const GArray *
finding_facts(const struct finding *finding)
{
    struct later *later = finding->later;
    if (later != NULL) {
        work_out(later->finding, later);
        forget_later(later->finding);
    }
    return finding->facts;
}

void
finding_add_later(struct finding *finding, void (*add)(struct finding *finding, const void *data), void *data)
{
    finding_facts(finding);
    finding->later = g_new(struct later, 1);
    *finding->later = (struct later){.finding = finding, .add = add, .data = data, .place = finding->facts->len};
}

void
finding_forget_facts(struct finding *finding, enum fact_name name)
{
    for (guint i = finding->facts->len; i-- > 0;) {
        if (g_array_index(finding->facts, struct fact, i).name != name)
            continue;
        g_array_remove_index(finding->facts, i);
        if (finding->later != NULL && i < finding->later->place)
            finding->later->place--;
    }
}

void
finding_add_evidence(struct finding *finding, uint32_t frame)
{
    if (frame == 0 || frame == finding->frame)
        return;
    guint place = 0;
    while (place < finding->evidence->len && g_array_index(finding->evidence, uint32_t, place) < frame)
        place++;
    if (place == finding->evidence->len || g_array_index(finding->evidence, uint32_t, place) != frame)
        g_array_insert_val(finding->evidence, place, frame);
}

/* What the relations of findings ask for, for each of them, is never late. */
static bool
may_be_later(enum fact_name name)
{
    return name == FACT_timer || name == FACT_timers_more;
}

const struct fact *
finding_fact(const struct finding *finding, enum fact_name name)
{
    const GArray *facts = may_be_later(name) ? finding_facts(finding) : finding->facts;
    for (guint i = 0; i < facts->len; i++) {
        const struct fact *fact = &g_array_index(facts, struct fact, i);
        if (fact->name == name) {
            return fact;
        }
    }
    return NULL;
}

const struct fact *
finding_culprit(const struct finding *finding)
{
    static const enum fact_name order[] = {FACT_server, FACT_client, FACT_address, FACT_session};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        const struct fact *fact = finding_fact(finding, order[i]);
        if (fact != NULL) {
            return fact;
        }
    }
    return NULL;
}
