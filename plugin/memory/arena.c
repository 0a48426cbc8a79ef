/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "memory/arena.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

struct arena_block {
    struct arena_block *older;
    size_t size;
    _Alignas(max_align_t) uint8_t bytes[];
};

/* Each block is twice as large as the one before: small captures need little. */
static const size_t BLOCK_MIN = 4096, BLOCK_MAX = 1 << 18;

static void
add_block(struct arena *arena, size_t size)
{
    size_t wanted = arena->blocks == NULL ? BLOCK_MIN : MIN(2 * arena->blocks->size, BLOCK_MAX);
    struct arena_block *block = g_malloc(sizeof *block + MAX(wanted, size));
    block->older = arena->blocks;
    block->size = MAX(wanted, size);
    arena->blocks = block;
    arena->left = block->size;
}

void *
arena_take(struct arena *arena, size_t size)
{
    size = arena_aligned(size);
    if (size > arena->left)
        add_block(arena, size);
    uint8_t *piece = arena->blocks->bytes + arena->blocks->size - arena->left;
    arena->left -= size;
    return memset(piece, 0, size);
}

void
arena_clear(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->older;
        g_free(block);
    }
    arena->left = 0;
}
