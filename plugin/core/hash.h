/* One hash for the keys of our tables: plain structs without holes, a multiple of 4 bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_HASH_H
#define NETCASE_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* FNV-1a over 32-bit words, with the high half folded in: addresses and ports are far from random. */
static inline unsigned
hash_words(const void *key, size_t size)
{
    const uint8_t *byte = key;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t word;
        memcpy(&word, byte + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
        hash ^= hash >> 29;
    }
    return (unsigned)(hash ^ (hash >> 32));
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
