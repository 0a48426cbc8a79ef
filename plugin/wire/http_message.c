/* HTTP/1.x messages: RFC 9112, 2 to 6; fields of RFC 9110 and RFC 7239.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/http_message.h"

#include "api/digest.h"
#include "wire/bytes.h"

enum { FIELDS_MAX = 100, ERRORS = 500, STATUS_AT = 9, STATUS_END = 12 /* "HTTP/1.1 200" */ };

/* The part of the payload that was not read yet. */
struct reader {
    const char *at, *end;
};

/* A line without its end (CRLF, or LF alone: RFC 9112, 2.2). False if the end was not captured. */
static bool
read_line(struct reader *reader, struct http_text *line)
{
    const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    if (newline == NULL)
        return false;
    line->bytes = reader->at;
    line->length = (uint32_t)(newline - reader->at);
    if (line->length > 0 && newline[-1] == '\r')
        line->length--;
    reader->at = newline + 1;
    return true;
}

/* -- Fields ----------------------------------------------------------------------------------- */

/* Whether the line is the field of this name, which is given in lower case and with its colon; letters and
 * the hyphen compare alike with bit 5 set. */
static bool
is_field(const struct http_text *line, const char *name, uint32_t size)
{
    if (line->length < size || line->bytes[size - 1] != ':')
        return false;
    for (uint32_t i = 1; i < size - 1; i++)
        if ((line->bytes[i] | 0x20) != name[i])
            return false;
    return true;
}

static struct http_text
value_of(const struct http_text *line, uint32_t skip)
{
    const char *first = line->bytes + skip, *end = line->bytes + line->length;
    while (first < end && (*first == ' ' || *first == '\t'))
        first++;
    while (end > first && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct http_text){first, (uint32_t)(end - first)};
}

static bool
take_text(const struct http_text *line, const char *name, uint32_t size, struct http_text *value)
{
    if (!is_field(line, name, size))
        return false;
    if (value->length == 0)
        *value = value_of(line, size);
    return true;
}

static uint64_t
read_number(const struct http_text *text)
{
    uint64_t number = 0;
    for (uint32_t i = 0; i < text->length; i++) {
        if (text->bytes[i] < '0' || text->bytes[i] > '9' || number > UINT64_C(1) << 56)
            return 0;
        number = number * 10 + (uint64_t)(text->bytes[i] - '0');
    }
    return number;
}

static void
take_length(const struct http_text *line, struct http_message *message)
{
    struct http_text value = {0};
    if (take_text(line, "content-length:", sizeof "content-length", &value))
        message->content_length = read_number(&value);
}

/* Few fields matter, and the first letter decides about most of the others. */
static void
take_field(const struct http_text *line, struct http_message *message)
{
#define NAME(name) name ":", sizeof(name)
    switch (line->bytes[0] | 0x20) {
    case 'c':
        take_length(line, message);
        break;
    case 'f':
        message->forwarded |= is_field(line, NAME("forwarded"));
        break;
    case 'h':
        take_text(line, NAME("host"), &message->host);
        break;
    case 'r':
        if (!take_text(line, NAME("referer"), &message->referer))
            message->range |= is_field(line, NAME("range"));
        break;
    case 's':
        take_text(line, NAME("server"), &message->server);
        break;
    case 't':
        message->chunked |= is_field(line, NAME("transfer-encoding"));
        break;
    case 'u':
        take_text(line, NAME("user-agent"), &message->user_agent);
        break;
    case 'v':
        message->forwarded |= is_field(line, NAME("via"));
        break;
    case 'x':
        message->forwarded |= is_field(line, NAME("x-forwarded-for")) || is_field(line, NAME("x-real-ip"));
        break;
    default:
        break;
    }
#undef NAME
}

static void
read_fields(struct reader *reader, const char *start, struct http_message *message)
{
    struct http_text line;
    for (unsigned i = 0; i < FIELDS_MAX && read_line(reader, &line); i++) {
        if (line.length == 0) {
            message->complete = true;
            message->header_length = (uint32_t)(reader->at - start);
            return;
        }
        take_field(&line, message);
    }
}

/* -- Start line ------------------------------------------------------------------------------- */

/* RFC 9110, 9.3; RFC 5789; RFC 4918 and its kin. Others begin with the same letters as ordinary text. */
static const char *const methods[] = {
    "GET ",      "POST ",      "HEAD ",  "PUT ",    "OPTIONS ", "DELETE ", "CONNECT ", "PATCH ",
    "PROPFIND ", "PROPPATCH ", "MKCOL ", "REPORT ", "TRACE ",   "LOCK ",   "UNLOCK ",  "SEARCH ",
};

static bool
read_method(struct reader *reader, struct http_message *message)
{
    size_t left = (size_t)(reader->end - reader->at);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (reader->at[0] != methods[i][0] || reader->at[1] != methods[i][1])
            continue;
        size_t size = strlen(methods[i]);
        if (left > size && memcmp(reader->at, methods[i], size) == 0) {
            message->method = (struct http_text){reader->at, (uint32_t)size - 1};
            reader->at += size;
            return true;
        }
    }
    return false;
}

/* RFC 9112, 3.2: a path, an absolute URI, the asterisk, or host and port for CONNECT; no other protocol with
 * the methods of HTTP (RTSP, SIP, ICAP). */
static bool
is_target(const struct http_message *message)
{
    const struct http_text *target = &message->target;
    if (target->length == 0)
        return false;
    if (target->bytes[0] == '/' || target->bytes[0] == '*' || http_text_is(&message->method, "CONNECT"))
        return true;
    return target->length >= 4 && memcmp(target->bytes, "http", 4) == 0;
}

static bool
is_version(const char *bytes, size_t left)
{
    static const char version[] = "HTTP/1.";
    size_t size = left < sizeof version - 1 ? left : sizeof version - 1;
    return memcmp(bytes, version, size) == 0;
}

/* Behind the method. The line may be cut in the target or the version; what is there must fit. */
static bool
read_target(struct reader *reader, struct http_message *message)
{
    struct http_text line, *target = &message->target;
    bool whole = read_line(reader, &line);
    if (!whole)
        line = (struct http_text){reader->at, (uint32_t)(reader->end - reader->at)};

    const char *space = line.length > 0 ? memchr(line.bytes, ' ', line.length) : NULL;
    *target = (struct http_text){line.bytes, space != NULL ? (uint32_t)(space - line.bytes) : line.length};
    message->target_complete = space != NULL;
    if (!is_target(message) || (whole && space == NULL))
        return false;
    if (space != NULL && !is_version(space + 1, line.length - target->length - 1))
        return false;
    if (!whole)
        reader->at = reader->end;
    return true;
}

static bool
read_status(struct reader *reader, struct http_message *message)
{
    static const unsigned units[] = {100, 10, 1};
    const char *at = reader->at;
    struct http_text line;
    size_t left = (size_t)(reader->end - at);
    size_t digits_end = left < STATUS_END ? left : STATUS_END;

    if (left <= STATUS_AT || !is_version(at, left) || at[STATUS_AT - 1] != ' ')
        return false;
    for (size_t i = STATUS_AT; i < digits_end; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        message->status += units[i - STATUS_AT] * (unsigned)(at[i] - '0');
    }
    if (message->status < 100 || message->status > 599)
        return false;
    message->response = true;
    message->status_complete = left >= STATUS_END;
    if (!read_line(reader, &line))
        reader->at = reader->end;
    return true;
}

bool
http_message_read(const struct payload *payload, struct http_message *message)
{
    const char *start = (const char *)payload->bytes;
    uint32_t visible = payload_visible(payload);
    struct reader reader = {start, start + visible};

    if (visible < HTTP_MESSAGE_MIN)
        return false;
    *message = (struct http_message){0};
    if (memcmp(start, "HTTP", 4) == 0) {
        if (!read_status(&reader, message))
            return false;
    } else if (!read_method(&reader, message) || !read_target(&reader, message)) {
        return false;
    }
    if (!message->response || message->status >= ERRORS)
        read_fields(&reader, start, message);
    return true;
}

/* -- Texts ------------------------------------------------------------------------------------ */

void
http_text_copy(const struct http_text *text, char *copy, size_t size)
{
    size_t length = text->length < size ? text->length : size - 1;
    for (size_t i = 0; i < length; i++)
        copy[i] = text->bytes[i] >= 0x20 && text->bytes[i] <= 0x7e ? text->bytes[i] : '?';
    copy[length] = '\0';
    if (length < text->length)
        memcpy(copy + length - 3, "...", 3);
}

static uint64_t
word_at(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* A word at a time; the last one overlaps the one before it. */
uint64_t
http_text_hash(const struct http_text *text)
{
    const char *bytes = text->bytes;
    uint32_t length = text->length, at = 0;
    uint64_t hash = length, word = 0;

    if (length >= 8) {
        for (; at + 8 < length; at += 8)
            hash = digest_mix(hash, word_at(bytes + at));
        return digest_mix(hash, word_at(bytes + length - 8));
    }
    for (; at < length; at++)
        word = word << 8 | (uint8_t)bytes[at];
    return digest_mix(hash, word);
}

bool
http_text_is(const struct http_text *text, const char *value)
{
    size_t length = strlen(value);
    return text->length == length && memcmp(text->bytes, value, length) == 0;
}

struct http_text
http_message_server(const struct payload *payload)
{
    enum { LOOKED_AT = 20 };
    static const char name[] = "server:";
    const char *bytes = (const char *)payload->bytes;
    struct reader reader = {bytes, bytes + payload->captured};
    struct http_text line, value = {0};
    for (unsigned i = 0; i < LOOKED_AT && value.length == 0 && read_line(&reader, &line) && line.length > 0; i++)
        if ((line.bytes[0] | 0x20) == name[0])
            take_text(&line, name, sizeof name - 1, &value);
    return value;
}
