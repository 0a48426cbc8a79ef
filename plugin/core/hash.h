/* One hash for the keys of our tables: plain structs without holes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_CORE_HASH_H
#define NETCASE_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "api/digest.h"

/* The digest of what `hash` stands for, followed by these bytes: a word of 64 bits at a time, the rest as one. */
static inline uint64_t
hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (; size >= 8; byte += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, byte, sizeof word);
        hash = digest_mix(hash, word);
    }
    if (size > 0) {
        uint64_t rest = 0;
        memcpy(&rest, byte, size);
        hash = digest_mix(hash, rest);
    }
    return hash;
}

static inline unsigned
hash_words(const void *key, size_t size)
{
    return (unsigned)hash_bytes(size, key, size);
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
