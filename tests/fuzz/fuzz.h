/* What the fuzz targets share. A broken promise aborts, so that fuzzer and replay see it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_FUZZ_H
#define NETCASE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/packet.h"

/* libFuzzer calls it for every input, replay.c does otherwise. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Those of a target whose inputs are more than bytes; see replay.c. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size,
                                 uint8_t *out, size_t capacity, unsigned seed);

#define fuzz_check(kept) ((kept) ? (void)0 : fuzz_broken(#kept, __FILE__, __LINE__))

static inline void
fuzz_broken(const char *promise, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

/* What was captured of a part must be captured bytes of the whole, and no more than its length. */
static inline void
fuzz_check_within(const struct payload *part, const struct payload *whole)
{
    fuzz_check(part->captured <= part->length);
    fuzz_check(part->captured <= whole->captured);
    if (part->captured > 0) {
        fuzz_check(part->bytes >= whole->bytes);
        fuzz_check(part->bytes + part->captured <= whole->bytes + whole->captured);
    }
}

#endif
