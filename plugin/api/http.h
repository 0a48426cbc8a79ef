/* The beginning of an HTTP/1.x message, as far as netcase reads it (RFC 9112).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_HTTP_H
#define NETCASE_API_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Text of the packet as it stands there, without a terminator; `length` 0 where it is missing. Lives as long
 * as the packet: http_text_copy() makes a string of it that can be shown. */
struct http_text {
    const char *bytes;
    uint32_t length;
};

/* A request or a response whose first byte is the first of the segment. Field values are those of the first
 * field of the name. `complete` tells that the whole header section is in the segment and was captured: where
 * it is false, fields may be missing, and so may the end of the target (`target_complete`). */
struct http_message {
    bool response;
    bool complete;
    uint32_t header_length; /* bytes of the start line and the header section; 0 unless complete */

    /* Request: "GET", "/index.php?id=7". */
    struct http_text method, target;
    bool target_complete;
    struct http_text host, user_agent, referer;
    bool forwarded; /* by a proxy that says so: Via, Forwarded, X-Forwarded-For, X-Real-IP */
    bool range;     /* for a part of the resource */

    /* Response. */
    unsigned status; /* of a line that is cut behind the first digit the class: 500 */
    bool status_complete;
    struct http_text server; /* of an error (500 and above): the header of other responses is not read */

    /* Of the body, as the header announces it. */
    uint64_t content_length; /* 0 if there is none or it is not known */
    bool chunked;
};

/* `text` as a string: what is no printable ASCII becomes '?', what does not fit ends in "...". `size` is at
 * least 4. */
void http_text_copy(const struct http_text *text, char *copy, size_t size);

/* A number by which texts can be compared; 0 for a missing one. */
uint64_t http_text_hash(const struct http_text *text);

bool http_text_is(const struct http_text *text, const char *value);

#endif
