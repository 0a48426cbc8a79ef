/* TLS records through segments. Most bytes are captured; `beyond` bytes of a segment were cut off.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "engine/tls_stream.h"

/* ClientHello to auth.split.io, 517 bytes, of which the first 153 are here. */
#define CLIENT_HELLO                                                                                                   \
    "1603010200 010001fc 0303 f1a64d15006c8597e6920e5407d5bd23ea3a8fad325c6ad822d05fd6366b7f04"                        \
    "20 7228ea9e2d37279824a426ed0451910380d9376005766f82f0cc2c2dd48fea54"                                              \
    "0020 8a8a130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035 01 00"                                      \
    "0193 fafa0000 00000012 0010 00 000d 617574682e73706c69742e696f 00170000 ff01000100 000a000a"
enum { CLIENT_HELLO_BEYOND = 517 - 153 };
/* ServerHello that chose TLS 1.3, 127 bytes with its header. */
#define SERVER_HELLO_13                                                                                                \
    "160303007a 02000076 0303 a53de3282cfd3672a889054a0d2c1b5c928fc44403b1cf78b788b0ce5a3919fc"                        \
    "20 600340e3967fcdd9eebe42129360aa7ed07b8385619c220c86681d0e0e296b13 1301 00 002e"                                 \
    "0033 0024 001d 0020 1af9ffcbe18725ad204f94ab589028da67ad893ea4514c6dd2b45a56994acd2c 002b 0002 0304"
/* ServerHello of TLS 1.2, 96 bytes with its header. */
#define SERVER_HELLO_12                                                                                                \
    "160303005b 02000057 0303 6a9e9259a32ea488405317de9066893b1cd947ce2fdbf2ef6a7e69760e456260"                        \
    "20 7228ea9e2d37279824a426ed0451910380d9376005766f82f0cc2c2dd48fea54 c02f 00 000f"                                 \
    "000b00020100 ff01000100 00170000"
/* HelloRetryRequest: the special random, TLS 1.3, a key share group. */
#define HELLO_RETRY                                                                                                    \
    "1603030038 02000034 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"                        \
    "00 1301 00 000c 002b 0002 0304 0033 0002 0017"
#define CHANGE_CIPHER_SPEC "1403030001 01 "
#define FINISHED_12        "1603030028 0000000000000000180d2e2027c8e6b777c93639e44b23d526d78c2d929a8727c95840e0a3c9d047 "
#define ALERT_PLAIN        "1503010002 0246 "
#define ALERT_ENCRYPTED    "150303001a 000000000000000194207e8f626147ea8bc2e661ff6d5af6b105 "
#define DATA_4             "1703030004 a1a2a3a4 "
#define DATA_20            "1703030014 a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4 "
#define ALERT_13           "1703030013 a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3 "

struct segment {
    char side;   /* 'c', 's'; upper case: the first payload after a captured handshake */
    int32_t gap; /* bytes missing before it; negative: bytes that it repeats */
    const char *hex;
    uint32_t beyond; /* bytes that were cut off its end */
    /* Types of the records in it, with handshake type or alert, and a full stop if it ends where
     * the last one does. */
    const char *records;
};

/* Segments, in order, and what is known at the end: letters of connection_text. */
struct script {
    const char *what;
    struct segment segments[10];
    const char *end;
};

static char *
records_text(const struct tls_records *records)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < records->count; i++) {
        const struct tls_record *record = &records->record[i];
        g_string_append_printf(text, "%s%u", i > 0 ? " " : "", record->type);
        if (record->handshake_type != 0) {
            g_string_append_printf(text, ":%u", record->handshake_type);
        }
        if (record->alert_plain) {
            g_string_append_printf(text, "=%u,%u", record->alert_level, record->alert_description);
        }
    }
    return g_string_free(records->whole ? g_string_append_c(text, '.') : text, FALSE);
}

static char *
connection_text(const struct tls_connection *connection)
{
    return g_strdup_printf("%s%s%s%s%s%s", connection->client_hello ? "c" : "", connection->server_hello ? "s" : "",
                           connection->tls13 ? "3" : "", connection->finished ? "f" : "",
                           connection->fatal_alert ? "a" : "", connection->blind ? "b" : "");
}

struct play {
    struct tls_connection connection;
    struct tls_side client, server;
    uint32_t client_sequence, server_sequence;
};

static char *
feed(struct play *play, const struct segment *segment, uint32_t frame)
{
    bool from_client = g_ascii_tolower(segment->side) == 'c', opening = g_ascii_isupper(segment->side);
    uint32_t *sequence = from_client ? &play->client_sequence : &play->server_sequence;
    struct payload payload = payload_of(segment->hex);
    struct tls_records records;
    memset(&records, 0xee, sizeof records);
    payload.length += segment->beyond;
    *sequence += (uint32_t)segment->gap;
    bool read = tls_stream_read(&play->connection, from_client ? &play->client : &play->server,
                                from_client ? &play->server : &play->client, from_client, opening, *sequence, &payload,
                                frame, SECONDS(frame), &records);
    assert_true(read == (records.count > 0));
    *sequence += payload.length;
    payload_free(payload);
    return records_text(&records);
}

/* Sequence numbers begin shortly before they wrap. */
static struct play
new_play(void)
{
    return (struct play){.client_sequence = UINT32_MAX - 3, .server_sequence = UINT32_MAX - 5};
}

static const struct script scripts[] = {
    {"TLS 1.3",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_13 CHANGE_CIPHER_SPEC "1703030bf0 641da8", 1000, "22:2 20 23"},
      {'s', 0, "90e7", 3053 - 1003 - 2, ""},
      {'c', 0, CHANGE_CIPHER_SPEC DATA_20, 0, "20 23."}},
     "cs3f"},
    {"TLS 1.3, the client refuses with an encrypted alert",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_13 CHANGE_CIPHER_SPEC DATA_20, 0, "22:2 20 23."},
      {'c', 0, ALERT_13, 0, "23."}},
     "cs3"},
    {"TLS 1.3 after HelloRetryRequest",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, HELLO_RETRY CHANGE_CIPHER_SPEC, 0, "22:2 20."},
      {'c', 0, CHANGE_CIPHER_SPEC CLIENT_HELLO, CLIENT_HELLO_BEYOND, "20 22:1."}},
     "c3"},
    {"the same, on to its end",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, HELLO_RETRY CHANGE_CIPHER_SPEC, 0, "22:2 20."},
      {'c', 0, CHANGE_CIPHER_SPEC CLIENT_HELLO, CLIENT_HELLO_BEYOND, "20 22:1."},
      {'s', 0, SERVER_HELLO_13 DATA_20, 0, "22:2 23."},
      {'c', 0, DATA_20, 0, "23."}},
     "cs3f"},
    {"TLS 1.2, full handshake",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_12 "1603030bb8 0b000bb4", 100, "22:2 22:11"},
      {'s', 0, "00", 3000 - 104 - 1, ""},
      {'c', 0, "1603030046 10000042", 66, "22:16."},
      {'c', 0, CHANGE_CIPHER_SPEC FINISHED_12, 0, "20 22."},
      {'s', 0, CHANGE_CIPHER_SPEC FINISHED_12, 0, "20 22."}},
     "csf"},
    {"TLS 1.2, the client has not finished",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_12 CHANGE_CIPHER_SPEC FINISHED_12, 0, "22:2 20 22."}},
     "cs"},
    {"TLS 1.2, resumed: the server finishes first",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_12 CHANGE_CIPHER_SPEC FINISHED_12, 0, "22:2 20 22."},
      {'c', 0, CHANGE_CIPHER_SPEC FINISHED_12, 0, "20 22."}},
     "csf"},
    {"plain alert instead of a ServerHello",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."}, {'S', 0, ALERT_PLAIN, 0, "21=2,70."}},
     "ca"},
    {"plain warning",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."}, {'S', 0, "1503030002 0170", 0, "21=1,112."}},
     "c"},
    {"alert of an unknown level, alert that was cut off",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, "1503030002 0346", 0, "21."},
      {'s', 0, "1503030002 02", 1, "21."}},
     "c"},
    {"encrypted alert whose first bytes look like a plain one",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_12 "1503030004 02460102", 0, "22:2 21."}},
     "cs"},
    {"a draft of TLS 1.3 is not TLS 1.3",
     {{'S', 0,
       "1603030032 0200002e 0303 0000000000000000000000000000000000000000000000000000000000000000"
       "00 1301 00 0006 002b 0002 7f1c",
       0, "22:2."}},
     "s"},
    {"encrypted alert with data",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'S', 0, SERVER_HELLO_12, 0, "22:2."},
      {'s', 0, DATA_4 ALERT_ENCRYPTED, 0, "23 21."}},
     "cs"},
    {"a hello byte by byte",
     {{'C', 0, "16", 0, ""},
      {'c', 0, "03", 0, ""},
      {'c', 0, "0102", 0, ""},
      {'c', 0, "00 010001fc 0303", 506, "22:1."},
      {'c', 0, DATA_4, 0, "23."}},
     "c"},
    {"a header split, then a record that ends inside a segment",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4 "1703", 0, "23"},
      {'c', 0, "030004 a1a2", 0, "23"},
      {'c', 0, "a3a4" ALERT_13, 0, "23."}},
     "c"},
    {"a segment repeats bytes that were shown",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4, 0, "23."},
      {'c', -9, DATA_4 DATA_20, 0, "23."},
      {'c', -5, "ffffffffff", 0, ""}},
     "c"},
    {"cut to the first bytes of each segment",
     {{'C', 0, "1603010200 010001fc", 508, "22:1."},
      {'S', 0, "160303007a 02000076", 118 + 6 + 500, "22:2"},
      {'s', 0, "aabbccdd", 100, ""},
      {'c', 0, "1703030014 a1", 19, "23."}},
     "csb"},
    {"cut inside a header",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4 "170303", 30, "23"},
      {'c', 0, DATA_20, 0, "23."}},
     "cb"},
    {"a segment is lost, the next one begins with a record",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4, 0, "23."},
      {'c', 9, DATA_20, 0, "23."},
      {'c', 0, DATA_4, 0, "23."}},
     "cb"},
    {"a segment comes late: reading goes on where it was left",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 12, "a4 a5a6a7a8", 0, ""},
      {'c', -17, "170303000c a1a2a3a4a5a6a7", 0, "23"},
      {'c', 5, DATA_4, 0, "23."}},
     "cb"},
    {"the middle of a record after a gap",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 100, "a1a2a3a4a5a6a7", 0, ""},
      {'c', 0, "a1a2a3a4a5a6a7", 0, ""},
      {'c', 0, DATA_4, 0, "23."}},
     "cb"},
    {"began before: data of both sides",
     {{'c', 0, "a1a2a3a4a5a6a7", 0, ""}, {'c', 0, DATA_20, 0, "23."}, {'s', 0, DATA_20 DATA_4, 0, "23 23."}},
     "fb"},
    {"began before: the second record goes over the end", {{'s', 0, DATA_20 "1703033fff a1", 1000, "23 23"}}, "b"},
    {"began before: one record that does not fit is no proof",
     {{'s', 0, "1703033fff a1", 1000, ""}, {'s', 0, DATA_4, 0, "23."}},
     "b"},
    {"began before: the chain breaks", {{'s', 0, DATA_4 "4703030004 a1a2a3a4", 0, ""}}, ""},
    {"began before: the chain can't be seen", {{'s', 0, "1703030020 a1a2", 100, ""}}, ""},
    {"STARTTLS: a hello in the middle",
     {{'C', 0, "454857 4f2061 0d0a", 0, ""}, {'c', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND - 100, "22:1"}},
     "c"},
    {"HTTP", {{'C', 0, "474554202f20485454502f312e310d0a", 0, ""}, {'S', 0, "485454502f312e3120323030", 0, ""}}, ""},
    {"opening that only begins like a header",
     {{'C', 0, "16", 0, ""}, {'c', 0, "16030100", 0, ""}, {'c', 0, DATA_4, 0, "23."}},
     "b"},
    {"opening with application data is not TLS", {{'C', 0, "1703033fff a1a2a3", 0, ""}}, ""},
    {"length of zero",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4 "1703030000", 0, "23"},
      {'c', 0, DATA_4, 0, "23."}},
     "cb"},
    {"longest record, and one byte more",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, "1703034800 a1a2", 18430, "23."},
      {'c', 0, "1703034801 a1a2", 18431, ""}},
     "cb"},
    {"more records than are kept: the last one is",
     {{'C', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."},
      {'c', 0, DATA_4 DATA_4 DATA_4 DATA_4 DATA_4 DATA_4 DATA_4 DATA_4 DATA_4 ALERT_PLAIN, 0,
       "23 23 23 23 23 23 23 21=2,70."}},
     "ca"},
    {"a hello from the wrong side is none",
     {{'C', 0, SERVER_HELLO_12, 0, "22:2."}, {'S', 0, CLIENT_HELLO, CLIENT_HELLO_BEYOND, "22:1."}},
     ""},
    {"nothing at all", {{'C', 0, "", 0, ""}, {'S', 0, "", 10, ""}}, ""},
};

static void
played(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(scripts); i++) {
        struct play play = new_play();
        for (uint32_t s = 0; s < G_N_ELEMENTS(scripts[i].segments) && scripts[i].segments[s].hex != NULL; s++) {
            char *text = feed(&play, &scripts[i].segments[s], s + 1);
            if (strcmp(text, scripts[i].segments[s].records) != 0) {
                fail_msg("%s, segment %u: \"%s\"", scripts[i].what, s + 1, text);
            }
            g_free(text);
        }
        char *end = connection_text(&play.connection);
        if (strcmp(end, scripts[i].end) != 0) {
            fail_msg("%s, at the end: \"%s\"", scripts[i].what, end);
        }
        g_free(end);
    }
}

/* Feed the bytes in segments of this size; the records as "type/length " each. */
static char *
feed_split(struct play *play, bool from_client, const GByteArray *bytes, uint32_t size)
{
    GString *seen = g_string_new(NULL);
    for (uint32_t at = 0; at < bytes->len; at += size) {
        uint32_t length = MIN(size, bytes->len - at);
        struct payload payload = {g_memdup2(bytes->data + at, length), length, length};
        struct tls_records records;
        tls_stream_read(&play->connection, from_client ? &play->client : &play->server,
                        from_client ? &play->server : &play->client, from_client, at == 0, play->server_sequence + at,
                        &payload, 1, 0, &records);
        for (unsigned i = 0; i < records.count; i++) {
            g_string_append_printf(seen, "%u/%u ", records.record[i].type, records.record[i].length);
        }
        payload_free(payload);
    }
    return g_string_free(seen, FALSE);
}

/* In segments of every size the same is found. */
static void
split_everywhere(void **state)
{
    (void)state;
    static const struct {
        const char *hex, *records, *end, *name;
        bool from_client;
    } rows[] = {
        {SERVER_HELLO_12 CHANGE_CIPHER_SPEC FINISHED_12 DATA_4 DATA_20 ALERT_ENCRYPTED,
         "22/91 20/1 22/40 23/4 23/20 21/26 ", "s", "", false},
        {SERVER_HELLO_13 CHANGE_CIPHER_SPEC DATA_20, "22/122 20/1 23/20 ", "s3", "", false},
        {HELLO_RETRY CHANGE_CIPHER_SPEC, "22/56 20/1 ", "3", "", false},
        {CLIENT_HELLO, "22/512 ", "c", "auth.split.io", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GByteArray *bytes = bytes_of(rows[i].hex);
        for (uint32_t size = 1; size <= bytes->len; size++) {
            struct play play = new_play();
            char *records = feed_split(&play, rows[i].from_client, bytes, size), *end;
            assert_string_equal(records, rows[i].records);
            end = connection_text(&play.connection);
            assert_string_equal(end, rows[i].end);
            assert_string_equal(play.connection.server_name, rows[i].name);
            g_free(records);
            g_free(end);
        }
        g_byte_array_unref(bytes);
    }
}

/* A ClientHello in two segments, of which one is cut, late or missing. */
static void
hello_in_two_segments(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(CLIENT_HELLO);
    static const struct {
        const char *what;
        uint32_t first, first_cut, gap;
        const char *name;
    } rows[] = {
        {"whole", 120, 0, 0, "auth.split.io"},
        {"split inside the name", 135, 0, 0, "auth.split.io"},
        {"first one cut", 120, 1, 0, ""},
        {"bytes missing", 120, 0, 1, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct play play = new_play();
        struct tls_records records;
        struct payload first = cut_payload(bytes, rows[i].first - rows[i].first_cut);
        first.length = rows[i].first;
        assert_true(
            tls_stream_read(&play.connection, &play.client, &play.server, true, true, 7, &first, 1, 0, &records));
        assert_string_equal(play.connection.server_name, "");
        assert_true(tls_hello_is_open(&play.client.hello) == (rows[i].first_cut == 0));
        uint32_t at = rows[i].first + rows[i].gap;
        struct payload second = {bytes->data + at, bytes->len - at, 517 - at};
        assert_false(tls_stream_read(&play.connection, &play.client, &play.server, true, false, 7 + at, &second, 2, 0,
                                     &records));
        if (strcmp(play.connection.server_name, rows[i].name) != 0) {
            fail_msg("%s: \"%s\"", rows[i].what, play.connection.server_name);
        }
        assert_true(play.connection.client_hello);
        assert_int_equal(play.connection.client_hello_frame, 1);
        payload_free(first);
    }
    g_byte_array_unref(bytes);
}

/* At every length that a capture can be cut to: never a wrong record, and a hello that is seen is
 * the hello. */
static void
cut_everywhere(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(SERVER_HELLO_13 CHANGE_CIPHER_SPEC DATA_20);
    for (uint32_t captured = 0; captured <= bytes->len; captured++) {
        struct play play = new_play();
        struct payload payload = cut_payload(bytes, captured);
        struct tls_records records;
        bool read = tls_stream_read(&play.connection, &play.server, &play.client, false, true, play.server_sequence,
                                    &payload, 9, 0, &records);
        unsigned expected = captured >= 138 ? 3 : captured >= 132 ? 2 : captured >= 5 ? 1 : 0;
        assert_true(read == (expected > 0));
        assert_int_equal(records.count, expected);
        assert_true(play.connection.server_hello == (captured >= 6));
        assert_true(play.connection.tls13 == (captured >= 127));
        assert_true(records.whole == (captured >= 138));
        assert_true(play.connection.blind == (captured >= 5 && captured < 138));
        payload_free(payload);
    }
    g_byte_array_unref(bytes);
}

static void
hello_facts(void **state)
{
    (void)state;
    GByteArray *bytes = bytes_of(CLIENT_HELLO);
    assert_int_equal(bytes->len + CLIENT_HELLO_BEYOND, 517);
    for (uint32_t captured = 6; captured <= bytes->len; captured++) {
        struct play play = new_play();
        struct payload payload = cut_payload(bytes, captured);
        struct tls_records records;
        payload.length = 517;
        assert_true(tls_stream_read(&play.connection, &play.client, &play.server, true, true, play.client_sequence,
                                    &payload, 4, SECONDS(8), &records));
        assert_true(play.connection.client_hello && play.connection.seen);
        assert_int_equal(play.connection.client_hello_frame, 4);
        assert_true(play.connection.client_hello_time == SECONDS(8));
        /* The name ends 13 bytes before the end of what is here. */
        assert_string_equal(play.connection.server_name, captured >= bytes->len - 13 ? "auth.split.io" : "");
        assert_true(records.whole);
        payload_free(payload);
    }
    g_byte_array_unref(bytes);
}

static void
odd_server_names(void **state)
{
    (void)state;
#define HELLO_UP_TO_EXTENSIONS                                                                                         \
    "160301 0200 010001fc 0303 00000000000000000000000000000000 00000000000000000000000000000000 00 0002 1301 01 00 "
    static const struct {
        const char *extensions, *name;
    } rows[] = {
        {"0100 0000 0008 0006 00 0003 612e62", "a.b"},
        {"0100 0017 0000 0000 0008 0006 00 0003 612e62", "a.b"},
        {"0100 0000 0008 0006 01 0003 612e62", ""},   /* another type of name */
        {"0100 0000 0008 0006 00 0004 612e62", ""},   /* longer than the extension */
        {"0100 0000 0007 0006 00 0003 612e62", ""},   /* the extension is shorter */
        {"0100 0000 0008 0006 00 0003 61 0a 62", ""}, /* line feed */
        {"0100 0000 0008 0006 00 0003 61 20 62", ""}, /* space */
        {"0100 0000 0005 0003 00 0000", ""},
        {"0100 0000 0000", ""},
        {"0100 ffff fff0 00", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct play play = new_play();
        char *hex = g_strconcat(HELLO_UP_TO_EXTENSIONS, rows[i].extensions, NULL);
        const struct segment segment = {'C', 0, hex, 300, ""};
        g_free(feed(&play, &segment, 1));
        assert_true(play.connection.client_hello);
        assert_string_equal(play.connection.server_name, rows[i].name);
        g_free(hex);
    }
}

static void
record_begins(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        bool begins;
    } rows[] = {
        {"1603010200", true},  {"1403030001", true},  {"1703034100", true}, {"160304", true},
        {"16030302", true},    {"1603", false},       {"", false},          {"1303010200", false},
        {"1803010200", false}, {"1602010200", false}, {"160305", false},    {"1703030000", false},
        {"1703034101", false}, {"474554202f", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct payload payload = payload_of(rows[i].hex);
        if (tls_record_begins(payload.bytes, payload.captured) != rows[i].begins) {
            fail_msg("%s", rows[i].hex);
        }
        payload_free(payload);
    }
}

/* Bytes at random are hardly ever taken for TLS: none of 100,000 segments with this seed. */
static void
random_bytes(void **state)
{
    (void)state;
    GRand *random = g_rand_new_with_seed(20180729);
    for (unsigned i = 0; i < 100000; i++) {
        struct play play = new_play();
        uint8_t bytes[64];
        for (size_t b = 0; b < sizeof bytes; b++) {
            bytes[b] = (uint8_t)g_rand_int_range(random, 0, 256);
        }
        struct payload payload = {bytes, sizeof bytes, sizeof bytes};
        struct tls_records records;
        assert_false(tls_stream_read(&play.connection, &play.client, &play.server, true, i % 2 == 0, 1, &payload, 1, 0,
                                     &records));
        assert_false(play.connection.seen);
    }
    g_rand_free(random);
}

static void
alert_names(void **state)
{
    (void)state;
    assert_string_equal(tls_alert_name(0), "close_notify");
    assert_string_equal(tls_alert_name(40), "handshake_failure");
    assert_string_equal(tls_alert_name(48), "unknown_ca");
    assert_string_equal(tls_alert_name(70), "protocol_version");
    assert_string_equal(tls_alert_name(112), "unrecognized_name");
    assert_string_equal(tls_alert_name(120), "no_application_protocol");
    assert_string_equal(tls_alert_name(200), "unknown");
    assert_string_equal(tls_alert_name(255), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(played),         cmocka_unit_test(split_everywhere), cmocka_unit_test(hello_in_two_segments),
        cmocka_unit_test(cut_everywhere), cmocka_unit_test(hello_facts),      cmocka_unit_test(odd_server_names),
        cmocka_unit_test(record_begins),  cmocka_unit_test(random_bytes),     cmocka_unit_test(alert_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
