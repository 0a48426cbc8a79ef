/* ClientHello and ServerHello: RFC 8446, 4.1.2 and 4.1.3; RFC 5246, 7.4.1.2 and 7.4.1.3. Both begin
 * with 4 bytes of handshake header, 2 of version, 32 of random, and a session id.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/tls_hello.h"

#include <string.h>

enum { VERSION_AT = 4, RANDOM_AT = 6, RANDOM_SIZE = 32, FIXED_SIZE = 38, NAME_HEADER_SIZE = 5 };
enum { EXTENSION_SERVER_NAME = 0, EXTENSION_SUPPORTED_VERSIONS = 43, VERSION_TLS13 = 0x0304 };

/* What the next bytes are. */
enum stage {
    CLOSED,
    FIXED,
    SESSION_LENGTH,
    SESSION,
    SUITES_LENGTH, /* of a ClientHello, and what follows up to METHODS_LENGTH */
    SUITES,
    METHODS_LENGTH,
    METHODS,     /* of a ServerHello: one suite and one method */
    LIST_LENGTH, /* of the extensions; not needed, the message ends where they do */
    EXTENSION_TYPE,
    EXTENSION_LENGTH,
    EXTENSION,
    VERSION,
    NAME_TYPE, /* behind the length of the list; a list holds one name of a type */
    NAME_LENGTH,
    NAME,
};

/* SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[RANDOM_SIZE] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

void
tls_hello_start(struct tls_hello *hello)
{
    *hello = (struct tls_hello){.stage = FIXED, .left = FIXED_SIZE};
}

bool
tls_hello_is_open(const struct tls_hello *hello)
{
    return hello->stage != CLOSED;
}

void
tls_hello_close(struct tls_hello *hello)
{
    hello->stage = CLOSED;
}

bool
tls_hello_is_settled(const struct tls_hello *hello)
{
    return hello->stage != FIXED;
}

bool
tls_hello_is_retry(const struct tls_hello *hello)
{
    return hello->type == TLS_SERVER_HELLO && hello->position >= FIXED_SIZE && !hello->other_random;
}

/* Whether a hello can have this byte at this place of its fixed part. */
static bool
is_possible(unsigned at, uint8_t byte)
{
    switch (at) {
    case 0:
        return byte == TLS_CLIENT_HELLO || byte == TLS_SERVER_HELLO;
    case 1:
        return byte == 0;
    case VERSION_AT:
        return byte == 3;
    case VERSION_AT + 1:
        return byte <= 3;
    default:
        return true;
    }
}

bool
tls_hello_begins(const uint8_t *bytes, uint32_t captured)
{
    for (unsigned at = 0; at < RANDOM_AT; at++) {
        if (at >= captured || !is_possible(at, bytes[at])) {
            return false;
        }
    }
    return true;
}

static void
read_fixed(struct tls_hello *hello, uint8_t byte)
{
    unsigned at = hello->position++;
    if (!is_possible(at, byte)) {
        hello->type = 0;
        tls_hello_close(hello);
    } else if (at == 0) {
        hello->type = byte;
    } else if (at >= RANDOM_AT && byte != retry_random[at - RANDOM_AT]) {
        hello->other_random = true;
    }
}

/* The fixed part at once, if all of it is there. Returns the bytes that were read. */
static uint32_t
read_fixed_whole(struct tls_hello *hello, const uint8_t *bytes, uint32_t count)
{
    if (hello->position > 0 || count < FIXED_SIZE || !tls_hello_begins(bytes, count)) {
        read_fixed(hello, bytes[0]);
        return 1;
    }
    hello->type = bytes[0];
    hello->position = FIXED_SIZE;
    hello->other_random = memcmp(bytes + RANDOM_AT, retry_random, RANDOM_SIZE) != 0;
    return FIXED_SIZE;
}

static void
enter(struct tls_hello *hello, enum stage stage, uint16_t bytes)
{
    hello->stage = (uint8_t)stage;
    hello->left = bytes;
    hello->value = 0;
}

/* An extension of `size` bytes begins. */
static void
enter_extension(struct tls_hello *hello, uint16_t size)
{
    hello->size = size;
    if (hello->type == TLS_CLIENT_HELLO && hello->extension == EXTENSION_SERVER_NAME && size >= NAME_HEADER_SIZE) {
        enter(hello, NAME_TYPE, 3);
    } else if (hello->type == TLS_SERVER_HELLO && hello->extension == EXTENSION_SUPPORTED_VERSIONS && size == 2) {
        enter(hello, VERSION, 2);
    } else {
        enter(hello, EXTENSION, size);
    }
}

/* The name of this length begins. The only type is host_name, 0. */
static void
enter_name(struct tls_hello *hello, uint16_t length, char *name, size_t size)
{
    if (length == 0 || length > hello->size - NAME_HEADER_SIZE || length >= size) {
        tls_hello_close(hello);
        return;
    }
    name[0] = name[length] = '\0';
    hello->size = length;
    enter(hello, NAME, length);
}

/* The bytes of a stage are complete: go on to the next one. */
static void
advance(struct tls_hello *hello, char *name, size_t size)
{
    uint16_t value = hello->value;
    switch ((enum stage)hello->stage) {
    case FIXED:
        enter(hello, SESSION_LENGTH, 1);
        break;
    case SESSION:
        enter(hello, hello->type == TLS_CLIENT_HELLO ? SUITES_LENGTH : METHODS,
              hello->type == TLS_CLIENT_HELLO ? 2 : 3);
        break;
    case SESSION_LENGTH:
    case SUITES_LENGTH:
    case METHODS_LENGTH:
        enter(hello, (enum stage)(hello->stage + 1), value);
        break;
    case SUITES:
        enter(hello, METHODS_LENGTH, 1);
        break;
    case METHODS:
        enter(hello, LIST_LENGTH, 2);
        break;
    case LIST_LENGTH:
    case EXTENSION:
        enter(hello, EXTENSION_TYPE, 2);
        break;
    case EXTENSION_TYPE:
        hello->extension = value;
        enter(hello, EXTENSION_LENGTH, 2);
        break;
    case EXTENSION_LENGTH:
        enter_extension(hello, value);
        break;
    case VERSION:
        hello->tls13 = value == VERSION_TLS13;
        tls_hello_close(hello);
        break;
    case NAME_TYPE:
        enter(hello, (value & 0xff) == 0 ? NAME_LENGTH : CLOSED, 2);
        break;
    case NAME_LENGTH:
        enter_name(hello, value, name, size);
        break;
    case NAME:
        name[0] = hello->first;
        tls_hello_close(hello);
        break;
    case CLOSED:
        break;
    }
}

static void
read_name(struct tls_hello *hello, uint8_t byte, char *name)
{
    if (byte <= 0x20 || byte > 0x7e) {
        tls_hello_close(hello);
    } else if (hello->left == hello->size) {
        hello->first = (char)byte;
    } else {
        name[hello->size - hello->left] = (char)byte;
    }
}

/* Whether the bytes of the stage mean nothing here. Most bytes of a hello are such. */
static bool
is_skipped(const struct tls_hello *hello)
{
    return hello->stage == SESSION || hello->stage == SUITES || hello->stage == METHODS || hello->stage == EXTENSION;
}

void
tls_hello_feed(struct tls_hello *hello, const uint8_t *bytes, uint32_t count, char *name, size_t size)
{
    uint32_t step;
    for (uint32_t at = 0; at < count && tls_hello_is_open(hello); at += step) {
        step = 1;
        if (hello->stage == FIXED) {
            step = read_fixed_whole(hello, bytes + at, count - at);
        } else if (hello->stage == NAME) {
            read_name(hello, bytes[at], name);
        } else if (is_skipped(hello)) {
            step = hello->left < count - at ? hello->left : count - at;
        } else {
            hello->value = (uint16_t)(hello->value << 8 | bytes[at]);
        }
        hello->left = (uint16_t)(hello->left - step);
        while (hello->left == 0 && tls_hello_is_open(hello)) {
            advance(hello, name, size);
        }
    }
}
