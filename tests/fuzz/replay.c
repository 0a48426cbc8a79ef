/* Runs a fuzz target without a fuzzer: on the inputs of a folder, on those with one byte changed or
 * the end cut off, and on a fixed pseudo-random set. Every run does the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"

enum { RANDOM_INPUTS = 20000, RANDOM_SIZE_MAX = 300, CHANGES = 2000 };

static unsigned long runs;

/* In a buffer of its exact size, so that the address sanitizer sees every byte too many. */
static void
run(const uint8_t *data, size_t size)
{
    uint8_t *copy = g_malloc(size > 0 ? size : 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    LLVMFuzzerTestOneInput(copy, size);
    g_free(copy);
    runs++;
}

static void
run_around(uint8_t *data, size_t size)
{
    /* The same changes whatever the order of the files. */
    GRand *random = g_rand_new_with_seed(9293);
    for (size_t length = 0; length <= size; length++) {
        run(data, length);
    }
    for (unsigned i = 0; i < CHANGES && size > 0; i++) {
        size_t at = (size_t)g_rand_int_range(random, 0, (gint32)size);
        uint8_t before = data[at];
        data[at] = (uint8_t)g_rand_int(random);
        run(data, size);
        data[at] = before;
    }
    g_rand_free(random);
}

static unsigned
run_folder(const char *folder)
{
    unsigned files = 0;
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir == NULL) {
        return 0;
    }
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        char *path = g_build_filename(folder, name, NULL), *data;
        gsize size;
        if (g_file_get_contents(path, &data, &size, NULL)) {
            run_around((uint8_t *)data, size);
            g_free(data);
            files++;
        }
        g_free(path);
    }
    g_dir_close(dir);
    return files;
}

int
main(int argc, char **argv)
{
    GRand *random = g_rand_new_with_seed(1035);
    unsigned files = argc > 1 ? run_folder(argv[1]) : 0;
    for (unsigned i = 0; i < RANDOM_INPUTS; i++) {
        uint8_t data[RANDOM_SIZE_MAX];
        size_t size = (size_t)g_rand_int_range(random, 0, RANDOM_SIZE_MAX);
        for (size_t at = 0; at < size; at++) {
            data[at] = (uint8_t)g_rand_int(random);
        }
        run(data, size);
    }
    g_rand_free(random);
    printf("%u files, %lu runs\n", files, runs);
    return argc > 1 && files == 0;
}
