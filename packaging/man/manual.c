/* Writes a manual page: a template from standard input, in which the comments FACTS, CASES and THRESHOLDS stand for what the plugin is
 * built with.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "engine/catalogue.h"
#include "findings/finding.h"

/* Text that roff shows as it is. */
static void
print_text(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
    putchar('\n');
}

static void
print_facts(void)
{
    static const char *const kinds[] = {[TYPE_DURATION] = "a time",
                                        [TYPE_COUNT] = "a number",
                                        [TYPE_BYTES] = "a number of bytes",
                                        [TYPE_BIT_RATE] = "bits per second",
                                        [TYPE_ENDPOINT] = "address:port",
                                        [TYPE_ADDRESS] = "an address",
                                        [TYPE_CAPTURED] = "text of the capture",
                                        [TYPE_TEXT] = "text",
                                        [TYPE_FLAG] = "yes or no",
                                        [TYPE_FRAME] = "a frame"};
    for (int name = 0; name < FACT_COUNT; name++) {
        printf(".TP\n.B netcase.%s\n", fact_infos[name].name);
        print_text(fact_infos[name].english.help);
        printf("(%s).\n", kinds[fact_infos[name].type]);
    }
}

static void
print_cases(void)
{
    for (size_t i = 0; i < catalogue_case_count(); i++) {
        const struct case_info *info = catalogue_case(i);
        printf(".TP\n.B %s\n", info->id);
        print_text(info->english.title);
    }
}

static void
print_thresholds(void)
{
    for (size_t i = 0; i < catalogue_detector_count; i++)
        for (size_t j = 0; j < catalogue_detectors[i]->threshold_count; j++) {
            const struct threshold *threshold = &catalogue_detectors[i]->thresholds[j];
            printf(".TP\n.BR netcase.%s_%s \" (%u; %u to %u)\"\n", catalogue_detectors[i]->family, threshold->name,
                   threshold->default_value, threshold->minimum, threshold->maximum);
            print_text(threshold->english.help);
        }
}

int
main(void)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, ".\\\" FACTS\n") == 0)
            print_facts();
        else if (strcmp(line, ".\\\" CASES\n") == 0)
            print_cases();
        else if (strcmp(line, ".\\\" THRESHOLDS\n") == 0)
            print_thresholds();
        else
            fputs(line, stdout);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
