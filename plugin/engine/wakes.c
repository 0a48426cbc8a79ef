/* A binary heap. SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/wakes.h"

#include <glib.h>

struct wake_heap {
    GArray *wakes; /* struct wake: each is not later than those at twice its place and one beyond */
    uint64_t calls;
};

struct wakes *
wakes_new(void)
{
    struct wakes *wakes = g_new0(struct wakes, 1);
    wakes->next = INT64_MAX;
    wakes->heap = g_new0(struct wake_heap, 1);
    wakes->heap->wakes = g_array_new(FALSE, FALSE, sizeof(struct wake));
    return wakes;
}

void
wakes_free(struct wakes *wakes)
{
    if (wakes == NULL)
        return;
    g_array_unref(wakes->heap->wakes);
    g_free(wakes->heap);
    g_free(wakes);
}

static struct wake *
at(const struct wakes *wakes, guint place)
{
    return &g_array_index(wakes->heap->wakes, struct wake, place);
}

static bool
is_before(const struct wake *a, const struct wake *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static void
swap(struct wakes *wakes, guint a, guint b)
{
    struct wake kept = *at(wakes, a);
    *at(wakes, a) = *at(wakes, b);
    *at(wakes, b) = kept;
}

static void
note_next(struct wakes *wakes)
{
    wakes->next = wakes->heap->wakes->len > 0 ? at(wakes, 0)->time : INT64_MAX;
}

bool
wakes_add(struct wakes *wakes, int64_t now, int64_t time, uint32_t flow, uint32_t detector)
{
    GArray *heap = wakes->heap->wakes;
    if (time <= now || heap->len >= WAKES_MAX)
        return false;
    struct wake wake = {.time = time, .order = wakes->heap->calls++, .flow = flow, .detector = detector};
    guint place = heap->len;
    g_array_append_val(heap, wake);
    for (; place > 0 && is_before(at(wakes, place), at(wakes, (place - 1) / 2)); place = (place - 1) / 2)
        swap(wakes, place, (place - 1) / 2);
    note_next(wakes);
    return true;
}

bool
wakes_take(struct wakes *wakes, int64_t now, struct wake *wake)
{
    if (wakes->heap->wakes->len == 0 || at(wakes, 0)->time > now)
        return false;
    *wake = *at(wakes, 0);
    guint count = wakes->heap->wakes->len - 1;
    *at(wakes, 0) = *at(wakes, count);
    g_array_set_size(wakes->heap->wakes, count);
    for (guint place = 0; 2 * place + 1 < count;) {
        guint child = 2 * place + 1;
        if (child + 1 < count && is_before(at(wakes, child + 1), at(wakes, child)))
            child++;
        if (!is_before(at(wakes, child), at(wakes, place)))
            break;
        swap(wakes, place, child);
        place = child;
    }
    note_next(wakes);
    return true;
}
