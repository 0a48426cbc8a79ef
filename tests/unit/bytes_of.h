/* Packet bytes from text, for tests. Every buffer is allocated in its exact size, so that the
 * address sanitizer sees the first byte that is read beyond it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_BYTES_OF_H
#define NETCASE_TESTS_BYTES_OF_H

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/packet.h"

/* The bytes of hexadecimal digits; spaces between them are ignored. */
static inline GByteArray *
bytes_of(const char *hex)
{
    GByteArray *bytes = g_byte_array_new();
    for (const char *at = hex; *at != '\0'; at++) {
        if (*at == ' ') {
            continue;
        }
        int high = g_ascii_xdigit_value(at[0]), low = g_ascii_xdigit_value(at[1]);
        assert_true(high >= 0 && low >= 0);
        uint8_t byte = (uint8_t)(high << 4 | low);
        g_byte_array_append(bytes, &byte, 1);
        at++;
    }
    return bytes;
}

/* A payload of which only the first `captured` bytes are there. Its bytes are freed by g_free. */
static inline struct payload
cut_payload(const GByteArray *bytes, uint32_t captured)
{
    struct payload payload = {.captured = captured, .length = bytes->len};
    uint8_t *copy = g_malloc(captured > 0 ? captured : 1);
    if (captured > 0) {
        memcpy(copy, bytes->data, captured);
    }
    payload.bytes = copy;
    return payload;
}

static inline struct payload
payload_of(const char *hex)
{
    GByteArray *bytes = bytes_of(hex);
    struct payload payload = cut_payload(bytes, bytes->len);
    g_byte_array_unref(bytes);
    return payload;
}

static inline void
payload_free(struct payload payload)
{
    g_free((uint8_t *)payload.bytes);
}

/* An IPv4 address. */
static inline struct ip_address
ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct ip_address){.family = 4, .bytes = {a, b, c, d}};
}

#endif
