/* Runs a fuzz target without a fuzzer; every run does the same.
 *
 *   replay_TARGET [--less N] FOLDER...
 *
 * Inputs of bytes: the files of the folders, those with one byte changed or the end cut off, and a fixed pseudo-random set.
 * Targets that mutate their inputs themselves (packets with their order and times): the files, and mutations of them, of their
 * mutations and of pairs.
 *
 * With --less there are N times fewer changes: for targets of which each run takes long. An input that breaks the target, or takes longer than SECONDS_MAX, is printed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

enum { RANDOM_INPUTS = 20000, RANDOM_SIZE_MAX = 300, CHANGES = 2000 };
enum { MUTATED_RUNS = 200000, MUTATED_SIZE_MAX = 16384, GENERATIONS = 4 };
enum { SECONDS_MAX = 20 };

/* Only some targets have them. */
#pragma weak LLVMFuzzerCustomMutator
#pragma weak LLVMFuzzerCustomCrossOver

static unsigned long runs;
static unsigned less = 1;

/* What the target runs on now. */
static struct {
    const uint8_t *data;
    size_t size;
} current;

/* -- When the target breaks ------------------------------------------------------------------- */

static void
print_current(void)
{
    char *text = g_base64_encode(current.data, current.size);
    fprintf(stderr, "run %lu, %zu bytes: base64 -d <<<%s >input\n", runs, current.size, text);
    g_free(text);
}

static void
stop(int number)
{
    signal(SIGABRT, SIG_DFL);
    if (number == SIGALRM)
        fprintf(stderr, "took longer than %d s\n", SECONDS_MAX);
    print_current();
    _exit(1);
}

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
static void
watch_sanitizers(void)
{
    __sanitizer_set_death_callback(print_current);
}
#else
static void
watch_sanitizers(void)
{
}
#endif

/* -- Runs ------------------------------------------------------------------------------------- */

/* In a buffer of its exact size, so that the address sanitizer sees every byte too many. */
static void
run(const uint8_t *data, size_t size)
{
    uint8_t *copy = g_malloc(size > 0 ? size : 1);
    if (size > 0)
        memcpy(copy, data, size);
    current.data = copy;
    current.size = size;
    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(copy, size);
    alarm(0);
    g_free(copy);
    runs++;
}

static void
run_around(uint8_t *data, size_t size)
{
    /* The same changes whatever the order of the files. */
    GRand *random = g_rand_new_with_seed(9293);
    for (size_t length = 0; length <= size; length += less)
        run(data, length);
    for (unsigned i = 0; i < CHANGES / less && size > 0; i++) {
        size_t at = (size_t)g_rand_int_range(random, 0, (gint32)size);
        uint8_t before = data[at];
        data[at] = (uint8_t)g_rand_int(random);
        run(data, size);
        data[at] = before;
    }
    g_rand_free(random);
}

static void
run_random(void)
{
    GRand *random = g_rand_new_with_seed(1035);
    for (unsigned i = 0; i < RANDOM_INPUTS / less; i++) {
        uint8_t data[RANDOM_SIZE_MAX];
        size_t size = (size_t)g_rand_int_range(random, 0, RANDOM_SIZE_MAX);
        for (size_t at = 0; at < size; at++)
            data[at] = (uint8_t)g_rand_int(random);
        run(data, size);
    }
    g_rand_free(random);
}

/* The file, mutations of it, and of those. Now and then another file comes in. */
static void
run_mutated(const GPtrArray *files, guint number, unsigned times)
{
    const GBytes *file = g_ptr_array_index(files, number);
    GRand *random = g_rand_new_with_seed(number);
    uint8_t data[MUTATED_SIZE_MAX], crossed[MUTATED_SIZE_MAX];
    size_t size = 0, other_size;

    run(g_bytes_get_data((GBytes *)file, NULL), g_bytes_get_size((GBytes *)file));
    for (unsigned i = 0; i < times; i++) {
        if (i % GENERATIONS == 0) {
            size = MIN(g_bytes_get_size((GBytes *)file), sizeof data);
            memcpy(data, g_bytes_get_data((GBytes *)file, NULL), size);
        }
        if (i % GENERATIONS == GENERATIONS - 1) {
            GBytes *other = g_ptr_array_index(files, (guint)g_rand_int_range(random, 0, (gint32)files->len));
            const uint8_t *other_data = g_bytes_get_data(other, &other_size);
            size = LLVMFuzzerCustomCrossOver(data, size, other_data, MIN(other_size, sizeof data / 2), crossed,
                                             sizeof crossed, g_rand_int(random));
            memcpy(data, crossed, size);
        }
        size = LLVMFuzzerCustomMutator(data, size, sizeof data, g_rand_int(random));
        run(data, size);
    }
    g_rand_free(random);
}

/* -- Files ------------------------------------------------------------------------------------ */

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, so that every machine does the same. */
static void
add_folder(GPtrArray *files, const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    if (dir == NULL)
        return;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        char *data;
        gsize size;
        if (g_file_get_contents(g_ptr_array_index(names, i), &data, &size, NULL))
            g_ptr_array_add(files, g_bytes_new_take(data, size));
    }
    g_ptr_array_unref(names);
    g_dir_close(dir);
}

static void
run_files(const GPtrArray *files)
{
    for (guint i = 0; i < files->len; i++) {
        GBytes *file = g_ptr_array_index(files, i);
        gsize size = g_bytes_get_size(file);
        if (LLVMFuzzerCustomMutator != NULL) {
            run_mutated(files, i, MUTATED_RUNS / less / files->len + 1);
        } else {
            uint8_t *data = g_memdup2(g_bytes_get_data(file, NULL), size);
            run_around(data, size);
            g_free(data);
        }
    }
}

int
main(int argc, char **argv)
{
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    signal(SIGABRT, stop);
    signal(SIGALRM, stop);
    watch_sanitizers();
    bool given = argc > 2 && strcmp(argv[1], "--less") == 0;
    if (given)
        less = (unsigned)MAX(g_ascii_strtoull(argv[2], NULL, 10), 1);
    for (int i = given ? 3 : 1; i < argc; i++) {
        guint before = files->len;
        add_folder(files, argv[i]);
        if (files->len == before) {
            fprintf(stderr, "no inputs in %s\n", argv[i]);
            return 1;
        }
    }
    run_files(files);
    if (LLVMFuzzerCustomMutator == NULL)
        run_random();
    printf("%u files, %lu runs\n", files->len, runs);
    g_ptr_array_unref(files);
    return 0;
}
