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

struct finding *
finding_new(const struct case_info *info, enum confidence confidence, uint32_t frame, uint32_t flow)
{
    struct finding *finding = g_new0(struct finding, 1);
    finding->info = info;
    finding->severity = info->severity;
    finding->confidence = confidence;
    finding->frame = frame;
    finding->flow = flow;
    finding->facts = g_array_new(FALSE, TRUE, sizeof(struct fact));
    g_array_set_clear_func(finding->facts, fact_clear);
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

/* Facts from `end` on move to `place`. */
static void
move_facts(GArray *facts, guint place, guint end)
{
    struct fact *fact = &g_array_index(facts, struct fact, 0);
    size_t later = end - place, added = facts->len - end;
    struct fact *moved = g_memdup2(fact + end, added * sizeof *fact);
    memmove(fact + place + added, fact + place, later * sizeof *fact);
    if (added > 0)
        memcpy(fact + place, moved, added * sizeof *fact);
    g_free(moved);
}

const GArray *
finding_facts(const struct finding *finding)
{
    struct later *later = finding->later;
    if (later != NULL) {
        guint end = finding->facts->len;
        later->add(later->finding, later->data);
        if (finding->facts->len > end)
            move_facts(finding->facts, later->place, end);
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
    for (guint i = finding->facts->len; i-- > 0;)
        if (g_array_index(finding->facts, struct fact, i).name == name)
            g_array_remove_index(finding->facts, i);
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
