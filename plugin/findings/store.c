/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/store.h"

#include "memory/table.h"

/* What findings are about, and those that stand. */
struct about {
    struct subject subject;
    GPtrArray *findings; /* struct finding *, in the order of reports */
};

struct store {
    GPtrArray *all;            /* owns them, by number - 1 */
    GPtrArray *standing;       /* those that are not withdrawn, as they were when `taken` of `all` were there */
    guint taken;               /* 0 = `standing` has to be made anew */
    guint withdrawn;           /* how many do not stand */
    struct table *about;       /* struct about */
    GHashTable *by_frame;      /* frame -> GPtrArray of struct finding * */
    GHashTable *by_evidence;   /* the same */
    GHashTable *by_withdrawal; /* the same */
    GHashTable *by_case;       /* id -> the same */
    GHashTable *standing_of;   /* id -> how many of the case stand, as it was for `placed` */
    guint placed[2];     /* findings, and those withdrawn of them, when each had its place among those that stand */
    GPtrArray *grown;    /* struct finding *, those with series.grown */
    GPtrArray *touched;  /* struct finding *, those with finding.touched */
    guint indexed;       /* findings whose evidence is in by_evidence */
    uint32_t last_frame; /* the highest that has or refutes a finding */
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

static void
free_about(void *about)
{
    g_ptr_array_unref(((struct about *)about)->findings);
    g_free(about);
}

static GHashTable *
lists_by_frame(void)
{
    return g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_list);
}

struct store *
store_new(const struct hash_seed *seed)
{
    struct store *store = g_new0(struct store, 1);
    store->all = g_ptr_array_new_with_free_func(free_finding);
    store->standing = g_ptr_array_new();
    store->about = table_new(seed, sizeof(struct subject), free_about);
    store->by_frame = lists_by_frame();
    store->by_evidence = lists_by_frame();
    store->by_withdrawal = lists_by_frame();
    store->by_case = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_list);
    store->standing_of = g_hash_table_new(g_str_hash, g_str_equal);
    store->grown = g_ptr_array_new();
    store->touched = g_ptr_array_new();
    return store;
}

void
store_free(struct store *store)
{
    if (store == NULL)
        return;
    g_hash_table_destroy(store->by_frame);
    g_hash_table_destroy(store->by_evidence);
    g_hash_table_destroy(store->by_withdrawal);
    g_hash_table_destroy(store->by_case);
    g_hash_table_destroy(store->standing_of);
    g_ptr_array_unref(store->touched);
    g_ptr_array_unref(store->grown);
    table_free(store->about);
    g_ptr_array_unref(store->standing);
    g_ptr_array_unref(store->all);
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

static void
take_from(GHashTable *table, const void *key, struct finding *finding)
{
    GPtrArray *list = g_hash_table_lookup(table, key);
    if (list != NULL && g_ptr_array_remove(list, finding) && list->len == 0)
        g_hash_table_remove(table, key);
}

/* -- What findings are about ------------------------------------------------------------------ */

struct subject
store_subject_of_flow(const struct case_info *info, uint32_t flow)
{
    struct subject subject;
    memset(&subject, 0, sizeof subject);
    subject.info = info;
    subject.network = flow;
    return subject;
}

struct subject
store_subject(const struct case_info *info, uint32_t network, const void *key, size_t size)
{
    struct subject subject = store_subject_of_flow(info, network);
    g_return_val_if_fail(size > 0 && size <= SUBJECT_KEY_MAX, subject);
    subject.size = (uint32_t)size;
    memcpy(subject.key, key, size);
    return subject;
}

static struct about *
add_about(struct store *store, const struct subject *subject, struct finding *finding)
{
    struct about *about = table_find(store->about, subject);
    if (about == NULL) {
        about = g_new0(struct about, 1);
        about->subject = *subject;
        about->findings = g_ptr_array_new();
        table_add(store->about, about);
    }
    g_ptr_array_add(about->findings, finding);
    return about;
}

struct finding *
store_about(const struct store *store, const struct subject *subject)
{
    const struct about *about = table_find(store->about, subject);
    return about != NULL && about->findings->len > 0 ? g_ptr_array_index(about->findings, about->findings->len - 1)
                                                     : NULL;
}

uint32_t
store_count_about(const struct store *store, const struct subject *subject)
{
    const struct about *about = table_find(store->about, subject);
    return about != NULL ? about->findings->len : 0;
}

static struct finding *
touch(struct store *store, struct finding *finding)
{
    if (finding != NULL && !finding->touched) {
        finding->touched = true;
        g_ptr_array_add(store->touched, finding);
    }
    return finding;
}

struct finding *
store_touch(struct store *store, const struct subject *subject)
{
    return touch(store, store_about(store, subject));
}

struct finding *
store_touch_number(struct store *store, uint32_t number)
{
    struct finding *finding =
        number >= 1 && number <= store->all->len ? g_ptr_array_index(store->all, number - 1) : NULL;
    return finding != NULL && finding->withdrawn_frame == 0 ? touch(store, finding) : NULL;
}

/* -- The life of a finding -------------------------------------------------------------------- */

void
store_add(struct store *store, struct finding *finding, const struct subject *subject)
{
    g_ptr_array_add(store->all, finding);
    finding->number = store->all->len;
    struct subject flow = store_subject_of_flow(finding->info, finding->flow);
    finding->about[0] = add_about(store, &flow, finding);
    if (subject != NULL)
        finding->about[1] = add_about(store, subject, finding);
    add_to(store->by_frame, GUINT_TO_POINTER(finding->frame), finding);
    finding->place = add_to(store->by_case, finding->info->id, finding);
    store->last_frame = MAX(store->last_frame, finding->frame);
}

void
store_again(struct store *store, uint32_t number, uint32_t frame, int64_t time)
{
    g_return_if_fail(number >= 1 && number <= store->all->len);
    struct finding *finding = g_ptr_array_index(store->all, number - 1);
    struct series *series = &finding->series;
    if (!series->grown)
        g_ptr_array_add(store->grown, finding);
    series->grown = true;
    series->events++;
    series->last_frame = frame;
    series->first_time = MIN(series->first_time, time);
    series->last_time = MAX(series->last_time, time);
}

void
store_withdraw(struct store *store, struct finding *finding, uint32_t frame)
{
    if (finding->withdrawn_frame != 0)
        return;
    finding->withdrawn_frame = frame;
    store->withdrawn++;
    store->taken = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(finding->about) && finding->about[i] != NULL; i++)
        g_ptr_array_remove(finding->about[i]->findings, finding);
    take_from(store->by_frame, GUINT_TO_POINTER(finding->frame), finding);
    /* Evidence that is not indexed yet is in no list. */
    for (guint i = 0; i < finding->evidence->len; i++)
        take_from(store->by_evidence, GUINT_TO_POINTER(g_array_index(finding->evidence, uint32_t, i)), finding);
    if (frame == finding->frame)
        return; /* nobody has seen it */
    add_to(store->by_withdrawal, GUINT_TO_POINTER(frame), finding);
    store->last_frame = MAX(store->last_frame, frame);
}

const GPtrArray *
store_withdrawn_by(const struct store *store, uint32_t frame)
{
    return store->withdrawn == 0 ? NULL : g_hash_table_lookup(store->by_withdrawal, GUINT_TO_POINTER(frame));
}

guint
store_withdrawn(const struct store *store)
{
    return store->withdrawn;
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

struct finding *
store_by_number(const struct store *store, uint32_t number)
{
    return number >= 1 && number <= store->all->len ? g_ptr_array_index(store->all, number - 1) : NULL;
}

/* -- Looking up ------------------------------------------------------------------------------- */

const GPtrArray *
store_findings(struct store *store)
{
    if (store->taken == 0)
        g_ptr_array_set_size(store->standing, 0);
    for (; store->taken < store->all->len; store->taken++) {
        struct finding *finding = g_ptr_array_index(store->all, store->taken);
        if (finding->withdrawn_frame == 0)
            g_ptr_array_add(store->standing, finding);
    }
    return store->standing;
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

static void
place_standing(struct store *store)
{
    const GPtrArray *findings = store_findings(store);
    g_hash_table_remove_all(store->standing_of);
    for (guint i = 0; i < findings->len; i++) {
        struct finding *finding = g_ptr_array_index(findings, i);
        finding->standing = GPOINTER_TO_UINT(g_hash_table_lookup(store->standing_of, finding->info->id)) + 1;
        g_hash_table_insert(store->standing_of, (void *)finding->info->id, GUINT_TO_POINTER(finding->standing));
    }
    store->placed[0] = store->all->len;
    store->placed[1] = store->withdrawn;
}

struct standing
store_standing(struct store *store, const struct finding *finding)
{
    if (store->placed[0] != store->all->len || store->placed[1] != store->withdrawn)
        place_standing(store);
    return (struct standing){finding->standing,
                             GPOINTER_TO_UINT(g_hash_table_lookup(store->standing_of, finding->info->id))};
}

static void
index_evidence(struct store *store, struct finding *finding)
{
    for (guint i = 0; finding->withdrawn_frame == 0 && i < finding->evidence->len; i++) {
        const void *frame = GUINT_TO_POINTER(g_array_index(finding->evidence, uint32_t, i));
        const GPtrArray *list = g_hash_table_lookup(store->by_evidence, frame);
        if (list == NULL || !finding->touched || !g_ptr_array_find((GPtrArray *)list, finding, NULL))
            add_to(store->by_evidence, frame, finding);
    }
}

void
store_index(struct store *store)
{
    for (; store->indexed < store->all->len; store->indexed++) {
        struct finding *finding = g_ptr_array_index(store->all, store->indexed);
        if (!finding->touched)
            index_evidence(store, finding);
    }
    for (guint i = 0; i < store->touched->len; i++) {
        struct finding *finding = g_ptr_array_index(store->touched, i);
        index_evidence(store, finding);
        finding->touched = false;
    }
    g_ptr_array_set_size(store->touched, 0);
}
