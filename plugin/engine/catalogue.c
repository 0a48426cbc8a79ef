/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/catalogue.h"

#include <glib.h>

#define DETECTOR(family, name) extern const struct detector family##_##name##_detector;
#include "detectors/detectors.def"
#undef DETECTOR

const struct detector *const catalogue_detectors[] = {
#define DETECTOR(family, name) &family##_##name##_detector,
#include "detectors/detectors.def"
#undef DETECTOR
    NULL,
};

const size_t catalogue_detector_count = G_N_ELEMENTS(catalogue_detectors) - 1;
G_STATIC_ASSERT(G_N_ELEMENTS(catalogue_detectors) - 1 <= CATALOGUE_DETECTORS_MAX);

size_t
catalogue_case_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < catalogue_detector_count; i++)
        count += catalogue_detectors[i]->case_count;
    return count;
}

const struct case_info *
catalogue_case(size_t number)
{
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        if (number < catalogue_detectors[i]->case_count)
            return &catalogue_detectors[i]->cases[number];
        number -= catalogue_detectors[i]->case_count;
    }
    g_return_val_if_reached(NULL);
}

size_t
catalogue_case_number(const struct case_info *info)
{
    size_t first = 0;
    for (size_t i = 0; i < catalogue_detector_count; i++) {
        const struct detector *detector = catalogue_detectors[i];
        if (info >= detector->cases && info < detector->cases + detector->case_count)
            return first + (size_t)(info - detector->cases);
        first += detector->case_count;
    }
    g_return_val_if_reached(0);
}

size_t
catalogue_threshold_number(size_t detector, size_t threshold)
{
    size_t number = threshold;
    for (size_t i = 0; i < detector; i++)
        number += catalogue_detectors[i]->threshold_count;
    return number;
}

unsigned *
catalogue_default_thresholds(void)
{
    unsigned *values = g_new0(unsigned, catalogue_threshold_number(catalogue_detector_count, 0) + 1);
    for (size_t i = 0; i < catalogue_detector_count; i++)
        for (size_t j = 0; j < catalogue_detectors[i]->threshold_count; j++)
            values[catalogue_threshold_number(i, j)] = catalogue_detectors[i]->thresholds[j].default_value;
    return values;
}
