/* What the data of a RST is (RFC 9293, 3.5.2: it may hold text that tells the cause).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_RESET_H
#define NETCASE_API_RESET_H

#include "packet.h"

/* WORDS: text. REQUEST: a passing HTTP message, in a data segment that a device turned into a RST. INJECTOR: 01 02 03 04
 * 05 06 07 08 09 00, as a provincial filter sends it (gfw.report on Henan). UNSEEN: nothing of it was captured. */
enum reset_data { RESET_NO_DATA, RESET_WORDS, RESET_REQUEST, RESET_INJECTOR, RESET_UNSEEN, RESET_NOISE };

enum reset_data reset_data_of(const struct payload *payload);

enum { RESET_TEXT_MAX = 80 };

/* The words, cut to what fits, '?' for bytes that can't be printed. */
void reset_data_text(const struct payload *payload, char text[RESET_TEXT_MAX + 1]);

#endif
