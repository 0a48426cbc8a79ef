/* Countries of addresses, from databases of a few bytes and from the one that is delivered.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>

#include "bytes_of.h"
#include "core/country.h"

/* -- Databases of one node: addresses below 128.0.0.0 have a record, the others have none ------ */

enum { TYPE_TEXT = 2, TYPE_UINT16 = 5, TYPE_UINT32 = 6, TYPE_MAP = 7 };

static void
put_header(GByteArray *out, unsigned type, size_t size)
{
    uint8_t byte = (uint8_t)(type << 5 | size);
    assert_true(size < 29);
    g_byte_array_append(out, &byte, 1);
}

static void
put_text(GByteArray *out, const char *text)
{
    put_header(out, TYPE_TEXT, strlen(text));
    g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

static void
put_number(GByteArray *out, const char *name, unsigned type, uint8_t number)
{
    put_text(out, name);
    put_header(out, type, 1);
    g_byte_array_append(out, &number, 1);
}

/* A record: a map with one key; `inner` is a key in a map below it, NULL if the value is the text. */
static void
put_record(GByteArray *out, const char *key, const char *inner, const char *text)
{
    put_header(out, TYPE_MAP, 1);
    put_text(out, key);
    if (inner != NULL) {
        put_header(out, TYPE_MAP, 1);
        put_text(out, inner);
    }
    put_text(out, text);
}

static void
put_metadata(GByteArray *out)
{
    static const uint8_t time[] = {1, 2, 1}, no_languages[] = {0, 4};
    g_byte_array_append(out, (const guint8 *)"\xab\xcd\xefMaxMind.com", 14);
    put_header(out, TYPE_MAP, 9);
    put_number(out, "binary_format_major_version", TYPE_UINT16, 2);
    put_number(out, "binary_format_minor_version", TYPE_UINT16, 0);
    put_number(out, "ip_version", TYPE_UINT16, 4);
    put_number(out, "node_count", TYPE_UINT32, 1);
    put_number(out, "record_size", TYPE_UINT16, 24);
    put_text(out, "database_type");
    put_text(out, "test");
    put_text(out, "description");
    put_header(out, TYPE_MAP, 0);
    put_text(out, "build_epoch");
    g_byte_array_append(out, time, sizeof time);
    put_text(out, "languages");
    g_byte_array_append(out, no_languages, sizeof no_languages);
}

/* Write a database and give its name. */
static char *
write_database(const char *folder, const char *name, const char *key, const char *inner, const char *text)
{
    /* One node: its left record is the first one of the data section, its right one is empty. Then
     * the 16 bytes of zeros that separate tree and data. */
    static const uint8_t tree[6 + 16] = {0, 0, 1 + 16, 0, 0, 1};
    GByteArray *out = g_byte_array_new();
    char *path = g_build_filename(folder, name, NULL);
    g_byte_array_append(out, tree, sizeof tree);
    put_record(out, key, inner, text);
    put_metadata(out);
    assert_true(g_file_set_contents(path, (const char *)out->data, (gssize)out->len, NULL));
    g_byte_array_unref(out);
    return path;
}

static int
make_folder(void **state)
{
    *state = g_dir_make_tmp("netcase-XXXXXX", NULL);
    return *state == NULL;
}

static int
remove_folder(void **state)
{
    GDir *dir = g_dir_open(*state, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        char *path = g_build_filename(*state, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(*state);
    g_free(*state);
    return 0;
}

static void
layouts(void **state)
{
    static const struct {
        const char *key, *inner, *text, *code; /* code "" = the database is refused */
    } rows[] = {
        {"country", "iso_code", "US", "US"}, {"country_code", NULL, "CN", "CN"}, {"country_code", NULL, "hk", "HK"},
        {"country", "name", "US", ""},       {"country", NULL, "US", ""},        {"country_code", NULL, "USA", ""},
        {"country_code", NULL, "", ""},      {"country_code", NULL, "1A", ""},   {"as_name", NULL, "US", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *problem = NULL, code[3] = "";
        char *path = write_database(*state, "one.mmdb", rows[i].key, rows[i].inner, rows[i].text);
        struct country_database *database = country_database_open(path, &problem);
        struct ip_address known = ipv4(8, 8, 8, 8), unknown = ipv4(223, 5, 5, 5);
        struct ip_address ipv6 = {.family = 6, .bytes = {0x20, 0x01}}, none = {0};
        assert_true((database != NULL) == (rows[i].code[0] != '\0'));
        assert_true((database == NULL) == (problem != NULL));
        assert_true(problem == NULL || strstr(problem, path) != NULL);
        assert_true(country_lookup(database, &known, code) == (database != NULL));
        assert_string_equal(code, rows[i].code);
        assert_false(country_lookup(database, &unknown, code));
        assert_false(country_lookup(database, &ipv6, code)); /* a database of IPv4 alone */
        assert_false(country_lookup(database, &none, code));
        country_database_close(database);
        g_free(problem);
        g_free(path);
    }
}

static void
not_databases(void **state)
{
    char *problem = NULL, *path = g_build_filename(*state, "text.mmdb", NULL);
    assert_null(country_database_open(path, &problem));
    assert_non_null(strstr(problem, path));
    g_free(problem);
    assert_true(g_file_set_contents(path, "nothing of the kind", -1, NULL));
    assert_null(country_database_open(path, &problem));
    assert_non_null(strstr(problem, path));
    g_free(problem);
    g_free(path);
}

/* The first in alphabetical order that has countries. */
static void
found(void **state)
{
    char *search_path = g_strjoin(G_SEARCHPATH_SEPARATOR_S, "/nowhere", *state, NULL);
    assert_null(country_database_find(search_path));
    g_free(write_database(*state, "a.mmdb", "as_name", NULL, "US"));
    g_free(write_database(*state, "b.dat", "country_code", NULL, "US"));
    assert_null(country_database_find(search_path));
    for (unsigned i = 20; i > 0; i--) {
        char *name = g_strdup_printf("c%02u.mmdb", i);
        g_free(write_database(*state, name, "country_code", NULL, "US"));
        g_free(name);
    }
    char *first = g_build_filename(*state, "c01.mmdb", NULL);
    char *path = country_database_find(search_path);
    assert_string_equal(path, first);
    assert_null(country_database_find(""));
    g_free(path);
    g_free(first);
    g_free(search_path);
}

/* The database that is delivered knows the addresses of the documented cases. */
static void
delivered(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[4];
        const char *code;
    } rows[] = {
        {{108, 160, 166, 142}, "US"}, {{115, 28, 115, 126}, "CN"}, {{223, 5, 5, 5}, "CN"}, {{47, 104, 79, 200}, "CN"},
        {{8, 8, 8, 8}, "US"},         {{10, 0, 0, 1}, ""},         {{127, 0, 0, 1}, ""},   {{192, 168, 1, 1}, ""},
    };
    char *problem = NULL;
    struct country_database *database = country_database_open("packaging/country/geo-whois-asn-country.mmdb", &problem);
    if (database == NULL) {
        fail_msg("%s", problem);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint8_t *bytes = rows[i].bytes;
        struct ip_address address = ipv4(bytes[0], bytes[1], bytes[2], bytes[3]);
        char code[3] = "";
        country_lookup(database, &address, code);
        assert_string_equal(code, rows[i].code);
    }
    country_database_close(database);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(layouts, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(not_databases, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(found, make_folder, remove_folder),
        cmocka_unit_test(delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
