/* Every difference between the versions of libwiretap that the command supports (4.0 to 4.6), and no other file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_COMMAND_WIRETAP_COMPAT_H
#define NETCASE_COMMAND_WIRETAP_COMPAT_H

#include <wireshark.h>

#include <wiretap/wtap.h>
#include <wsutil/buffer.h>
#include <wsutil/wslog.h>

#define WIRESHARK_AT_LEAST(major, minor)                                                                               \
    (WIRESHARK_MAJOR > (major) || (WIRESHARK_MAJOR == (major) && WIRESHARK_MINOR >= (minor)))

/* Until it is told who logs, libwiretap tells everything. */
static inline void
log_init(void)
{
#if WIRESHARK_AT_LEAST(4, 6)
    ws_log_init(NULL);
#else
    ws_log_init("netcase", NULL);
#endif
}

/* A record with its bytes: one from 4.6 on, two things before. */
struct record {
    wtap_rec head;
#if !WIRESHARK_AT_LEAST(4, 6)
    Buffer data;
#endif
};

static inline void
record_init(struct record *record)
{
#if WIRESHARK_AT_LEAST(4, 6)
    wtap_rec_init(&record->head, 1514);
#else
    wtap_rec_init(&record->head);
    ws_buffer_init(&record->data, 1514);
#endif
}

static inline void
record_clear(struct record *record)
{
    wtap_rec_cleanup(&record->head);
#if !WIRESHARK_AT_LEAST(4, 6)
    ws_buffer_free(&record->data);
#endif
}

static inline bool
record_read(wtap *file, struct record *record, int *error, char **details, int64_t *offset)
{
#if WIRESHARK_AT_LEAST(4, 6)
    return wtap_read(file, &record->head, error, details, offset);
#else
    return wtap_read(file, &record->head, &record->data, error, details, offset);
#endif
}

/* What wtap_read() holds on to until the next record. */
static inline void
record_reset(struct record *record)
{
    wtap_rec_reset(&record->head);
}

static inline const uint8_t *
record_bytes(struct record *record)
{
#if WIRESHARK_AT_LEAST(4, 6)
    return ws_buffer_start_ptr(&record->head.data);
#else
    return ws_buffer_start_ptr(&record->data);
#endif
}

#endif
