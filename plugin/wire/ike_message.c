/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/ike.h"

#include "wire/bytes.h"

/* The header (RFC 7296, 3.1; RFC 2408, 3.1) and what is in front of every payload. */
enum {
    HEADER = 28,
    RESPONDER_SPI = 8,
    NEXT_PAYLOAD = 16,
    VERSION = 17,
    EXCHANGE = 18,
    FLAGS = 19,
    ID = 20,
    LENGTH = 24
};
enum { PAYLOAD_HEADER = 4, MARKER = 4 };
enum { FLAG_ENCRYPTED_1 = 0x01, FLAG_RESPONSE_2 = 0x20 };

/* A notification: version 1 has a DOI in front of protocol, size of the SPI and type. */
enum { NOTIFY_1 = 11, NOTIFY_2 = 41, TYPE_1 = 10, TYPE_2 = 6, STATUS_TYPES = 16384 };

/* What is encrypted is the last payload that can be read. */
enum { ENCRYPTED_2 = 46, ENCRYPTED_FRAGMENT_2 = 53 };
enum { EXCHANGES_1 = 1, EXCHANGES_1_END = 34, EXCHANGES_2 = 34, EXCHANGES_2_END = 45, PAYLOADS_MAX = 32 };

static bool
all_zero(const uint8_t *bytes, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* The type of a notification payload, 0 if its end is not there. */
static uint16_t
notify_type(const uint8_t *payload, uint32_t size, bool version_1)
{
    uint32_t place = version_1 ? TYPE_1 : TYPE_2;
    return size >= place + 2 ? read_u16(payload + place) : 0;
}

static uint16_t
first_error(const uint8_t *bytes, uint32_t visible, bool version_1)
{
    uint8_t next = bytes[NEXT_PAYLOAD];
    uint32_t place = HEADER;

    for (unsigned i = 0; i < PAYLOADS_MAX && next != 0 && visible - place >= PAYLOAD_HEADER; i++) {
        uint32_t size = read_u16(bytes + place + 2);
        if (next == ENCRYPTED_2 || next == ENCRYPTED_FRAGMENT_2 || size < PAYLOAD_HEADER)
            return 0;
        if (size > visible - place)
            size = visible - place;
        uint16_t type = next == (version_1 ? NOTIFY_1 : NOTIFY_2) ? notify_type(bytes + place, size, version_1) : 0;
        if (type != 0 && type < STATUS_TYPES)
            return type;
        next = bytes[place];
        place += size;
    }
    return 0;
}

static bool
exchange_is_known(uint8_t version, uint8_t exchange)
{
    return version == 1 ? exchange >= EXCHANGES_1 && exchange < EXCHANGES_1_END
                        : exchange >= EXCHANGES_2 && exchange < EXCHANGES_2_END;
}

bool
ike_read(const struct packet *packet, struct ike_message *message)
{
    struct payload payload = packet->payload;

    if (packet->source.port == IKE_NAT_PORT || packet->destination.port == IKE_NAT_PORT) {
        if (payload_visible(&payload) < MARKER || !all_zero(payload.bytes, MARKER))
            return false;
        payload = payload_after(&payload, MARKER);
    }
    uint32_t visible = payload_visible(&payload);
    const uint8_t *bytes = payload.bytes;
    if (visible < HEADER || read_u32(bytes + LENGTH) != payload.length || all_zero(bytes, IKE_SPI_SIZE))
        return false;
    uint8_t version = bytes[VERSION] >> 4;
    if ((version != 1 && version != 2) || !exchange_is_known(version, bytes[EXCHANGE]))
        return false;
    *message = (struct ike_message){
        .version = version,
        .exchange = bytes[EXCHANGE],
        .answered = !all_zero(bytes + RESPONDER_SPI, IKE_SPI_SIZE),
        .response = version == 2 && (bytes[FLAGS] & FLAG_RESPONSE_2) != 0,
        .id = read_u32(bytes + ID),
    };
    memcpy(message->initiator_spi, bytes, IKE_SPI_SIZE);
    if (version == 2 || (bytes[FLAGS] & FLAG_ENCRYPTED_1) == 0)
        message->notify = first_error(bytes, visible, version == 1);
    return true;
}

bool
ike_begins(const struct ike_message *message)
{
    if (message->answered || message->response || message->id != 0)
        return false;
    return message->version == 2 ? message->exchange == IKE2_SA_INIT
                                 : message->exchange == IKE1_MAIN_MODE || message->exchange == IKE1_AGGRESSIVE_MODE;
}

struct name {
    uint16_t notify;
    const char *name;
};

/* RFC 2408, 3.14.1. */
static const struct name names_1[] = {
    {2, "DOI-NOT-SUPPORTED"},       {3, "SITUATION-NOT-SUPPORTED"},    {5, "INVALID-MAJOR-VERSION"},
    {6, "INVALID-MINOR-VERSION"},   {7, "INVALID-EXCHANGE-TYPE"},      {14, "NO-PROPOSAL-CHOSEN"},
    {15, "BAD-PROPOSAL-SYNTAX"},    {16, "PAYLOAD-MALFORMED"},         {17, "INVALID-KEY-INFORMATION"},
    {18, "INVALID-ID-INFORMATION"}, {20, "INVALID-CERTIFICATE"},       {24, "AUTHENTICATION-FAILED"},
    {25, "INVALID-SIGNATURE"},      {29, "UNSUPPORTED-EXCHANGE-TYPE"},
};

/* RFC 7296, 3.10.1. */
static const struct name names_2[] = {
    {1, "UNSUPPORTED_CRITICAL_PAYLOAD"},
    {5, "INVALID_MAJOR_VERSION"},
    {7, "INVALID_SYNTAX"},
    {14, "NO_PROPOSAL_CHOSEN"},
    {24, "AUTHENTICATION_FAILED"},
    {34, "SINGLE_PAIR_REQUIRED"},
    {35, "NO_ADDITIONAL_SAS"},
    {36, "INTERNAL_ADDRESS_FAILURE"},
    {37, "FAILED_CP_REQUIRED"},
    {38, "TS_UNACCEPTABLE"},
};

static const char *
name_of_notify(const struct name *names, size_t count, uint16_t notify)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].notify == notify)
            return names[i].name;
    return NULL;
}

const char *
ike_rejection(const struct ike_message *message)
{
    if (message->version == 1)
        return name_of_notify(names_1, sizeof names_1 / sizeof *names_1, message->notify);
    return message->response ? name_of_notify(names_2, sizeof names_2 / sizeof *names_2, message->notify) : NULL;
}
