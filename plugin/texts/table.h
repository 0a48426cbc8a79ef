/* The table that zh_CN.po is compiled into.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TEXTS_TABLE_H
#define NETCASE_TEXTS_TABLE_H

#include <stddef.h>

struct translation {
    const char *context, *english, *translated;
};

/* Sorted by context, bytewise. */
extern const struct translation texts_zh_cn[];
extern const size_t texts_zh_cn_count;

#endif
