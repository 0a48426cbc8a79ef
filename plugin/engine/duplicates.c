/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/duplicates.h"

#include <glib.h>

#include "api/digest.h"

enum { SETS = 1 << 14, WAYS = 2, DIGEST_BYTES = 64 };
enum { PORT_DNS = 53, DIGEST_BYTES_DNS = 512 };

struct duplicates {
    struct sighting sighting[SETS][WAYS];
};

struct duplicates *
duplicates_new(void)
{
    return g_new0(struct duplicates, 1);
}

void
duplicates_free(struct duplicates *duplicates)
{
    g_free(duplicates);
}

/* The digest of what `digest` stands for, followed by these bytes: a word of 64 bits at a time, the rest as one. */
static uint64_t
digest_bytes(uint64_t digest, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (; size >= 8; byte += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, byte, sizeof word);
        digest = digest_mix(digest, word);
    }
    if (size > 0) {
        uint64_t rest = 0;
        memcpy(&rest, byte, size);
        digest = digest_mix(digest, rest);
    }
    return digest;
}

/* Every packet is digested: one product for each word, with odd numbers that are far apart, and one fold. */
static uint64_t
packet_digest(const struct packet *packet, uint32_t scope)
{
    uint64_t ports = (uint64_t)packet->source.port << 48 | (uint64_t)packet->destination.port << 32 | scope;
    uint64_t length = (uint64_t)packet->payload.length << 32 | packet->window;
    uint64_t rest =
        (uint64_t)(packet->has_ip_id ? packet->ip_id : 0) << 16 | (uint64_t)packet->protocol << 8 | packet->flags;
    uint64_t numbers = (uint64_t)packet->sequence << 32 | packet->acknowledgment;
    uint64_t times = (uint64_t)packet->timestamp << 32 | packet->timestamp_echo;
    uint64_t hash = digest_mix(ports * UINT64_C(0xc2b2ae3d27d4eb4f) + length * UINT64_C(0x165667b19e3779f9) +
                                   rest * UINT64_C(0xff51afd7ed558ccd) + numbers * UINT64_C(0x85ebca77c2b2ae63),
                               times);

    /* A flow has its addresses, so the ports suffice to tell the direction. */
    if (scope == 0 || packet->source.port == packet->destination.port) {
        hash = digest_bytes(hash, packet->source.address.bytes, sizeof packet->source.address.bytes);
        hash = digest_bytes(hash, packet->destination.address.bytes, sizeof packet->destination.address.bytes);
    }
    /* A copy may be cut shorter than the other: only TCP is told apart by its numbers, so the bytes
     * count for the rest only. */
    if (packet->protocol != PROTOCOL_TCP) {
        /* A forged DNS answer may differ from the true one in its last bytes only. */
        bool dns = packet->source.port == PORT_DNS;
        uint32_t most = dns ? DIGEST_BYTES_DNS : DIGEST_BYTES;
        uint32_t size = packet->payload.captured < most ? packet->payload.captured : most;
        hash = digest_bytes(hash, packet->payload.bytes, size);
    }
    return hash != 0 ? hash : 1;
}

static bool
is_copy(const struct sighting *sighting, const struct packet *packet)
{
    int64_t apart = packet->time - sighting->time;
    return apart < MILLISECONDS(900) && apart > -MILLISECONDS(900) && packet->ttl <= sighting->ttl;
}

const struct sighting *
duplicates_check(struct duplicates *duplicates, const struct packet *packet, uint32_t scope)
{
    uint64_t digest = packet_digest(packet, scope);
    struct sighting *set = duplicates->sighting[digest % SETS];
    struct sighting *place = &set[0];

    for (unsigned way = 0; way < WAYS; way++) {
        if (set[way].digest == digest && is_copy(&set[way], packet))
            return &set[way];
        if (set[way].digest == digest || set[way].digest == 0 || set[way].frame < place->frame)
            place = &set[way];
        if (place->digest == digest || place->digest == 0)
            break;
    }
    *place = (struct sighting){
        .digest = digest, .time = packet->time, .frame = packet->frame, .session = packet->session, .ttl = packet->ttl};
    return NULL;
}
