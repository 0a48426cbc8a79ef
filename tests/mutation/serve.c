/* Linked into the tests that have all mutants in them (switches.py): plays one mutant after the other, each in a copy of the process,
 * as to start one costs more than to notice most mutants. Without NETCASE_SERVE in the environment the program is as usual.
 *
 * A line of standard input is "MUTANT INPUT REACHED": the number of a mutant, 0 for none; the file that is standard input of the test; and
 * the file that gets the numbers of all mutants whose place was passed. The answer is a line "1" if the test failed, "0" if not.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MUTANTS_MAX = 1 << 16, PROCESSOR_SECONDS = 20 };

static const rlim_t MEMORY = (rlim_t)4 << 30;

int netcase_mutant;
unsigned char netcase_reached[MUTANTS_MAX];
static char reached_file[4096];

static void
limit(void)
{
    setrlimit(RLIMIT_CPU, &(struct rlimit){PROCESSOR_SECONDS, PROCESSOR_SECONDS});
    setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY, MEMORY});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

/* Before main(), to which each copy returns. */
__attribute__((constructor)) static void
serve(void)
{
    char line[3 * 4096], input[4096], reached[4096];
    int mutant, status = 0;
    if (getenv("NETCASE_SERVE") == NULL)
        return;
    while (fgets(line, sizeof line, stdin) != NULL && sscanf(line, "%d %4095s %4095s", &mutant, input, reached) == 3) {
        pid_t copy = fork();
        if (copy == 0) {
            limit();
            netcase_mutant = mutant;
            strcpy(reached_file, reached);
            if (freopen(input, "r", stdin) == NULL || freopen("/dev/null", "w", stdout) == NULL ||
                freopen("/dev/null", "w", stderr) == NULL)
                _exit(0); /* the mutant is not noticed */
            return;
        }
        if (copy < 0 || waitpid(copy, &status, 0) != copy)
            break;
        printf("%d\n", status != 0);
        fflush(stdout);
    }
    _exit(0);
}

__attribute__((destructor)) static void
tell_reached(void)
{
    FILE *file = reached_file[0] != '\0' ? fopen(reached_file, "w") : NULL;
    for (int mutant = 0; file != NULL && mutant < MUTANTS_MAX; mutant++)
        if (netcase_reached[mutant])
            fprintf(file, "%d\n", mutant);
    if (file != NULL)
        fclose(file);
}
