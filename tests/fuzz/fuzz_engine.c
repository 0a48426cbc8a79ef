/* Whole captures: a sequence of packets (sequence.h) goes through the engine and all detectors, and all that is shown of them
 * is made. The bits of the sequence's options say how.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"
#include "fuzz.h"
#include "sequence.h"
#include "shown.h"

enum { ENGINE_OPENS_VXLAN = 1, DETECTORS_REVERSED = 2, NO_COUNTRIES = 4, HOME_IS_SET = 8 };

/* Opened once: it is the same in every run, and large. */
static struct country_database *
shared_countries(void)
{
    static struct country_database *countries;
    char *problem = NULL;
    if (countries == NULL)
        countries = country_database_open(COUNTRY_DATABASE, &problem);
    fuzz_check(countries != NULL);
    return countries;
}

/* All times as they are in the file: what the engine makes of them is its business. */
static void
feed_all(struct engine *engine, const struct sequence *sequence)
{
    for (unsigned i = 0; i < sequence->count; i++) {
        const struct sequence_packet *packet = &sequence->packet[i];
        feed_ip(&(struct feed){.engine = engine,
                               .frame = i + 1,
                               .time = packet->time,
                               .engine_opens = (sequence->options & ENGINE_OPENS_VXLAN) != 0},
                &(struct payload){packet->bytes, packet->captured, (uint32_t)packet->captured + packet->cut});
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sequence sequence;
    struct settings settings;
    sequence_read(&sequence, data, size);
    settings_init(&settings);
    settings.countries = sequence.options & NO_COUNTRIES ? NULL : shared_countries();
    settings.detectors_reversed = (sequence.options & DETECTORS_REVERSED) != 0;
    if (sequence.options & HOME_IS_SET) {
        g_strfreev(settings.home_countries);
        settings.home_countries = g_strsplit("CN HK", " ", -1);
    }
    struct engine *engine = engine_new(&settings);
    feed_all(engine, &sequence);
    shown_check(engine, sequence.count, shown_no_name);
    engine_free(engine);
    settings_clear(&settings);
    return 0;
}

/* -- Mutations, of libFuzzer and of replay.c -------------------------------------------------- */

/* libFuzzer's own mutation of bytes; replay.c has none. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity) __attribute__((weak));

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed)
{
    if (LLVMFuzzerMutate != NULL && seed % 8 == 0)
        return LLVMFuzzerMutate(data, size, capacity);
    return sequence_mutate(data, size, capacity, &(struct dice){seed});
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other, size_t other_size, uint8_t *out,
                          size_t capacity, unsigned seed)
{
    return sequence_cross(one, one_size, other, other_size, out, capacity, &(struct dice){seed});
}
