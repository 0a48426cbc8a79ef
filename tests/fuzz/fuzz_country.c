/* Country databases: the input is the file. Whatever is in it, a country is two upper-case letters.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/country.h"
#include "fuzz.h"

/* The library forgets some of its memory when it refuses a damaged file. */
const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *
__lsan_default_suppressions(void)
{
    return "leak:libmaxminddb\n";
}

static const struct ip_address addresses[] = {
    {.family = 4, .bytes = {1, 1, 1, 1}},
    {.family = 4, .bytes = {114, 114, 114, 114}},
    {.family = 4, .bytes = {223, 255, 255, 255}},
    {.family = 4, .bytes = {10, 0, 0, 1}},
    {.family = 6, .bytes = {0x24, 0x00, 0x32, 0x00}},
    {.family = 6, .bytes = {0x20, 0x01, 0x48, 0x60, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88}},
};

static void
look_up_all(struct country_database *database)
{
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        char code[3] = "";
        if (country_lookup(database, &addresses[i], code))
            fuzz_check(g_ascii_isupper(code[0]) && g_ascii_isupper(code[1]) && code[2] == '\0');
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int file = memfd_create("country", MFD_CLOEXEC);
    char *path = g_strdup_printf("/proc/self/fd/%d", file), *problem = NULL;
    fuzz_check(file >= 0 && write(file, data, size) == (ssize_t)size);
    struct country_database *database = country_database_open(path, &problem);
    fuzz_check((database == NULL) == (problem != NULL));
    if (database != NULL)
        look_up_all(database);
    country_database_close(database);
    g_free(problem);
    g_free(path);
    close(file);
    return 0;
}
