/* What an attempt is compared with: others of the same capture that share all but one thing with it. They strike causes out: a
 * server is not down if another port of it answers the same client.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_CONTROL_H
#define NETCASE_API_CONTROL_H

#include "attempt.h"
#include "flow.h"

/* What one client met at one port of a server. Frames are 0 where there is none. */
struct control {
    uint16_t port;

    /* The newest attempt that was accepted: by SYN-ACK at least. */
    uint32_t good_frame;
    uint8_t good_ttl;   /* of its SYN-ACK */
    int64_t good_delay; /* from the SYN to it */
    bool has_timestamp; /* of its SYN (RFC 7323) */
    uint32_t timestamp;

    /* The newest that failed. */
    int64_t bad_time;
    uint8_t bad_outcome; /* enum outcome */
    uint8_t bad_ttl;     /* of the RST that refused it */
    int64_t bad_delay;   /* from the SYN to that */

    uint32_t flow; /* number of the newest attempt of any kind */
    int64_t time;  /* of its first SYN */
};

/* The newest ones are kept: so many ports for a client at a server. */
enum { CONTROLS_MAX = 4 };

/* `count` controls at `control`, in no order. Valid until the callback returns. */
struct control_list {
    const struct control *control;
    unsigned count;
};

/* That of a port, NULL if it is not among them. */
static inline const struct control *
control_of_port(const struct control_list *list, uint16_t port)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->control[i].port == port)
            return &list->control[i];
    return NULL;
}

/* Another client that completed a handshake at the same server and port. */
struct client_control {
    struct ip_address client;
    uint32_t frame; /* that completed it; 0 = there is none */
};

/* TLS handshakes with the same server that were completed. Frames are 0 where there is none. */
struct tls_controls {
    uint32_t other_name;             /* of the same client, for another server name */
    struct client_control of_client; /* of another one, for the same name or, where none is known, for any */
};

#endif
