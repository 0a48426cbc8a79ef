/* What an attempt is compared with: others of the same capture that share all but one thing with it. They strike causes out: a
 * server is not down if another port of it answers the same client.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_CONTROL_H
#define NETCASE_API_CONTROL_H

#include "attempt.h"
#include "flow.h"

/* What one client met at one port of a server. Frames are 0 where there is none, times are in nanoseconds since 1970. */
struct control {
    struct ip_address client;
    uint16_t port;
    uint32_t flow;     /* number of the newest attempt of any kind */
    int64_t time;      /* of its first SYN */
    uint32_t sequence; /* of the first byte after that SYN */

    /* The newest attempt that was accepted: by SYN-ACK at least. */
    uint32_t good_frame;
    int64_t good_time;
    uint8_t good_ttl;   /* of its SYN-ACK */
    int64_t good_delay; /* from the SYN to it */
    bool has_timestamp; /* of its SYN (RFC 7323) */
    uint32_t timestamp;

    /* The newest of which the handshake was completed; known of a port's clients only. */
    uint32_t connected_frame;
    int64_t connected_time;

    /* The newest that was more than accepted: for so long the server kept it open (CONTROL_SERVED: it sent data, or took some), and
     * what shows that. All are those of the newest failure once there is one. */
    int64_t kept;
    uint32_t kept_frame;
    int64_t kept_time;

    /* The newest that failed. */
    int64_t bad_time;
    uint8_t bad_outcome; /* enum outcome */
    uint8_t bad_ttl;     /* of the RST that refused it */
    int64_t bad_delay;   /* from the SYN to that */

    /* Attempts that came so far that the server sent data, or that the client was free to leave, and when the newest one did. */
    uint32_t served;
    int64_t served_time;
};

#define CONTROL_SERVED INT64_MAX

/* Attempts of one client at one port that failed alike, one after another: none began before the one before had ended. */
struct failures {
    uint8_t outcome;       /* enum outcome, of all of them */
    bool by_reset, by_fin; /* of OUTCOME_CLOSED */
    bool hello; /* what the server closed on was a ClientHello, or may have been one, of which nothing was captured */
    bool late;  /* OUTCOME_CLOSED after more than 2 s */
    uint32_t count, of_all;           /* of these, of all that ever failed */
    uint32_t first_frame, last_frame; /* first SYN of the first, end of the last: where there was none, its last SYN */
    int64_t first_time, last_time;    /* of these */
    uint32_t decided_frame;           /* attempt.frame of the last */
    int64_t longest;                  /* of OUTCOME_CLOSED: attempt.lasted */
};

/* The newest ones are kept, those that work as well as those that fail: so many ports for a client at a server, and so many clients
 * of a port. */
enum { CONTROL_PORTS_MAX = 4, CONTROL_CLIENTS_MAX = 6 };

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
