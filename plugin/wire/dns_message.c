/* DNS messages: RFC 1035, 4.1.1 (header) to 4.1.4 (compression); AAAA: RFC 3596.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "wire/dns_message.h"

#include <stddef.h>

#include "wire/bytes.h"

enum {
    HEADER_SIZE = 12,
    NAME_SIZE_MAX = 255, /* on the wire, with the length bytes and the root (RFC 1035, 3.1) */
    CLASS_IN = 1,
    TYPE_OPT = 41,
    QUERY_FLAGS = 0x0130, /* that a query may have: recursion desired, AD, CD */
};

struct reader {
    const uint8_t *bytes;
    uint32_t size; /* readable */
    uint32_t position;
};

/* A label byte as it is shown. A dot inside a label would look like a border between two. */
static char
shown(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return (char)(byte - 'A' + 'a');
    }
    return byte < 0x20 || byte > 0x7e || byte == '.' ? '?' : (char)byte;
}

/* Follow a compression pointer at `*at`. Each pointer must lead to before the part of the name that
 * holds it, which `*limit` remembers: that excludes loops and forward references. */
static bool
follow_pointer(const struct reader *reader, uint32_t *at, uint32_t *limit)
{
    if (*at + 2 > reader->size) {
        return false;
    }
    uint32_t target = read_u16(reader->bytes + *at) & 0x3fffu;
    if (target >= *limit || target < HEADER_SIZE) {
        return false;
    }
    *at = *limit = target;
    return true;
}

/* Read the name at the position into `name` and step behind it. */
static bool
read_name(struct reader *reader, char name[DNS_NAME_MAX])
{
    uint32_t at = reader->position, limit = at, size = 1, used = 0;
    bool jumped = false;
    for (;;) {
        if (at >= reader->size) {
            return false;
        }
        uint8_t length = reader->bytes[at];
        if ((length & 0xc0) == 0xc0) {
            if (!jumped) {
                reader->position = at + 2;
            }
            jumped = true;
            if (!follow_pointer(reader, &at, &limit)) {
                return false;
            }
            continue;
        }
        if (length > 63 || at + 1 + length > reader->size) {
            return false;
        }
        at++;
        if (length == 0) {
            break;
        }
        size += 1u + length;
        if (size > NAME_SIZE_MAX) {
            return false;
        }
        if (used > 0) {
            name[used++] = '.';
        }
        for (uint32_t i = 0; i < length; i++) {
            name[used++] = shown(reader->bytes[at + i]);
        }
        at += length;
    }
    name[used] = '\0';
    if (!jumped) {
        reader->position = at;
    }
    return true;
}

/* The data of a record, `size` bytes at the position. */
static bool
read_data(struct reader *reader, uint16_t class, uint16_t size, struct dns_answer *answer)
{
    uint32_t end = reader->position + size;
    if (end > reader->size) {
        return false;
    }
    if (class == CLASS_IN && answer->type == DNS_TYPE_A) {
        if (size != 4) {
            return false;
        }
        answer->address.family = 4;
        memcpy(answer->address.bytes, reader->bytes + reader->position, 4);
    } else if (class == CLASS_IN && answer->type == DNS_TYPE_AAAA) {
        if (size != 16) {
            return false;
        }
        answer->address.family = 6;
        memcpy(answer->address.bytes, reader->bytes + reader->position, 16);
    } else if (class == CLASS_IN && answer->type == DNS_TYPE_CNAME) {
        if (!read_name(reader, answer->target) || reader->position != end) {
            return false;
        }
    }
    reader->position = end;
    return true;
}

static bool
read_answer(struct reader *reader, struct dns_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (!read_name(reader, answer->name) || reader->position + 10 > reader->size) {
        return false;
    }
    const uint8_t *fields = reader->bytes + reader->position;
    answer->type = read_u16(fields);
    answer->ttl = read_u32(fields + 4);
    reader->position += 10;
    return read_data(reader, read_u16(fields + 2), read_u16(fields + 8), answer);
}

static void
read_answers(struct reader *reader, unsigned count, struct dns_message *message)
{
    for (unsigned i = 0; i < count; i++) {
        /* Nothing of a record that is cut or malformed is kept: it would be half true. */
        if (i == DNS_ANSWERS_MAX || !read_answer(reader, &message->answer[i])) {
            return;
        }
        message->answer_count++;
    }
    message->complete = true;
}

bool
dns_message_read(const struct payload *payload, struct dns_message *message)
{
    struct reader reader = {payload->bytes, payload_visible(payload), HEADER_SIZE};
    /* The answers are large and cleared one by one. */
    memset(message, 0, offsetof(struct dns_message, answer));
    message->complete = false;
    if (reader.size < HEADER_SIZE) {
        return false;
    }
    uint16_t flags = read_u16(reader.bytes + 2);
    bool is_query = (flags >> 11 & 0xf) == 0;
    if (!is_query || read_u16(reader.bytes + 4) != 1) {
        return false;
    }
    message->id = read_u16(reader.bytes);
    message->response = (flags & 0x8000) != 0;
    message->authoritative = (flags & 0x0400) != 0;
    message->truncated = (flags & 0x0200) != 0;
    message->recursion_desired = (flags & 0x0100) != 0;
    message->rcode = (uint8_t)(flags & 0xf);
    if (!read_name(&reader, message->query_name) || reader.position + 4 > reader.size) {
        return false;
    }
    message->query_type = read_u16(reader.bytes + reader.position);
    reader.position += 4;
    read_answers(&reader, read_u16(reader.bytes + 6), message);
    return true;
}

/* Whether a name is one that programs ask for: letters, digits, hyphens and underscores. */
static bool
is_usual_name(const char *name)
{
    static const char usual[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    return name[0] != '\0' && name[strspn(name, usual)] == '\0';
}

/* The EDNS record, the only one that a query has besides its question: root, type OPT (RFC 6891, 6.1.2). */
static bool
is_edns(const uint8_t *bytes, uint32_t size)
{
    return size >= 11 && bytes[0] == 0 && read_u16(bytes + 1) == TYPE_OPT && read_u16(bytes + 9) == size - 11;
}

bool
dns_message_is_query(const struct payload *payload)
{
    struct reader reader = {payload->bytes, payload_visible(payload), HEADER_SIZE};
    char name[DNS_NAME_MAX];
    if (reader.size <= HEADER_SIZE || (read_u16(reader.bytes + 2) & ~QUERY_FLAGS) != 0 ||
        read_u16(reader.bytes + 4) != 1 || read_u32(reader.bytes + 6) != 0)
        return false;
    uint16_t additional = read_u16(reader.bytes + 10);
    if (additional > 1 || !read_name(&reader, name) || reader.position + 4 > reader.size || !is_usual_name(name) ||
        strcmp(dns_type_name(read_u16(reader.bytes + reader.position)), "other") == 0 ||
        read_u16(reader.bytes + reader.position + 2) != CLASS_IN)
        return false;
    uint32_t end = reader.position + 4;
    if (reader.size < payload->length)
        return true;
    return additional == 0 ? end == reader.size : is_edns(reader.bytes + end, reader.size - end);
}

const char *
dns_type_name(uint16_t type)
{
    switch (type) {
    case DNS_TYPE_A:
        return "A";
    case 2:
        return "NS";
    case DNS_TYPE_CNAME:
        return "CNAME";
    case 6:
        return "SOA";
    case 12:
        return "PTR";
    case 15:
        return "MX";
    case 16:
        return "TXT";
    case DNS_TYPE_AAAA:
        return "AAAA";
    case 33:
        return "SRV";
    case 65:
        return "HTTPS";
    case 255:
        return "ANY";
    default:
        return "other";
    }
}

/* Whether a label below a country's domain is one that registries sell names under. */
static bool
is_second_level(const char *label, size_t length)
{
    static const char *const labels[] = {"com", "co", "net", "ne", "org", "or", "edu", "ac", "gov", "go", "gob", "mil"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        if (strlen(labels[i]) == length && memcmp(labels[i], label, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The label that ends before `end`, which points to a dot or to the end of the name. */
static const char *
label_before(const char *name, const char *end)
{
    while (end > name && end[-1] != '.') {
        end--;
    }
    return end;
}

const char *
dns_registered_domain(const char *name)
{
    const char *end = name + strlen(name);
    const char *top = label_before(name, end);
    if (top == name) {
        return name;
    }
    const char *second = label_before(name, top - 1);
    if (second == name || end - top != 2 || !is_second_level(second, (size_t)(top - 1 - second))) {
        return second;
    }
    return label_before(name, second - 1);
}
