/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/corrupt.h"

#include "api/reset.h"
#include "wire/checksum.h"

/* Urgent data and congestion marks: a RST with data that has them is a data segment, one bit of which fell over. */
enum { DATA_BITS = 0x20 | 0x40 | 0x80 };

bool
corrupt_flags(const struct packet *packet)
{
    unsigned control = packet->flags & (TCP_SYN | TCP_FIN | TCP_RST);
    if ((control & (control - 1)) != 0)
        return true;
    if (control != TCP_RST || packet->payload.length == 0)
        return false;
    return (packet->flags & DATA_BITS) != 0 || reset_data_of(&packet->payload) == RESET_NOISE;
}

bool
corrupt_checksum(const struct packet *packet, const struct payload *segment, const struct host *sender)
{
    return sender != NULL && sender->right_checksums && (packet->flags & (TCP_SYN | TCP_RST)) != 0 &&
           wire_tcp_checksum(segment, packet) == CHECKSUM_WRONG;
}

void
corrupt_note_checksum(const struct packet *packet, const struct payload *segment, struct host *sender)
{
    /* One is enough, and packets without data cost least. */
    if (sender->right_checksums || packet->payload.length > 0 || sender->checksums_read == CHECKSUMS_READ_MAX)
        return;
    sender->checksums_read++;
    sender->right_checksums = wire_tcp_checksum(segment, packet) == CHECKSUM_RIGHT;
}
