/* One hash for the keys of our tables: plain structs without holes, a multiple of 4 bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_HASH_H
#define NETCASE_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Multiply and fold, a word of 64 bits at a time: addresses and ports are far from random. */
static inline unsigned
hash_words(const void *key, size_t size)
{
    const uint8_t *byte = key;
    uint64_t hash = size;
    for (; size >= 8; byte += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, byte, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    if (size >= 4) {
        uint32_t word;
        memcpy(&word, byte, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return (unsigned)hash;
}

/* The GHashFunc and GEqualFunc of a key type. Such keys are zeroed before they are filled, because
 * their padding counts. */
#define HASH_KEY_FUNCTIONS(type)                                                                                       \
    static guint type##_hash(const void *key)                                                                          \
    {                                                                                                                  \
        return hash_words(key, sizeof(struct type));                                                                   \
    }                                                                                                                  \
    static gboolean type##_equal(const void *a, const void *b)                                                         \
    {                                                                                                                  \
        return memcmp(a, b, sizeof(struct type)) == 0;                                                                 \
    }

#endif
