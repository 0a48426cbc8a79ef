/* Packets that no stack sends, or that no stack takes: bits fell over on the way, or somebody tries what a filter
 * believes. They begin no connection, end none and answer nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_CORRUPT_H
#define NETCASE_ENGINE_CORRUPT_H

#include "engine/flow_table.h"

/* Whether the control bits of a TCP packet can't be meant: SYN with RST or FIN, FIN with RST, or RST with data that is no
 * text (RFC 9293, 3.5.2), or with data and bits that no RST has. */
bool corrupt_flags(const struct packet *packet);

/* Whether a SYN or RST has a wrong checksum while others of its sender have right ones: where all are wrong, the network
 * card puts them in behind the capture. `segment` is the packet from its TCP header on; `sender` is NULL if nothing is known
 * of it. */
bool corrupt_checksum(const struct packet *packet, const struct payload *segment, const struct host *sender);

/* Learn from a packet of the flow whether its sender's checksums are right where they are captured. */
void corrupt_note_checksum(const struct packet *packet, const struct payload *segment, struct host *sender);

#endif
