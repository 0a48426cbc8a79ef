/* Kinds of addresses, after the registries of special-purpose addresses (RFC 6890, with the blocks
 * that later documents added) and of multicast addresses (RFC 5771, RFC 4291).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/address.h"

#include <arpa/inet.h>

#include <stddef.h>

struct block {
    uint8_t family;
    uint8_t bytes[16];
    uint8_t prefix; /* bits */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct block not_public[] = {
    {4, {0}, 8},                       /* this network, RFC 791 */
    {4, {10}, 8},                      /* private, RFC 1918 */
    {4, {100, 64}, 10},                /* shared with the provider, RFC 6598 */
    {4, {127}, 8},                     /* loopback, RFC 1122 */
    {4, {169, 254}, 16},               /* link local, RFC 3927 */
    {4, {172, 16}, 12},                /* private, RFC 1918 */
    {4, {192, 0, 0}, 24},              /* protocol assignments, RFC 6890 */
    {4, {192, 0, 2}, 24},              /* documentation, RFC 5737 */
    {4, {192, 88, 99}, 24},            /* former 6to4 relays, RFC 7526 */
    {4, {192, 168}, 16},               /* private, RFC 1918 */
    {4, {198, 18}, 15},                /* benchmarks, RFC 2544 */
    {4, {198, 51, 100}, 24},           /* documentation, RFC 5737 */
    {4, {203, 0, 113}, 24},            /* documentation, RFC 5737 */
    {4, {224}, 4},                     /* multicast, RFC 5771 */
    {4, {240}, 4},                     /* reserved, and the limited broadcast, RFC 1112, RFC 919 */
    {6, {0x20, 0x01, 0x00, 0x02}, 48}, /* benchmarks, RFC 5180 */
    {6, {0x20, 0x01, 0x00, 0x10}, 28}, /* former ORCHID, RFC 4843 */
    {6, {0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, RFC 3849 */
    {6, {0x3f, 0xff}, 20},             /* documentation, RFC 9637 */
};

/* All that IANA gave out for global unicast; link local, unique local, loopback, mapped and
 * multicast addresses lie outside of it (RFC 4291, 2.4). */
static const struct block global_ipv6 = {6, {0x20}, 3};

/* NAT64 with the well-known prefix: an IPv4 address in the last four bytes (RFC 6052, 2.1). */
static const struct block nat64 = {6, {0x00, 0x64, 0xff, 0x9b}, 96};

static bool
in_block(const struct ip_address *address, const struct block *block)
{
    if (address->family != block->family) {
        return false;
    }
    size_t whole = block->prefix / 8;
    unsigned rest = block->prefix % 8;
    if (memcmp(address->bytes, block->bytes, whole) != 0) {
        return false;
    }
    unsigned mask = 0xff00u >> rest & 0xffu;
    return rest == 0 || ((address->bytes[whole] ^ block->bytes[whole]) & mask) == 0;
}

bool
address_is_public(const struct ip_address *address)
{
    if (in_block(address, &nat64)) {
        struct ip_address embedded = {.family = 4};
        memcpy(embedded.bytes, address->bytes + 12, 4);
        return address_is_public(&embedded);
    }
    if (address->family != 4 && !in_block(address, &global_ipv6)) {
        return false;
    }
    for (size_t i = 0; i < COUNT(not_public); i++) {
        if (in_block(address, &not_public[i])) {
            return false;
        }
    }
    return true;
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
