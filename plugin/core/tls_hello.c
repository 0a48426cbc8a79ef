/* ClientHello and ServerHello: RFC 8446, 4.1.2 and 4.1.3; RFC 5246, 7.4.1.2 and 7.4.1.3. Both begin
 * with 4 bytes of handshake header, 2 of version, 32 of random, and a session id.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/tls_hello.h"

#include <string.h>

#include "core/bytes.h"

enum { VERSION_AT = 4, RANDOM_AT = 6, RANDOM_SIZE = 32, SESSION_ID_AT = 38 };
enum { EXTENSION_SERVER_NAME = 0, EXTENSION_SUPPORTED_VERSIONS = 43, VERSION_TLS13 = 0x0304 };

/* SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_SIZE] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

bool
tls_hello_begins(struct tls_handshake hello, uint8_t type)
{
    if (hello.captured == 0 || hello.bytes[0] != type || (hello.captured > 1 && hello.bytes[1] != 0)) {
        return false;
    }
    bool version_visible = hello.captured >= TLS_HELLO_PROOF;
    return !version_visible || (hello.bytes[VERSION_AT] == 3 && hello.bytes[VERSION_AT + 1] <= 3);
}

/* Step over a vector: `width` bytes of length, then as many bytes. */
static bool
skip_vector(struct tls_handshake hello, uint32_t *at, uint32_t width)
{
    if (*at + width > hello.captured) {
        return false;
    }
    uint32_t length = width == 1 ? hello.bytes[*at] : read_u16(hello.bytes + *at);
    *at += width + length;
    return *at <= hello.captured;
}

/* The extension of this type in the list at `at`; its data may be cut. */
static bool
find_extension(struct tls_handshake hello, uint32_t at, uint16_t type, struct tls_handshake *data)
{
    at += 2; /* length of the list: the end of what was captured bounds it as well */
    while (at + 4 <= hello.captured) {
        const uint8_t *header = hello.bytes + at;
        uint32_t length = read_u16(header + 2), left = hello.captured - at - 4;
        if (read_u16(header) == type) {
            *data = (struct tls_handshake){header + 4, length < left ? length : left};
            return true;
        }
        at += 4 + length;
    }
    return false;
}

/* The only name type is host_name, and a list holds one name of a type. */
static bool
copy_name(struct tls_handshake list, char *name, size_t size)
{
    if (list.captured < 5 || list.bytes[2] != 0) {
        return false;
    }
    uint32_t length = read_u16(list.bytes + 3);
    if (length == 0 || length > list.captured - 5 || length >= size) {
        return false;
    }
    for (uint32_t i = 0; i < length; i++) {
        uint8_t byte = list.bytes[5 + i];
        if (byte <= 0x20 || byte > 0x7e) {
            return false;
        }
        name[i] = (char)byte;
    }
    name[length] = '\0';
    return true;
}

void
tls_client_hello_name(struct tls_handshake hello, char *name, size_t size)
{
    uint32_t at = SESSION_ID_AT;
    struct tls_handshake list;
    bool reached = skip_vector(hello, &at, 1) && /* session id */
                   skip_vector(hello, &at, 2) && /* cipher suites */
                   skip_vector(hello, &at, 1);   /* compression methods */
    if (!reached || !find_extension(hello, at, EXTENSION_SERVER_NAME, &list) || !copy_name(list, name, size)) {
        name[0] = '\0';
    }
}

bool
tls_hello_is_retry(struct tls_handshake hello)
{
    return hello.captured >= SESSION_ID_AT && memcmp(hello.bytes + RANDOM_AT, retry_random, RANDOM_SIZE) == 0;
}

bool
tls_hello_chose_tls13(struct tls_handshake hello)
{
    uint32_t at = SESSION_ID_AT;
    struct tls_handshake version;
    if (!skip_vector(hello, &at, 1)) {
        return false;
    }
    at += 3; /* cipher suite, compression method */
    return find_extension(hello, at, EXTENSION_SUPPORTED_VERSIONS, &version) && version.captured >= 2 &&
           read_u16(version.bytes) == VERSION_TLS13;
}
