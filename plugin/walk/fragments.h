/* Puts IP packets together that were sent in several (RFC 791, 3.2; RFC 8200, 4.5), as Wireshark does: the whole packet stands in the frame
 * of the part that came last.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_WALK_FRAGMENTS_H
#define NETCASE_WALK_FRAGMENTS_H

#include "api/packet.h"
#include "memory/hash.h"
#include "wire/headers.h"

/* So many packets are waited for at once; then the one that began first is given up. */
enum { FRAGMENTED_MAX = 512 };

struct fragments;

struct fragments *fragments_new(const struct hash_seed *seed);
void fragments_free(struct fragments *fragments);

/* Take one part. The packet has addresses and protocol, `path` is that of its place. True if it was the missing one: `whole` is what IP
 * carries, until the next call. */
bool fragments_add(struct fragments *fragments, const struct packet *packet, uint32_t path,
                   const struct ip_fragment *fragment, struct payload *whole);

#endif
