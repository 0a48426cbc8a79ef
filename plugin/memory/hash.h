/* The hash of every table whose keys come from packets. It begins with a secret of the capture: whoever makes a capture can't
 * choose keys that all fall on one place (docs/decisions/seeded-hashes.md).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_MEMORY_HASH_H
#define NETCASE_MEMORY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two numbers that nobody can know who makes a capture. */
struct hash_seed {
    uint64_t first, second;
};

/* For tests, where every run must do the same. */
static const struct hash_seed hash_seed_of_tests = {UINT64_C(0x243f6a8885a308d3), UINT64_C(0x13198a2e03707344)};

/* One product of 128 bits, folded: with unknown factors there is no change of the one that a known change of the other makes
 * good, as there is with digest_mix(), which an enemy can invert. */
static inline uint64_t
hash_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The hash of what `hash` stands for, followed by two words. */
static inline uint64_t
hash_two(const struct hash_seed *seed, uint64_t hash, uint64_t first, uint64_t second)
{
    return hash_fold(first ^ seed->first, second ^ seed->second ^ hash);
}

/* The same for 1 to 15 bytes: the first and the last of them, which may overlap, so that nothing is copied byte by byte. */
static inline uint64_t
hash_rest(const struct hash_seed *seed, uint64_t hash, const uint8_t *bytes, size_t size)
{
    if (size >= 8) {
        uint64_t first, last;
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + size - sizeof last, sizeof last);
        return hash_two(seed, hash, first, last);
    }
    if (size >= 4) {
        uint32_t first, last;
        memcpy(&first, bytes, sizeof first);
        memcpy(&last, bytes + size - sizeof last, sizeof last);
        return hash_two(seed, hash, first, last);
    }
    return hash_two(seed, hash, (uint64_t)bytes[0] << 8 | bytes[size / 2], bytes[size - 1]);
}

/* The hash of what `hash` stands for, followed by these bytes: two words of 64 bits at a time, and the rest.
 * What `hash` stands for tells keys of different lengths apart. */
static inline uint64_t
hash_bytes(const struct hash_seed *seed, uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (uint64_t word[2]; size >= sizeof word; byte += sizeof word, size -= sizeof word) {
        memcpy(word, byte, sizeof word);
        hash = hash_two(seed, hash, word[0], word[1]);
    }
    if (size > 0)
        hash = hash_rest(seed, hash, byte, size);
    return hash_fold(hash ^ seed->second, UINT64_C(0x9e3779b97f4a7c15));
}

#endif
