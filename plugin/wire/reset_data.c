/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/reset.h"

#include "wire/bytes.h"

/* Four bytes of the pattern are enough where a mirror has cut the rest. */
enum { INJECTOR_ENOUGH = 4, WORDS_MIN = 4 };

static bool
is_injector(const struct payload *payload, uint32_t visible)
{
    static const uint8_t pattern[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
    return payload->length == sizeof pattern && visible >= INJECTOR_ENOUGH &&
           memcmp(payload->bytes, pattern, visible) == 0;
}

static bool
is_http(const struct payload *payload, uint32_t visible)
{
    static const char *const beginnings[] = {"GET ", "POST ", "HEAD ", "PUT ", "CONNECT ", "HTTP/"};
    for (unsigned i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (visible >= length && memcmp(payload->bytes, beginnings[i], length) == 0)
            return true;
    }
    return false;
}

static bool
prints(uint8_t byte)
{
    return byte >= ' ' && byte <= '~';
}

/* How much of the beginning is text: zeros at its end fill it up. */
static uint32_t
text_size(const struct payload *payload)
{
    uint32_t size = payload_visible(payload);
    size = size < RESET_TEXT_MAX ? size : RESET_TEXT_MAX;
    while (size > 0 && payload->bytes[size - 1] == 0)
        size--;
    return size;
}

static bool
is_words(const struct payload *payload)
{
    uint32_t size = text_size(payload), printable = 0;
    for (uint32_t i = 0; i < size; i++)
        printable += prints(payload->bytes[i]);
    return size >= WORDS_MIN && printable * 10 >= size * 9;
}

enum reset_data
reset_data_of(const struct payload *payload)
{
    uint32_t visible = payload_visible(payload);
    if (payload->length == 0)
        return RESET_NO_DATA;
    if (visible == 0)
        return RESET_UNSEEN;
    if (is_injector(payload, visible))
        return RESET_INJECTOR;
    if (is_http(payload, visible))
        return RESET_REQUEST;
    return is_words(payload) ? RESET_WORDS : RESET_NOISE;
}

void
reset_data_text(const struct payload *payload, char text[RESET_TEXT_MAX + 1])
{
    uint32_t size = text_size(payload);
    for (uint32_t i = 0; i < size; i++)
        text[i] = prints(payload->bytes[i]) ? (char)payload->bytes[i] : '?';
    text[size] = '\0';
}
