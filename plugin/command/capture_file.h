/* A capture file, read by libwiretap: every format that Wireshark reads, compressed ones too.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_COMMAND_CAPTURE_FILE_H
#define NETCASE_COMMAND_CAPTURE_FILE_H

#include "walk/walk.h"

struct capture_file;

/* Once, before anything else. */
void capture_files_init(void);

/* NULL and a message fit for a terminal, freed by the caller, if it can't be opened. "-" is standard input. */
struct capture_file *capture_file_open(const char *name, char **problem);
void capture_file_close(struct capture_file *file);

/* A frame as it stands in the file. */
struct captured_frame {
    int64_t offset; /* in the file */
    int64_t time;   /* nanoseconds since 1970, 0 if it has none */
    enum link_layer link;
    uint32_t interface;
    int kind; /* of link layer as libwiretap numbers them, for capture_file_link_name(); -1 if it is no packet */
    struct payload bytes; /* until the next call */
};

/* The next frame. False at the end, and with a message as above if it is no good end. */
bool capture_file_next(struct capture_file *file, struct captured_frame *frame, char **problem);

/* "IEEE 802.11 Wireless LAN"; for -1 of what is no packet. */
const char *capture_file_link_name(int kind);

#endif
