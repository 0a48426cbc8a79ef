/* Frames of any link layer on their way into the engine: what the walk shows is captured, and it ends. A frame is a byte for the link
 * layer, two for its length (little-endian), one for the bytes that were cut off, and its bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include "walk/walk.h"

enum { HEAD = 4, LINKS = LINK_PPP + 1 };

/* Every byte that is said to be captured can be read: the address sanitizer sees the one that can't. */
static void
read_all(const struct arrival *arrival, uint32_t flow, void *sum)
{
    (void)flow;
    for (uint32_t i = 0; i < MIN(arrival->transport.captured, arrival->transport.length); i++)
        *(uint32_t *)sum += arrival->transport.bytes[i];
}

/* In memory of its own size. The number of bytes taken of `data`. */
static size_t
walk_one(const struct walk *walk, uint32_t number, const uint8_t *data, size_t size)
{
    uint32_t length = (uint32_t)(data[1] | data[2] << 8);
    uint32_t captured = (uint32_t)MIN(length, size - HEAD);
    uint8_t *bytes = g_malloc(captured > 0 ? captured : 1);
    memcpy(bytes, data + HEAD, captured);
    enum walk_result result = walk_frame(walk, &(struct walk_frame){.number = number,
                                                                    .time = number,
                                                                    .link = data[0] % LINKS,
                                                                    .bytes = {bytes, captured, captured + data[3]}});
    fuzz_check((unsigned)result < WALK_RESULTS && (result == WALK_LINK) == (data[0] % LINKS == LINK_UNKNOWN));
    g_free(bytes);
    return HEAD + captured;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    uint32_t sum = 0, number = 0;
    settings_init(&settings);
    struct engine *engine = engine_new(&settings);
    struct fragments *fragments = fragments_new(&settings.hash_seed);
    const struct walk walk = {.engine = engine, .fragments = fragments, .note = read_all, .data = &sum};
    for (size_t at = 0; size - at >= HEAD;)
        at += walk_one(&walk, ++number, data + at, size - at);
    fragments_free(fragments);
    engine_free(engine);
    settings_clear(&settings);
    return 0;
}
