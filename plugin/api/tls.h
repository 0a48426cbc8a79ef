/* What can be read from TLS without keys (RFC 8446, 5.1; RFC 5246, 6.2.1).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_TLS_H
#define NETCASE_API_TLS_H

#include <stdbool.h>
#include <stdint.h>

enum { TLS_CHANGE_CIPHER_SPEC = 20, TLS_ALERT = 21, TLS_HANDSHAKE = 22, TLS_APPLICATION_DATA = 23 };
enum { TLS_CLIENT_HELLO = 1, TLS_SERVER_HELLO = 2 };
enum { TLS_ALERT_WARNING = 1, TLS_ALERT_FATAL = 2 };

/* Length of a TLS 1.3 record that holds an encrypted alert: 2 bytes of alert, 1 of content type,
 * 16 of tag (AES-GCM, ChaCha20-Poly1305; RFC 8446, 5.2). Other short messages look the same. */
enum { TLS13_ALERT_LENGTH = 19 };

/* One record. `handshake_type` is 0 unless the record is a plaintext handshake message that begins
 * with it; `alert_*` are 0 and `alert_plain` false unless the record is an unencrypted alert. */
struct tls_record {
    uint8_t type;
    uint16_t version; /* of the record header */
    uint16_t length;  /* without the 5 bytes of header */
    uint8_t handshake_type;
    bool alert_plain;
    uint8_t alert_level, alert_description;
};

enum { TLS_RECORDS_MAX = 8 };

/* The records whose header begins in one packet, in order; of more than TLS_RECORDS_MAX the last
 * place is overwritten, so that the first ones and the last one are always there. `whole` tells
 * that the packet ends where its last record ends. */
struct tls_records {
    unsigned count;
    struct tls_record record[TLS_RECORDS_MAX];
    bool whole;
};

/* What is known of one TLS connection: a part of `struct flow`. */
struct tls_connection {
    bool seen;  /* TLS records were found, at least one of each claim below needs it */
    bool blind; /* records of a side could not be followed (cut, lost or began earlier) */
    bool client_hello, server_hello;
    uint32_t client_hello_frame, server_hello_frame;
    int64_t client_hello_time;
    bool tls13;            /* the ServerHello chose TLS 1.3 (RFC 8446, 4.2.1) */
    bool finished;         /* the handshake ended: protected records of both sides followed it */
    bool client_data;      /* the client sent application data, maybe before the server finished (RFC 7918) */
    bool fatal_alert;      /* an unencrypted fatal alert was seen */
    char server_name[128]; /* SNI of the ClientHello (RFC 6066, 3), "" if unknown */
};

/* Name of an alert (RFC 8446, 6) such as "unknown_ca"; "alert 200" is given as "unknown". */
const char *tls_alert_name(uint8_t description);

#endif
