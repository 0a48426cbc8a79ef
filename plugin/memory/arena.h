/* Memory in pieces that are given back all at once: a handshake makes a dozen of them, and malloc() and the zeroing
 * of each cost more than the work that is done with them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_MEMORY_ARENA_H
#define NETCASE_MEMORY_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zeroed, it is an arena without memory. */
struct arena {
    struct arena_block *blocks; /* the newest first */
    size_t left;                /* bytes of the newest block */
};

/* `size` bytes and what is needed behind them so that anything may follow. */
static inline size_t
arena_aligned(size_t size)
{
    return (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

/* `size` bytes, zeroed, aligned for every type, valid until arena_clear(). */
void *arena_take(struct arena *arena, size_t size);

/* Give all of it back; the arena may be used again. */
void arena_clear(struct arena *arena);

#endif
