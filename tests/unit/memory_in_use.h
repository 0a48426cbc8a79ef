/* Bytes that the program has allocated and not freed, for tests of how memory grows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_MEMORY_IN_USE_H
#define NETCASE_TESTS_MEMORY_IN_USE_H

#include <malloc.h>

#ifdef __SANITIZE_ADDRESS__
/* Its header is not everywhere. */
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

static inline size_t
memory_in_use(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks + mallinfo2().hblkhd;
#endif
}

#endif
