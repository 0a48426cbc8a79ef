/* The words of scenarios that stand for DNS messages (RFC 1035, 4; RFC 3596, 2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

enum { CLASS_IN = 1, TTL = 300, NAME_OF_QUESTION = 0xc00c };
enum {
    FLAGS_QUERY = 0x0100,
    FLAGS_RESPONSE = 0x8180,
    AUTHORITATIVE = 0x0400,
    TRUNCATED = 0x0200,
    RECURSION_DESIRED = 0x0100
};

static uint16_t
take_type(struct script *script)
{
    static const struct {
        const char *name;
        uint16_t type;
    } types[] = {
        {"A", DNS_TYPE_A}, {"AAAA", DNS_TYPE_AAAA}, {"CNAME", DNS_TYPE_CNAME}, {"SOA", 6}, {"PTR", 12}, {"TXT", 16},
        {"ANY", 255}};
    const char *name = script_take(script);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    script_fail(script, "A, AAAA, CNAME, SOA, PTR, TXT or ANY, not \"%s\"", name);
    return 0;
}

static void
put_name(GByteArray *bytes, const char *name)
{
    char **labels = g_strsplit(name, ".", -1);
    for (char **label = labels; *label != NULL; label++) {
        put_u8(bytes, (uint8_t)strlen(*label));
        g_byte_array_append(bytes, (const guint8 *)*label, (guint)strlen(*label));
    }
    put_u8(bytes, 0);
    g_strfreev(labels);
}

static void
put_question(GByteArray *bytes, uint16_t type, const char *name)
{
    put_name(bytes, name);
    put_u16(bytes, type);
    put_u16(bytes, CLASS_IN);
}

/* Name, type, class, TTL; the owner of the first answer is a pointer to the question. */
static void
put_owner(GByteArray *bytes, const char *owner, uint16_t type)
{
    if (owner == NULL)
        put_u16(bytes, NAME_OF_QUESTION);
    else
        put_name(bytes, owner);
    put_u16(bytes, type);
    put_u16(bytes, CLASS_IN);
    put_u32(bytes, TTL);
}

static void
put_address(struct script *script, GByteArray *bytes, const char *owner, uint16_t type)
{
    const char *text = script_take(script);
    struct ip_address address;
    uint8_t family = type == DNS_TYPE_A ? 4 : 6;
    if (!script_read_address(script, text, &address) || address.family != family)
        script_fail(script, "\"%s\" is not an address of this type", text);
    put_owner(bytes, owner, type);
    put_u16(bytes, family == 4 ? 4 : 16);
    g_byte_array_append(bytes, address.bytes, family == 4 ? 4 : 16);
}

/* The records that follow in the line; each CNAME owns what comes after it. */
static uint16_t
put_answers(struct script *script, GByteArray *bytes)
{
    const char *owner = NULL;
    uint16_t count = 0;
    for (; script_peek(script)[0] == 'A' || script_peek(script)[0] == 'C'; count++) {
        uint16_t type = take_type(script);
        if (type != DNS_TYPE_CNAME) {
            put_address(script, bytes, owner, type);
            continue;
        }
        const char *target = script_take(script);
        put_owner(bytes, owner, type);
        put_u16(bytes, (uint16_t)(strlen(target) + 2));
        put_name(bytes, target);
        owner = target;
    }
    return count;
}

bool
script_take_dns(struct script *script, GByteArray *payload)
{
    bool response = strcmp(script_peek(script), "answer") == 0;
    if (!response && strcmp(script_peek(script), "query") != 0)
        return false;
    script_take(script);

    GByteArray *records = g_byte_array_new();
    uint16_t type = take_type(script), flags = response ? FLAGS_RESPONSE : FLAGS_QUERY, id = 0x1234;
    put_question(records, type, script_take(script));
    uint16_t answers = response ? put_answers(script, records) : 0;
    if (script_take_if(script, "rcode"))
        flags |= (uint16_t)(script_take_number(script) & 0xf);
    if (script_take_if(script, "txid"))
        id = (uint16_t)script_take_number(script);
    if (script_take_if(script, "aa"))
        flags |= AUTHORITATIVE;
    if (script_take_if(script, "tc"))
        flags |= TRUNCATED;
    if (script_take_if(script, "no-recursion"))
        flags &= (uint16_t)~RECURSION_DESIRED;

    put_u16(payload, id);
    put_u16(payload, flags);
    put_u16(payload, 1);
    put_u16(payload, answers);
    put_u32(payload, 0);
    g_byte_array_append(payload, records->data, records->len);
    g_byte_array_unref(records);
    return true;
}
