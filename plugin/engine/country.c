/* Country lookups in a MaxMind DB (format: MaxMind DB File Format Specification, 2.0).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/country.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "findings/printable.h"

struct country_database {
    MMDB_s file;
};

static bool
code_at(MMDB_entry_s *entry, const char *const *path, char code[3])
{
    MMDB_entry_data_s data;
    if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data) {
        return false;
    }
    if (data.type != MMDB_DATA_TYPE_UTF8_STRING || data.data_size != 2) {
        return false;
    }
    code[0] = g_ascii_toupper(data.utf8_string[0]);
    code[1] = g_ascii_toupper(data.utf8_string[1]);
    code[2] = '\0';
    return g_ascii_isupper(code[0]) && g_ascii_isupper(code[1]);
}

static bool
entry_country(MMDB_entry_s *entry, char code[3])
{
    static const char *const nested[] = {"country", "iso_code", NULL}, *const flat[] = {"country_code", NULL};
    return code_at(entry, nested, code) || code_at(entry, flat, code);
}

/* Look for a country in the records under a node of the search tree, and in no more than `*budget`
 * nodes and records. */
static bool
subtree_has_country(MMDB_s *file, uint32_t node, unsigned depth, unsigned *budget)
{
    MMDB_search_node_s branches;
    if (depth > 128 || *budget == 0 || MMDB_read_node(file, node, &branches) != MMDB_SUCCESS) {
        return false;
    }
    (*budget)--;
    char code[3];
    if (branches.left_record_type == MMDB_RECORD_TYPE_DATA && entry_country(&branches.left_record_entry, code)) {
        return true;
    }
    if (branches.right_record_type == MMDB_RECORD_TYPE_DATA && entry_country(&branches.right_record_entry, code)) {
        return true;
    }
    if (branches.left_record_type == MMDB_RECORD_TYPE_SEARCH_NODE &&
        subtree_has_country(file, (uint32_t)branches.left_record, depth + 1, budget)) {
        return true;
    }
    return branches.right_record_type == MMDB_RECORD_TYPE_SEARCH_NODE &&
           subtree_has_country(file, (uint32_t)branches.right_record, depth + 1, budget);
}

/* A descriptor of the regular file behind this name, or -1 and why there is none. Nothing is waited for: a FIFO that nobody
 * writes to, or a terminal, would hold up the program for ever. */
static int
open_regular_file(const char *path, const char **why)
{
    struct stat state;
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        /* ENXIO: a socket, or a device that is not there. */
        *why = errno == ENXIO ? "not a regular file" : g_strerror(errno);
        return -1;
    }
    if (fstat(descriptor, &state) == 0 && S_ISREG(state.st_mode)) {
        return descriptor;
    }
    *why = "not a regular file";
    close(descriptor);
    return -1;
}

/* libmaxminddb opens files by name only. It gets one that leads to the file which was looked at, whatever has taken its
 * place meanwhile. */
static struct country_database *
read_database(int descriptor, const char **why)
{
    struct country_database *database = g_new0(struct country_database, 1);
    char *name = g_strdup_printf("/dev/fd/%d", descriptor);
    int status = MMDB_open(name, MMDB_MODE_MMAP, &database->file);
    g_free(name);
    if (status == MMDB_SUCCESS) {
        return database;
    }
    *why = MMDB_strerror(status);
    g_free(database);
    return NULL;
}

/* "path: why" in one line that acts on no terminal: neither the name nor what is in the database is ours. */
static char *
problem_with(const char *path, const char *why)
{
    char *text = g_strdup_printf("%s: %s", path, why);
    char *shown = printable_text(text);
    g_free(text);
    return shown;
}

struct country_database *
country_database_open(const char *path, char **problem)
{
    *problem = NULL;
    const char *why = NULL;
    int descriptor = open_regular_file(path, &why);
    struct country_database *database = descriptor < 0 ? NULL : read_database(descriptor, &why);
    if (descriptor >= 0) {
        close(descriptor);
    }
    /* A database of something else (networks, cities without codes) has no country in any record;
     * 1,000 nodes hold some dozens of records. */
    unsigned budget = 1000;
    if (database == NULL) {
        *problem = problem_with(path, why);
    } else if (!subtree_has_country(&database->file, 0, 0, &budget)) {
        char *text =
            g_strdup_printf("no country codes in this database (%.60s)", database->file.metadata.database_type);
        *problem = problem_with(path, text);
        g_free(text);
        country_database_close(database);
        database = NULL;
    }
    return database;
}

void
country_database_close(struct country_database *database)
{
    if (database != NULL) {
        MMDB_close(&database->file);
        g_free(database);
    }
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The *.mmdb files of a folder in alphabetical order. */
static GPtrArray *
databases_in(const char *folder)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL) {
        return paths;
    }
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        if (g_str_has_suffix(name, ".mmdb")) {
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
        }
    }
    g_dir_close(dir);
    g_ptr_array_sort(paths, compare_names);
    return paths;
}

static char *
first_usable(const GPtrArray *paths)
{
    for (guint i = 0; i < paths->len; i++) {
        char *problem = NULL;
        struct country_database *database = country_database_open(paths->pdata[i], &problem);
        g_free(problem);
        if (database != NULL) {
            country_database_close(database);
            return g_strdup(paths->pdata[i]);
        }
    }
    return NULL;
}

char *
country_database_find(const char *search_path)
{
    char *found = NULL;
    char **folders = g_strsplit(search_path, G_SEARCHPATH_SEPARATOR_S, -1);
    for (char **folder = folders; *folder != NULL && found == NULL; folder++) {
        GPtrArray *paths = databases_in(*folder);
        found = first_usable(paths);
        g_ptr_array_unref(paths);
    }
    g_strfreev(folders);
    return found;
}

static MMDB_lookup_result_s
lookup(const MMDB_s *file, const struct ip_address *address, int *status)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
    } socket_address = {0};
    if (address->family == 4) {
        socket_address.ipv4.sin_family = AF_INET;
        memcpy(&socket_address.ipv4.sin_addr, address->bytes, 4);
    } else {
        socket_address.ipv6.sin6_family = AF_INET6;
        memcpy(&socket_address.ipv6.sin6_addr, address->bytes, 16);
    }
    return MMDB_lookup_sockaddr(file, &socket_address.any, status);
}

bool
country_lookup(struct country_database *database, const struct ip_address *address, char code[3])
{
    /* Databases hold countries for addresses that are nobody's: they are not asked for these. */
    if (database == NULL || !address_is_public(address)) {
        return false;
    }
    int status = MMDB_SUCCESS;
    MMDB_lookup_result_s result = lookup(&database->file, address, &status);
    return status == MMDB_SUCCESS && result.found_entry && entry_country(&result.entry, code);
}
