/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* dladdr */
#include "host/country_file.h"

#include "host/host_compat.h"

#include <dlfcn.h>
#include <epan/maxmind_db.h>

static struct country_database *database;
static char *database_path; /* of the one that is open */

/* The file that came with the plugin lies beside it, wherever that is, or where a package puts data. */
static char *
shipped_file(void)
{
    Dl_info plugin;
    if (dladdr(&database, &plugin) != 0 && plugin.dli_fname != NULL) {
        char *folder = g_path_get_dirname(plugin.dli_fname);
        char *path = g_build_filename(folder, "netcase-country.mmdb", NULL);
        g_free(folder);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return path;
        g_free(path);
    }
    return g_build_filename(NETCASE_DATA_DIR, "netcase-country.mmdb", NULL);
}

static char *
choose_file(const char *preference)
{
    if (preference != NULL && *preference != '\0')
        return g_strdup(preference);
    char *folders = maxmind_db_get_paths();
    char *found = folders != NULL ? country_database_find(folders) : NULL;
    g_free(folders);
    return found != NULL ? found : shipped_file();
}

struct country_database *
country_file_open(const char *preference)
{
    char *path = choose_file(preference);
    if (g_strcmp0(path, database_path) == 0) {
        g_free(path);
        return database;
    }
    country_database_close(database);
    char *problem = NULL;
    database = country_database_open(path, &problem);
    g_free(problem);
    g_free(database_path);
    database_path = path;
    return database;
}

char *
country_file_problem(const char *preference)
{
    if (preference == NULL || *preference == '\0')
        return NULL;
    char *problem;
    country_database_close(country_database_open(preference, &problem));
    return problem;
}
