/* The beginning of HTTP messages. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "wire/http_message.h"

#define REQUEST                                                                                                        \
    "POST /report?id=7 HTTP/1.1\r\nHost: www.example.com\r\nuser-AGENT:  curl/7.88.1 \r\nReferer: http://a/\r\n"       \
    "Content-Length: 12\r\nX-Forwarded-For: 10.1.0.2\r\n\r\nHost: body"
#define RESPONSE                                                                                                       \
    "HTTP/1.1 504 Gateway Time-out\r\nServer: nginx/1.22.1\r\nServer: second\r\nTransfer-Encoding: chunked\r\n\r\n"

/* In a buffer of the captured size; `message` points into it until it is freed. */
static bool
read_cut(const char *text, uint32_t captured, struct http_message *message, uint8_t **bytes)
{
    *bytes = g_memdup2(text, captured > 0 ? captured : 1);
    struct payload payload = {*bytes, captured, (uint32_t)strlen(text)};
    return http_message_read(&payload, message);
}

static bool
read_text(const char *text, struct http_message *message, uint8_t **bytes)
{
    return read_cut(text, (uint32_t)strlen(text), message, bytes);
}

static void
request(void **state)
{
    (void)state;
    struct http_message message;
    uint8_t *bytes;
    assert_true(read_text(REQUEST, &message, &bytes));
    assert_false(message.response);
    assert_true(message.complete && message.target_complete && message.forwarded);
    assert_false(message.range || message.chunked);
    assert_int_equal(message.header_length, strlen(REQUEST) - strlen("Host: body"));
    assert_int_equal(message.content_length, 12);
    assert_true(http_text_is(&message.method, "POST"));
    assert_true(http_text_is(&message.target, "/report?id=7"));
    assert_true(http_text_is(&message.host, "www.example.com"));
    assert_true(http_text_is(&message.user_agent, "curl/7.88.1"));
    assert_true(http_text_is(&message.referer, "http://a/"));
    g_free(bytes);
}

static void
response(void **state)
{
    (void)state;
    struct http_message message;
    uint8_t *bytes;
    assert_true(read_text(RESPONSE, &message, &bytes));
    assert_true(message.response && message.complete && message.status_complete && message.chunked);
    assert_int_equal(message.status, 504);
    assert_true(http_text_is(&message.server, "nginx/1.22.1"));
    g_free(bytes);
    /* The header of other responses is not read, to save time. */
    assert_true(read_text("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n", &message, &bytes));
    assert_int_equal(message.status, 200);
    assert_true(message.server.length == 0 && !message.complete);
    g_free(bytes);
}

/* What was captured of a cut message is right, and it says that more is missing. */
static void
cut_at_every_length(void **state)
{
    (void)state;
    const char *const whole[] = {REQUEST, RESPONSE};
    for (unsigned i = 0; i < 2; i++) {
        uint32_t header = (uint32_t)(strstr(whole[i], "\r\n\r\n") - whole[i]) + 4;
        for (uint32_t captured = 0; captured < header; captured++) {
            struct http_message message;
            uint8_t *bytes;
            bool read = read_cut(whole[i], captured, &message, &bytes);
            assert_true(read == (captured >= (i == 0 ? 8 : 10)));
            if (read) {
                assert_false(message.complete);
                assert_int_equal(message.header_length, 0);
            }
            if (read && i == 1) {
                assert_true(message.status_complete == (captured >= 12));
                assert_int_equal(message.status, captured >= 12 ? 504 : 500);
            }
            if (read && i == 0) {
                assert_true(message.target_complete == (captured > strlen("POST /report?id=7")));
                assert_true(message.user_agent.length == 0 || http_text_is(&message.user_agent, "curl/7.88.1"));
            }
            g_free(bytes);
        }
    }
}

static void
what_is_a_message(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_one;
    } rows[] = {
        {"GET / HTTP/1.0\r\n\r\n", true},
        {"GET / HTTP/1.1\n\n", true},
        {"OPTIONS * HTTP/1.1\r\n\r\n", true},
        {"GET http://www.example.com/ HTTP/1.1\r\n\r\n", true},
        {"CONNECT www.example.com:443 HTTP/1.1\r\n\r\n", true},
        {"PROPFIND /dav HTTP/1.1\r\n\r\n", true},
        {"HTTP/1.0 200\r\n\r\n", true},
        {"HTTP/1.1 999 No\r\n\r\n", false},
        {"HTTP/1.1 2x0 No\r\n\r\n", false},
        {"HTTP/2.0 200 OK\r\n\r\n", false},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false},
        {"GET /\r\n", false},
        {"GET  / HTTP/1.1\r\n\r\n", false},
        {"GET / HTTP/2.0\r\n\r\n", false},
        {"get / HTTP/1.1\r\n\r\n", false},
        {"GETS / HTTP/1.1\r\n\r\n", false},
        {"OPTIONS rtsp://a/b RTSP/1.0\r\n\r\n", false},
        {"OPTIONS sip:a@b SIP/2.0\r\n\r\n", false},
        {"OPTIONS * RTSP/1.0\r\n\r\n", false},
        {"REPORT of the year 2020\r\n", false},
        {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct http_message message;
        uint8_t *bytes;
        if (read_text(rows[i].text, &message, &bytes) != rows[i].is_one)
            fail_msg("%s", rows[i].text);
        g_free(bytes);
    }
}

/* Names alike, lines without a name, numbers that are none. */
static void
fields(void **state)
{
    (void)state;
    struct http_message message;
    uint8_t *bytes;
    assert_true(read_text("GET / HTTP/1.1\r\nHostname: a\r\nHost b\r\nRange: bytes=0-\r\nReferer:\r\nVia: 1.0 x\r\n"
                          "Content-Length: 1x\r\nUser-Agent: \t \r\nX-Forwarded-For-2: c\r\n\r\n",
                          &message, &bytes));
    assert_true(message.complete && message.range && message.forwarded);
    assert_int_equal(message.host.length + message.referer.length + message.user_agent.length, 0);
    assert_int_equal(message.content_length, 0);
    g_free(bytes);
    assert_true(read_text("GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\nForwarded: for=a\r\n\r\n",
                          &message, &bytes));
    assert_true(message.forwarded);
    assert_int_equal(message.content_length, 0);
    g_free(bytes);
}

static void
texts(void **state)
{
    (void)state;
    struct http_text text = {"/a\x1b\xff b", 6}, other = {"/a\x1b\xff c", 6}, none = {NULL, 0};
    char copy[6];
    http_text_copy(&text, copy, sizeof copy);
    assert_string_equal(copy, "/a...");
    text.length = 5;
    http_text_copy(&text, copy, sizeof copy);
    assert_string_equal(copy, "/a?? ");
    http_text_copy(&none, copy, sizeof copy);
    assert_string_equal(copy, "");
    text.length = 6;
    assert_int_equal(http_text_hash(&none), 0);
    assert_int_not_equal(http_text_hash(&text), http_text_hash(&other));
    other.length = text.length = 5;
    assert_int_equal(http_text_hash(&text), http_text_hash(&other));
    const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
    for (uint32_t length = 1; length < sizeof alphabet; length++) {
        /* Each byte counts, whatever the length; buffers of the exact size. */
        char *one = g_memdup2(alphabet, length), *changed = g_memdup2(alphabet, length);
        struct http_text a = {one, length}, b = {changed, length};
        assert_int_equal(http_text_hash(&a), http_text_hash(&b));
        for (uint32_t i = 0; i < length; i++) {
            changed[i] ^= 1;
            assert_int_not_equal(http_text_hash(&a), http_text_hash(&b));
            changed[i] ^= 1;
        }
        g_free(one);
        g_free(changed);
    }
}

/* The first byte decides about a segment of a transfer. */
static void
look_before_reading(void **state)
{
    (void)state;
    struct payload payload = {(const uint8_t *)"GET / HT", 8, 8};
    assert_true(http_message_begins(&payload));
    payload.captured = 7;
    assert_false(http_message_begins(&payload));
    payload = (struct payload){(const uint8_t *)"<p>words</p>", 12, 12};
    assert_false(http_message_begins(&payload));
    payload = (struct payload){(const uint8_t *)"[1, 2, 3]", 9, 9};
    assert_false(http_message_begins(&payload));
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(request),
        cmocka_unit_test(response),
        cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(what_is_a_message),
        cmocka_unit_test(fields),
        cmocka_unit_test(texts),
        cmocka_unit_test(look_before_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
