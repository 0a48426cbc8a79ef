/* Countries of addresses, from databases of a few bytes and from the one that is delivered.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bytes_of.h"
#include "engine/country.h"

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

/* Nobody writes to the FIFO and nobody types: open() or read() would wait for ever. */
static void
not_files(void **state)
{
    char *fifo = g_build_filename(*state, "fifo", NULL), *link = g_build_filename(*state, "link.mmdb", NULL);
    char *socket_path = g_build_filename(*state, "socket", NULL), *problem = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(address.sun_path, socket_path, sizeof address.sun_path);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink(fifo, link), 0);
    const char *paths[] = {fifo, link, socket_path, *state, "/dev/zero"};
    alarm(20);
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        assert_null(country_database_open(paths[i], &problem));
        assert_non_null(strstr(problem, paths[i]));
        assert_non_null(strstr(problem, "not a regular file"));
        g_free(problem);
    }
    assert_null(country_database_find(*state));
    alarm(0);
    close(listener);
    g_free(fifo);
    g_free(link);
    g_free(socket_path);
}

/* A link to a database is one. */
static void
linked(void **state)
{
    char *path = write_database(*state, "one.dat", "country_code", NULL, "US"), *problem = NULL;
    char *link = g_build_filename(*state, "link.mmdb", NULL);
    assert_int_equal(symlink(path, link), 0);
    char *found = country_database_find(*state);
    assert_string_equal(found, link);
    struct country_database *database = country_database_open(found, &problem);
    assert_non_null(database);
    country_database_close(database);
    g_free(found);
    g_free(link);
    g_free(path);
}

/* Names are anybody's; so is what a database says of itself. */
static void
messages_are_plain(void **state)
{
    static const char *const names[] = {"\033]0;title\a.mmdb", "\xff\xfe.mmdb", "two\nlines.mmdb", "\u202egpj.mmdb"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        char *path = g_build_filename(*state, names[i], NULL), *problem = NULL;
        assert_true(g_file_set_contents(path, "nothing of the kind", -1, NULL));
        assert_null(country_database_open(path, &problem));
        assert_true(g_utf8_validate(problem, -1, NULL));
        assert_null(strpbrk(problem, "\033\a\n"));
        assert_null(strstr(problem, "\u202e"));
        assert_non_null(strstr(problem, "mmdb"));
        g_free(problem);
        g_free(path);
    }
}

/* libmaxminddb 1.7 itself forgets some kilobytes when it refuses a database with damaged metadata. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(HAS_LEAK_SANITIZER)
#include <sanitizer/lsan_interface.h>
#else
static void
__lsan_disable(void)
{
}

static void
__lsan_enable(void)
{
}
#endif

static struct country_database *
open_damaged(const char *path, char **problem)
{
    __lsan_disable();
    struct country_database *database = country_database_open(path, problem);
    __lsan_enable();
    return database;
}

/* Look up addresses all over the tree; what is found is two letters. False if the database is refused. */
static bool
survives(const char *path)
{
    char *problem = NULL;
    struct country_database *database = open_damaged(path, &problem);
    assert_true((database == NULL) == (problem != NULL));
    g_free(problem);
    for (unsigned i = 0; i < 256 && database != NULL; i++) {
        struct ip_address address = ipv4((uint8_t)i, (uint8_t)(i * 7), (uint8_t)(i * 31), 1), ipv6 = {.family = 6};
        char code[3] = "";
        ipv6.bytes[0] = 0x20 + i % 16;
        ipv6.bytes[1] = (uint8_t)i;
        assert_true(!country_lookup(database, &address, code) || strlen(code) == 2);
        assert_true(!country_lookup(database, &ipv6, code) || strlen(code) == 2);
    }
    country_database_close(database);
    return database != NULL;
}

static void
damage(const char *path, size_t place, uint8_t mask)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, (long)place, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)place, SEEK_SET);
    fputc(byte ^ mask, file);
    fclose(file);
}

/* Each bit of a small database, and each length. */
static void
damaged_small(void **state)
{
    char *path = write_database(*state, "one.mmdb", "country", "iso_code", "US");
    GStatBuf file;
    assert_int_equal(g_stat(path, &file), 0);
    for (size_t place = 0; place < (size_t)file.st_size; place++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            damage(path, place, (uint8_t)(1U << bit));
            survives(path);
            damage(path, place, (uint8_t)(1U << bit));
        }
    }
    assert_true(survives(path));
    for (off_t size = file.st_size - 1; size >= 0; size--) {
        assert_int_equal(truncate(path, size), 0);
        survives(path);
    }
    g_free(path);
}

/* Places in the tree, the data and, more often, the metadata of the one that is delivered; then it gets shorter. */
static void
damaged_large(void **state)
{
    enum { PLACES = 2000, PER_FLIP = 4, STEP = 1 << 16 };
    char *path = g_build_filename(*state, "large.mmdb", NULL), *content;
    gsize size;
    assert_true(g_file_get_contents("packaging/country/geo-whois-asn-country.mmdb", &content, &size, NULL));
    assert_true(g_file_set_contents(path, content, (gssize)size, NULL));
    GRand *random = g_rand_new_with_seed(10);
    for (unsigned i = 0; i < PLACES; i++) {
        size_t from = i % 2 == 0 ? 0 : size - 1000, places[PER_FLIP];
        uint8_t masks[PER_FLIP];
        for (unsigned k = 0; k < PER_FLIP; k++) {
            places[k] = from + (size_t)(g_rand_double(random) * (double)(size - from));
            masks[k] = (uint8_t)g_rand_int_range(random, 1, 256);
            damage(path, places[k], masks[k]);
        }
        survives(path);
        for (unsigned k = 0; k < PER_FLIP; k++) {
            damage(path, places[k], masks[k]);
        }
    }
    assert_true(survives(path));
    for (gsize left = size - 1; left > STEP; left -= STEP) {
        assert_int_equal(truncate(path, (off_t)left), 0);
        survives(path);
    }
    g_rand_free(random);
    g_free(content);
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
        cmocka_unit_test_setup_teardown(not_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(linked, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(messages_are_plain, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(damaged_small, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(damaged_large, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(found, make_folder, remove_folder),
        cmocka_unit_test(delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
