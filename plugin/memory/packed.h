/* Memory without its zeros: what rests takes no more room than what it says. Most words of a record are zero: what is not
 * known, what is of another protocol, what a detector never asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_MEMORY_PACKED_H
#define NETCASE_MEMORY_PACKED_H

#include <stddef.h>
#include <stdint.h>

/* What is packed has a multiple of PACKED_GROUP bytes, at most PACKED_SIZE_MAX. PACKED_ROOM is how many words it may become. */
enum { PACKED_GROUP = 128, PACKED_SIZE_MAX = 64 * PACKED_GROUP, PACKED_ROOM = PACKED_SIZE_MAX / 4 + 64 + 2 };

/* Returns how many words of `packed` are used. */
size_t packed_write(const void *bytes, size_t size, uint32_t packed[PACKED_ROOM]);

/* What memory becomes that is nothing but zeros. */
extern const uint32_t packed_zeros[];

/* The bytes that were packed, all of them written. */
void packed_read(const uint32_t *packed, void *bytes, size_t size);

#endif
