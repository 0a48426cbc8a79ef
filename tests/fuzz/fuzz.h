/* What the fuzz targets share. A broken promise aborts, so that fuzzer and replay see it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_FUZZ_H
#define NETCASE_TESTS_FUZZ_H

#include <stddef.h>
#include <stdlib.h>

#include "api/packet.h"

/* libFuzzer calls it for every input, replay.c does otherwise. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
fuzz_check(bool kept)
{
    if (!kept) {
        abort();
    }
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
