/* The detectors of detectors.def as one table, and the numbers that their cases and thresholds have
 * in it. The numbers depend on the order of the table: never show or store them outside of a run.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_CATALOGUE_H
#define NETCASE_ENGINE_CATALOGUE_H

#include "api/detector.h"

/* The engine keeps sets of detectors, a bit for each. */
enum { CATALOGUE_DETECTORS_MAX = 128 };

extern const struct detector *const catalogue_detectors[];
extern const size_t catalogue_detector_count;

size_t catalogue_case_count(void);

/* The case with this number, and the number of a case; the case must be one of the catalogue. */
const struct case_info *catalogue_case(size_t number);
size_t catalogue_case_number(const struct case_info *info);

/* The number of a detector's threshold, and an array with the defaults of all (the caller frees it
 * with g_free). */
size_t catalogue_threshold_number(size_t detector, size_t threshold);
unsigned *catalogue_default_thresholds(void);

#endif
