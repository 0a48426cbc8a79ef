/* Kinds of addresses, after the registries of special-purpose addresses (RFC 6890, with the blocks
 * that later documents added) and of multicast addresses (RFC 5771, RFC 4291).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/address.h"

#include <arpa/inet.h>

#include <stddef.h>

#include "wire/bytes.h"

/* The first 64 bits of an address, all of those of IPv4 above, and how many of them count. */
struct block {
    uint64_t first;
    uint8_t prefix;
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define V4(a, b, c, prefix)                                                                                            \
    {                                                                                                                  \
        UINT64_C(a) << 56 | UINT64_C(b) << 48 | UINT64_C(c) << 40, prefix                                              \
    }
#define V6(a, b, c, prefix)                                                                                            \
    {                                                                                                                  \
        UINT64_C(a) << 48 | UINT64_C(b) << 32 | UINT64_C(c) << 16, prefix                                              \
    }

static const struct block not_public4[] = {
    V4(0, 0, 0, 8),       /* this network, RFC 791 */
    V4(10, 0, 0, 8),      /* private, RFC 1918 */
    V4(100, 64, 0, 10),   /* shared with the provider, RFC 6598 */
    V4(127, 0, 0, 8),     /* loopback, RFC 1122 */
    V4(169, 254, 0, 16),  /* link local, RFC 3927 */
    V4(172, 16, 0, 12),   /* private, RFC 1918 */
    V4(192, 0, 0, 24),    /* protocol assignments, RFC 6890 */
    V4(192, 0, 2, 24),    /* documentation, RFC 5737 */
    V4(192, 88, 99, 24),  /* former 6to4 relays, RFC 7526 */
    V4(192, 168, 0, 16),  /* private, RFC 1918 */
    V4(198, 18, 0, 15),   /* benchmarks, RFC 2544 */
    V4(198, 51, 100, 24), /* documentation, RFC 5737 */
    V4(203, 0, 113, 24),  /* documentation, RFC 5737 */
    V4(224, 0, 0, 4),     /* multicast, RFC 5771 */
    V4(240, 0, 0, 4),     /* reserved, and the limited broadcast, RFC 1112, RFC 919 */
};

static const struct block not_public6[] = {
    V6(0x2001, 0x0002, 0, 48), /* benchmarks, RFC 5180 */
    V6(0x2001, 0x0010, 0, 28), /* former ORCHID, RFC 4843 */
    V6(0x2001, 0x0db8, 0, 32), /* documentation, RFC 3849 */
    V6(0x3fff, 0, 0, 20),      /* documentation, RFC 9637 */
};

/* All that IANA gave out for global unicast; link local, unique local, loopback, mapped and
 * multicast addresses lie outside of it (RFC 4291, 2.4). */
static const struct block global_ipv6 = V6(0x2000, 0, 0, 3);

/* NAT64 with the well-known prefix: an IPv4 address in the last four bytes (RFC 6052, 2.1). */
static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};

static bool
in_block(uint64_t first, const struct block *block)
{
    return (first ^ block->first) >> (64 - block->prefix) == 0;
}

static bool
in_any(uint64_t first, const struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (in_block(first, &blocks[i]))
            return true;
    return false;
}

static bool
is_public4(const uint8_t *bytes)
{
    return !in_any((uint64_t)read_u32(bytes) << 32, not_public4, COUNT(not_public4));
}

bool
address_is_public(const struct ip_address *address)
{
    const uint8_t *bytes = address->bytes;
    if (address->family == 4)
        return is_public4(bytes);
    if (address->family != 6)
        return false;
    if (memcmp(bytes, nat64, sizeof nat64) == 0)
        return is_public4(bytes + sizeof nat64);
    uint64_t first = (uint64_t)read_u32(bytes) << 32 | read_u32(bytes + 4);
    return in_block(first, &global_ipv6) && !in_any(first, not_public6, COUNT(not_public6));
}

bool
address_is_unicast(const struct ip_address *address)
{
    static const uint8_t unspecified[16], broadcast[4] = {255, 255, 255, 255};
    if (memcmp(address->bytes, unspecified, sizeof unspecified) == 0) {
        return false;
    }
    if (address->family == 4) {
        return (address->bytes[0] & 0xf0) != 0xe0 && memcmp(address->bytes, broadcast, sizeof broadcast) != 0;
    }
    return address->family == 6 && address->bytes[0] != 0xff;
}

void
address_format(const struct ip_address *address, char text[ADDRESS_TEXT_SIZE])
{
    int family = address->family == 4 ? AF_INET : AF_INET6;
    if (address->family == 0 || inet_ntop(family, address->bytes, text, ADDRESS_TEXT_SIZE) == NULL)
        strcpy(text, "?");
}
