/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/store.h"

struct store {
    GPtrArray *findings;     /* owns them */
    GHashTable *by_frame;    /* frame -> GPtrArray of struct finding * */
    GHashTable *by_evidence; /* the same */
    GHashTable *by_case;     /* id -> the same */
    GPtrArray *grown;        /* struct finding *, those with series.grown */
    guint indexed;           /* findings whose evidence is in by_evidence */
    uint32_t last_frame;     /* the highest that has a finding */
};

static void
free_finding(void *finding)
{
    finding_free(finding);
}

static void
free_list(void *list)
{
    g_ptr_array_unref(list);
}

struct store *
store_new(void)
{
    struct store *store = g_new0(struct store, 1);
    store->findings = g_ptr_array_new_with_free_func(free_finding);
    store->grown = g_ptr_array_new();
    store->by_frame = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_list);
    store->by_evidence = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_list);
    store->by_case = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_list);
    return store;
}

void
store_free(struct store *store)
{
    if (store == NULL)
        return;
    g_hash_table_destroy(store->by_frame);
    g_hash_table_destroy(store->by_evidence);
    g_hash_table_destroy(store->by_case);
    g_ptr_array_unref(store->grown);
    g_ptr_array_unref(store->findings);
    g_free(store);
}

/* Returns how many there are now. */
static guint
add_to(GHashTable *table, const void *key, struct finding *finding)
{
    GPtrArray *list = g_hash_table_lookup(table, key);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(table, (void *)key, list);
    }
    g_ptr_array_add(list, finding);
    return list->len;
}

void
store_add(struct store *store, struct finding *finding)
{
    g_ptr_array_add(store->findings, finding);
    finding->number = store->findings->len;
    add_to(store->by_frame, GUINT_TO_POINTER(finding->frame), finding);
    finding->place = add_to(store->by_case, finding->info->id, finding);
    store->last_frame = MAX(store->last_frame, finding->frame);
}

void
store_again(struct store *store, uint32_t number, uint32_t frame, int64_t time)
{
    g_return_if_fail(number >= 1 && number <= store->findings->len);
    struct finding *finding = g_ptr_array_index(store->findings, number - 1);
    struct series *series = &finding->series;
    if (!series->grown)
        g_ptr_array_add(store->grown, finding);
    series->grown = true;
    series->events++;
    series->last_frame = frame;
    series->first_time = MIN(series->first_time, time);
    series->last_time = MAX(series->last_time, time);
}

const GPtrArray *
store_grown(const struct store *store)
{
    return store->grown;
}

void
store_forget_grown(struct store *store)
{
    for (guint i = 0; i < store->grown->len; i++)
        ((struct finding *)g_ptr_array_index(store->grown, i))->series.grown = false;
    g_ptr_array_set_size(store->grown, 0);
}

const GPtrArray *
store_findings(const struct store *store)
{
    return store->findings;
}

const GPtrArray *
store_by_frame(const struct store *store, uint32_t frame)
{
    /* On a first visit that is every frame without findings. */
    return frame > store->last_frame ? NULL : g_hash_table_lookup(store->by_frame, GUINT_TO_POINTER(frame));
}

uint32_t
store_last_frame(const struct store *store)
{
    return store->last_frame;
}

const GPtrArray *
store_by_evidence(const struct store *store, uint32_t frame)
{
    return g_hash_table_lookup(store->by_evidence, GUINT_TO_POINTER(frame));
}

const GPtrArray *
store_by_case(const struct store *store, const char *id)
{
    return g_hash_table_lookup(store->by_case, id);
}

void
store_index(struct store *store)
{
    for (; store->indexed < store->findings->len; store->indexed++) {
        struct finding *finding = g_ptr_array_index(store->findings, store->indexed);
        for (guint i = 0; i < finding->evidence->len; i++)
            add_to(store->by_evidence, GUINT_TO_POINTER(g_array_index(finding->evidence, uint32_t, i)), finding);
    }
}
