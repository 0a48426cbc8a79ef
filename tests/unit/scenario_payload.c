/* The words of scenarios that stand for payload: plain bytes, HTTP, TLS (RFC 8446, RFC 5246).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

#include "wire/tls_hello.h"

enum { EXTENSION_SERVER_NAME = 0, EXTENSION_PADDING = 21, EXTENSION_SUPPORTED_VERSIONS = 43 };
enum { HANDSHAKE_CERTIFICATE = 11, ENCRYPTED_ALERT_LENGTH = 26, FINISHED_LENGTH = 40 };

static void
put_bytes(GByteArray *to, GByteArray *bytes)
{
    g_byte_array_append(to, bytes->data, bytes->len);
    g_byte_array_unref(bytes);
}

static void
put_record(GByteArray *payload, uint8_t type, GByteArray *body)
{
    put_u8(payload, type);
    put_u16(payload, 0x0303);
    put_u16(payload, (uint16_t)body->len);
    put_bytes(payload, body);
}

static void
put_filled_record(GByteArray *payload, uint8_t type, size_t length)
{
    GByteArray *body = g_byte_array_new();
    put_fill(body, 0xa5, length);
    put_record(payload, type, body);
}

static void
put_handshake(GByteArray *payload, uint8_t type, GByteArray *message)
{
    GByteArray *body = g_byte_array_new();
    put_u8(body, type);
    put_u24(body, message->len);
    put_bytes(body, message);
    put_record(payload, TLS_HANDSHAKE, body);
}

static void
put_extension(GByteArray *extensions, uint16_t type, GByteArray *data)
{
    put_u16(extensions, type);
    put_u16(extensions, (uint16_t)data->len);
    put_bytes(extensions, data);
}

static void
put_server_name(GByteArray *extensions, const char *name)
{
    GByteArray *data = g_byte_array_new();
    put_u16(data, (uint16_t)(strlen(name) + 3));
    put_u8(data, 0);
    put_u16(data, (uint16_t)strlen(name));
    g_byte_array_append(data, (const guint8 *)name, (guint)strlen(name));
    put_extension(extensions, EXTENSION_SERVER_NAME, data);
}

/* With `length` (of the payload) the hello is padded to it, as browsers do (RFC 7685). */
static void
put_client_hello(GByteArray *payload, const char *name, size_t length)
{
    GByteArray *hello = g_byte_array_new(), *extensions = g_byte_array_new();
    put_u16(hello, 0x0303);
    put_fill(hello, 0x11, 32);
    put_u8(hello, 0);
    put_u16(hello, 2);
    put_u16(hello, 0x1301);
    put_u16(hello, 0x0100);
    put_server_name(extensions, name);
    size_t plain = 5 + 4 + hello->len + 2 + extensions->len;
    if (length >= plain + 4) {
        GByteArray *padding = g_byte_array_new();
        put_fill(padding, 0, length - plain - 4);
        put_extension(extensions, EXTENSION_PADDING, padding);
    }
    put_u16(hello, (uint16_t)extensions->len);
    put_bytes(hello, extensions);
    put_handshake(payload, TLS_CLIENT_HELLO, hello);
}

static void
put_server_hello(GByteArray *payload, bool tls13, bool retry)
{
    /* SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3). */
    static const uint8_t retry_random[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    GByteArray *hello = g_byte_array_new(), *extensions = g_byte_array_new();
    put_u16(hello, 0x0303);
    if (retry)
        g_byte_array_append(hello, retry_random, sizeof retry_random);
    else
        put_fill(hello, 0x22, 32);
    put_u8(hello, 0);
    put_u16(hello, tls13 ? 0x1301 : 0xc02f);
    put_u8(hello, 0);
    if (tls13) {
        GByteArray *version = g_byte_array_new();
        put_u16(version, 0x0304);
        put_extension(extensions, EXTENSION_SUPPORTED_VERSIONS, version);
    }
    put_u16(hello, (uint16_t)extensions->len);
    put_bytes(hello, extensions);
    put_handshake(payload, TLS_SERVER_HELLO, hello);
}

static void
take_server_hello(struct script *script, GByteArray *payload)
{
    const char *version = script_take(script);
    bool retry = strcmp(version, "retry") == 0, tls13 = strcmp(version, "1.3") == 0;
    if (!retry && !tls13 && strcmp(version, "1.2") != 0)
        script_fail(script, "server-hello 1.2, 1.3 or retry, not \"%s\"", version);
    put_server_hello(payload, tls13 || retry, retry);
}

static void
take_alert(struct script *script, GByteArray *payload)
{
    const char *level = script_take(script), *name = script_take(script);
    GByteArray *body = g_byte_array_new();
    unsigned description = 0;

    while (description < 256 && strcmp(tls_alert_name((uint8_t)description), name) != 0)
        description++;
    if (description == 256 || (strcmp(level, "fatal") != 0 && strcmp(level, "warning") != 0))
        script_fail(script, "there is no alert \"%s %s\"", level, name);
    put_u8(body, strcmp(level, "fatal") == 0 ? TLS_ALERT_FATAL : TLS_ALERT_WARNING);
    put_u8(body, (uint8_t)description);
    put_record(payload, TLS_ALERT, body);
}

static void
take_http_fields(struct script *script, GString *text)
{
    while (script_take_if(script, "header"))
        g_string_append_printf(text, "%s\r\n", script_take(script));
    if (!script_take_if(script, "unfinished"))
        g_string_append(text, "\r\n");
}

static void
take_http(struct script *script, GByteArray *payload)
{
    GString *text = g_string_new(NULL);
    if (g_ascii_isdigit(script_peek(script)[0])) {
        unsigned status = (unsigned)script_take_number(script);
        size_t length = g_ascii_isdigit(script_peek(script)[0]) ? script_take_number(script) : 0;
        g_string_append_printf(text, "HTTP/1.1 %u OK\r\nContent-Length: %zu\r\n", status, length);
        take_http_fields(script, text);
        for (size_t i = 0; i < length; i++)
            g_string_append_c(text, 'x');
    } else {
        const char *method = script_take(script);
        g_string_append_printf(text, "%s %s HTTP/1.1\r\nHost: www.example.com\r\n", method, script_take(script));
        take_http_fields(script, text);
    }
    g_byte_array_append(payload, (const guint8 *)text->str, (guint)text->len);
    g_string_free(text, TRUE);
}

static void
take_hex(struct script *script, GByteArray *payload)
{
    const char *digits = script_take(script);
    for (; g_ascii_isxdigit(digits[0]) && g_ascii_isxdigit(digits[1]); digits += 2)
        put_u8(payload, (uint8_t)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1])));
    if (*digits != '\0')
        script_fail(script, "\"%s\" is not hexadecimal", digits);
}

static bool
take_tls(struct script *script, GByteArray *payload)
{
    if (script_take_if(script, "client-hello")) {
        const char *name = script_take(script);
        bool sized = g_ascii_isdigit(script_peek(script)[0]);
        put_client_hello(payload, name, sized ? script_take_number(script) : 0);
    } else if (script_take_if(script, "server-hello")) {
        take_server_hello(script, payload);
    } else if (script_take_if(script, "certificate")) {
        GByteArray *message = g_byte_array_new();
        put_fill(message, 0xcc, script_take_number(script));
        put_handshake(payload, HANDSHAKE_CERTIFICATE, message);
    } else if (script_take_if(script, "ccs")) {
        GByteArray *body = g_byte_array_new();
        put_u8(body, 1);
        put_record(payload, TLS_CHANGE_CIPHER_SPEC, body);
    } else if (script_take_if(script, "finished")) {
        put_filled_record(payload, TLS_HANDSHAKE, FINISHED_LENGTH);
    } else if (script_take_if(script, "appdata")) {
        put_filled_record(payload, TLS_APPLICATION_DATA, script_take_number(script));
    } else if (script_take_if(script, "encrypted-alert")) {
        put_filled_record(payload, TLS_ALERT, ENCRYPTED_ALERT_LENGTH);
    } else if (script_take_if(script, "alert")) {
        take_alert(script, payload);
    } else {
        return false;
    }
    return true;
}

bool
script_take_payload(struct script *script, GByteArray *payload)
{
    if (script_take_if(script, "data"))
        put_fill(payload, 'd', script_take_number(script));
    else if (script_take_if(script, "http"))
        take_http(script, payload);
    else if (script_take_if(script, "hex"))
        take_hex(script, payload);
    else
        return take_tls(script, payload) || script_take_dns(script, payload);
    return true;
}
