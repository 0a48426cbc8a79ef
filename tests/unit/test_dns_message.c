/* DNS messages, most of them captured. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "wire/dns_message.h"

/* www.mora.fr: a CNAME to mora.fr and its address 81.88.57.89. */
#define CNAME_AND_A                                                                                                    \
    "89a8 8180 0001 0002 0000 0000 03777777 046d6f7261 026672 00 0001 0001"                                            \
    " c00c 0005 0001 00002a30 0002 c010"                                                                               \
    " c010 0001 0001 00002a30 0004 51583959"
/* aaaa.example.test: 2001:db8::44. */
#define AAAA                                                                                                           \
    "1004 8180 0001 0001 0000 0000 0461616161 076578616d706c65 0474657374 00 001c 0001"                                \
    " c00c 001c 0001 00000258 0010 20010db8000000000000000000000044"
/* alias.example.test: a CNAME whose target real.example.test ends in a pointer. */
#define CNAME_COMPRESSED                                                                                               \
    "1005 8180 0001 0001 0000 0000 05616c696173 076578616d706c65 0474657374 00 0005 0001"                              \
    " c00c 0005 0001 00000384 0007 047265616c c012"

#define QUESTION_HEADER "0001 0100 0001 0000 0000 0000 "
static bool
read_hex(const char *hex, struct dns_message *message)
{
    struct payload payload = payload_of(hex);
    bool read = dns_message_read(&payload, message);
    payload_free(payload);
    return read;
}

static void
cname_and_address(void **state)
{
    (void)state;
    struct dns_message message;
    assert_true(read_hex(CNAME_AND_A, &message));
    assert_int_equal(message.id, 0x89a8);
    assert_true(message.response && message.complete);
    assert_false(message.truncated || message.authoritative);
    assert_int_equal(message.rcode, 0);
    assert_int_equal(message.query_type, DNS_TYPE_A);
    assert_string_equal(message.query_name, "www.mora.fr");
    assert_int_equal(message.answer_count, 2);
    assert_int_equal(message.answer[0].type, DNS_TYPE_CNAME);
    assert_string_equal(message.answer[0].name, "www.mora.fr");
    assert_string_equal(message.answer[0].target, "mora.fr");
    assert_int_equal(message.answer[0].address.family, 0);
    assert_int_equal(message.answer[1].type, DNS_TYPE_A);
    assert_string_equal(message.answer[1].name, "mora.fr");
    assert_string_equal(message.answer[1].target, "");
    assert_int_equal(message.answer[1].ttl, 10800);
    struct ip_address expected = ipv4(81, 88, 57, 89);
    assert_true(address_equal(&message.answer[1].address, &expected));
}

static void
ipv6_address(void **state)
{
    (void)state;
    struct dns_message message;
    assert_true(read_hex(AAAA, &message));
    assert_int_equal(message.answer[0].address.family, 6);
    assert_int_equal(message.answer[0].address.bytes[0], 0x20);
    assert_int_equal(message.answer[0].address.bytes[15], 0x44);
    assert_int_equal(message.answer[0].ttl, 600);
}

static void
compressed_target(void **state)
{
    (void)state;
    struct dns_message message;
    assert_true(read_hex(CNAME_COMPRESSED, &message));
    assert_string_equal(message.answer[0].target, "real.example.test");
    assert_true(message.complete);
}

/* What is there of a cut message is right, and it says that more is missing. */
static void
cut_at_every_length(void **state)
{
    (void)state;
    const char *const whole[] = {CNAME_AND_A, AAAA, CNAME_COMPRESSED};
    for (size_t i = 0; i < G_N_ELEMENTS(whole); i++) {
        GByteArray *bytes = bytes_of(whole[i]);
        struct dns_message complete, message;
        assert_true(read_hex(whole[i], &complete));
        for (uint32_t captured = 0; captured < bytes->len; captured++) {
            struct payload payload = cut_payload(bytes, captured);
            bool read = dns_message_read(&payload, &message);
            assert_true(read == (captured >= 12 + strlen(complete.query_name) + 2 + 4));
            assert_false(message.complete);
            assert_true(message.answer_count < complete.answer_count);
            for (unsigned a = 0; read && a < message.answer_count; a++) {
                assert_memory_equal(&message.answer[a], &complete.answer[a], sizeof message.answer[a]);
            }
            payload_free(payload);
        }
        g_byte_array_unref(bytes);
    }
}

static void
refused_as_no_message(void **state)
{
    (void)state;
    static const struct {
        const char *what, *hex;
    } rows[] = {
        {"no question", "0001 8180 0000 0000 0000 0000 00 0001 0001"},
        {"two questions", "0001 0100 0002 0000 0000 0000 0161 00 0001 0001 0162 00 0001 0001"},
        {"update", "0001 2800 0001 0000 0000 0000 0161 00 0001 0001"},
        {"pointer to itself", QUESTION_HEADER "c00c 0001 0001"},
        {"pointer forwards", QUESTION_HEADER "c010 0001 0001 0161 00"},
        {"pointer into the header", QUESTION_HEADER "c000 0001 0001"},
        {"loop over a label", QUESTION_HEADER "0161 c00c 0001 0001"},
        {"reserved label type", QUESTION_HEADER "40 0001 0001"},
        {"label over the end", QUESTION_HEADER "3f 61"},
        {"no type and class", QUESTION_HEADER "0161 00 0001"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct dns_message message;
        if (read_hex(rows[i].hex, &message)) {
            fail_msg("%s: read as a message with the name \"%s\"", rows[i].what, message.query_name);
        }
    }
}

/* Three labels of 63 bytes and one more: with the root, 193 bytes and its own length and bytes. */
static void
longest_name(void **state)
{
    (void)state;
    for (unsigned last = 60; last <= 63; last++) {
        GString *hex = g_string_new(QUESTION_HEADER);
        for (unsigned label = 0; label < 4; label++) {
            unsigned length = label < 3 ? 63 : last;
            g_string_append_printf(hex, "%02x", length);
            for (unsigned i = 0; i < length; i++) {
                g_string_append(hex, "61");
            }
        }
        g_string_append(hex, "00 0001 0001");
        struct dns_message message;
        assert_true(read_hex(hex->str, &message) == (last <= 61));
        if (last <= 61) {
            assert_int_equal(strlen(message.query_name), 192 + last);
            assert_true(message.complete);
        }
        g_string_free(hex, TRUE);
    }
}

/* Names are lower case; what can't be shown, or would look like a border of labels, is '?'. */
static void
shown_names(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *name;
    } rows[] = {
        {QUESTION_HEADER "03575757 024142 00 0001 0001", "www.ab"},
        {QUESTION_HEADER "04 00 1b 7f e4 00 0001 0001", "????"},
        {QUESTION_HEADER "03 612e62 00 0001 0001", "a?b"},
        {QUESTION_HEADER "04 5f647020 00 0001 0001", "_dp "},
        {QUESTION_HEADER "00 0002 0001", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct dns_message message;
        assert_true(read_hex(rows[i].hex, &message));
        assert_string_equal(message.query_name, rows[i].name);
    }
}

/* One answer after a good question: is it taken? */
static void
lying_answers(void **state)
{
    (void)state;
#define ONE_ANSWER "0001 8180 0001 0001 0000 0000 0161 00 0001 0001 "
    static const struct {
        const char *what, *hex;
        unsigned answers;
        bool complete;
    } rows[] = {
        {"good", ONE_ANSWER "c00c 0001 0001 00000001 0004 01020304", 1, true},
        {"longer than the message", ONE_ANSWER "c00c 0001 0001 00000001 0005 01020304", 0, false},
        {"address of 3 bytes", ONE_ANSWER "c00c 0001 0001 00000001 0003 010203", 0, false},
        {"IPv6 address of 4 bytes", ONE_ANSWER "c00c 001c 0001 00000001 0004 01020304", 0, false},
        {"target over the end of its data", ONE_ANSWER "c00c 0005 0001 00000001 0002 0161 00", 0, false},
        {"data left after the target", ONE_ANSWER "c00c 0005 0001 00000001 0004 0161 00 00", 0, false},
        {"target points forwards", ONE_ANSWER "c00c 0005 0001 00000001 0002 c01f 00", 0, false},
        {"no data", ONE_ANSWER "c00c 0005 0001 00000001 0000", 0, false},
        {"class CHAOS is not read", ONE_ANSWER "c00c 0001 0003 00000001 0004 01020304", 1, true},
        {"other types are skipped", ONE_ANSWER "c00c 0010 0001 00000001 0002 0161", 1, true},
        {"no answer though one was counted", ONE_ANSWER, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct dns_message message;
        assert_true(read_hex(rows[i].hex, &message));
        if (message.answer_count != rows[i].answers || message.complete != rows[i].complete) {
            fail_msg("%s: %u answers, complete %d", rows[i].what, message.answer_count, message.complete);
        }
    }
    struct dns_message message;
    assert_true(read_hex(rows[8].hex, &message));
    assert_int_equal(message.answer[0].address.family, 0);
}

static void
more_answers_than_kept(void **state)
{
    (void)state;
    GString *hex = g_string_new("0001 8180 0001 0021 0000 0000 0161 00 0001 0001");
    for (unsigned i = 0; i <= DNS_ANSWERS_MAX; i++) {
        g_string_append_printf(hex, " c00c 0001 0001 00000001 0004 0a0000%02x", i);
    }
    struct dns_message message;
    assert_true(read_hex(hex->str, &message));
    assert_int_equal(message.answer_count, DNS_ANSWERS_MAX);
    assert_int_equal(message.answer[DNS_ANSWERS_MAX - 1].address.bytes[3], DNS_ANSWERS_MAX - 1);
    assert_false(message.complete);
    g_string_free(hex, TRUE);
}

static void
header_flags(void **state)
{
    (void)state;
    struct dns_message message;
    assert_true(read_hex("1234 8703 0001 0000 0000 0000 0161 00 001c 0001", &message));
    assert_true(message.response && message.truncated && message.authoritative);
    assert_int_equal(message.rcode, 3);
    assert_int_equal(message.query_type, DNS_TYPE_AAAA);
    assert_true(read_hex("1234 0100 0001 0000 0000 0000 0161 00 0001 0001", &message));
    assert_false(message.response || message.truncated || message.authoritative);
}

static void
registered_domain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *domain;
    } rows[] = {
        {"www.example.com", "example.com"},
        {"example.com", "example.com"},
        {"com", "com"},
        {"", ""},
        {"a.b.com.cn", "b.com.cn"},
        {"b.com.cn", "b.com.cn"},
        {"com.cn", "com.cn"},
        {"www.shop.co.uk", "shop.co.uk"},
        {"a.co.com", "co.com"},
        {"www.com.info", "com.info"},
        {"a.b.cn", "b.cn"},
        {"x.gov.cn", "x.gov.cn"},
        {"p.t.co", "t.co"},
        {"a.xcom.cn", "xcom.cn"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_string_equal(dns_registered_domain(rows[i].name), rows[i].domain);
    }
}

static void
type_names(void **state)
{
    (void)state;
    assert_string_equal(dns_type_name(DNS_TYPE_A), "A");
    assert_string_equal(dns_type_name(DNS_TYPE_AAAA), "AAAA");
    assert_string_equal(dns_type_name(12), "PTR");
    assert_string_equal(dns_type_name(65), "HTTPS");
    assert_string_equal(dns_type_name(0xfffe), "other");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cname_and_address),
        cmocka_unit_test(ipv6_address),
        cmocka_unit_test(compressed_target),
        cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(refused_as_no_message),
        cmocka_unit_test(longest_name),
        cmocka_unit_test(shown_names),
        cmocka_unit_test(lying_answers),
        cmocka_unit_test(more_answers_than_kept),
        cmocka_unit_test(header_flags),
        cmocka_unit_test(registered_domain),
        cmocka_unit_test(type_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
