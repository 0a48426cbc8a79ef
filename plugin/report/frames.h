/* The frames that the engine has seen, and what to show on them later.
 *
 * The engine numbers frames as it sees them. That is not the user's number: with a read filter
 * Wireshark gives the number of a rejected frame again to the next one (`tshark -2 -R`, `wireshark
 * -R`). The offset in the file tells them apart.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_FRAMES_H
#define NETCASE_REPORT_FRAMES_H

#include "api/packet.h"
#include "api/session.h"
#include "report/view.h"

struct frames;

struct frames *frames_new(void);
void frames_free(struct frames *frames);

/* A frame of a file, by the user's number of it, from 1 on, and its offset in the file. */
struct frame_place {
    uint32_t number;
    int64_t offset;
};

/* The engine's number of a frame: the next one if it has none yet. */
uint32_t frames_add(struct frames *frames, struct frame_place place);

/* The same without giving a number: 0 if the engine has not seen the frame. */
uint32_t frames_known(const struct frames *frames, struct frame_place place);

/* The same by the user's number alone. */
uint32_t frames_by_number(const struct frames *frames, uint32_t number);

/* The newest of the engine's numbers, 0 if it has seen no frame. */
uint32_t frames_newest(const struct frames *frames);

/* The user's number of a frame, 0 if the frame was rejected by a read filter. */
uint32_t frames_shown_number(const struct frames *frames, uint32_t frame);

/* The packet is in the frame, and of this flow; 0 for an ICMP error. The first one of a flow is kept. */
void frames_add_packet(struct frames *frames, uint32_t frame, uint32_t flow, const struct packet *packet);

/* The packet that is kept of the frame, false if there is none. */
bool frames_packet(const struct frames *frames, uint32_t frame, struct seen_packet *packet);

/* The flow at this place (0, 1, ...) in the order of layers, 0 if there are no more. */
uint32_t frames_flow(const struct frames *frames, uint32_t frame, unsigned place);

/* What brought the frame's innermost packet, if an encapsulation session did. */
struct frame_mirror {
    uint32_t session; /* number, 0 = none */
    uint32_t cut;     /* bytes missing inside */
    enum mirror_direction direction;
};

void frames_set_mirror(struct frames *frames, uint32_t frame, struct frame_mirror mirror);
struct frame_mirror frames_mirror(const struct frames *frames, uint32_t frame);

#endif
