/* netcase-texts FILE.po: bring the file up to date with the texts that the plugin is built with: new ones are added without translation,
 * changed ones become fuzzy, those that are gone obsolete. netcase-texts --check FILE.po only says what there is to do, and
 * ends with 1 if there is something: a change of the file, or a text to be translated.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "engine/catalogue.h"
#include "findings/finding.h"
#include "po.h"
#include "texts/texts.h"

static void
add(GArray *messages, char *context, const char *english)
{
    struct po_message message = {context, english};
    g_array_append_val(messages, message);
}

static void
add_detector(GArray *messages, const struct detector *detector)
{
    for (size_t i = 0; i < detector->threshold_count; i++) {
        const struct threshold *threshold = &detector->thresholds[i];
        add(messages, context_of_threshold(detector->family, threshold, "label"), threshold->english.label);
        add(messages, context_of_threshold(detector->family, threshold, "help"), threshold->english.help);
    }
    for (size_t i = 0; i < detector->case_count; i++)
        for (int part = 0; part < TEXT_PARTS; part++)
            add(messages, context_of_case(&detector->cases[i], (enum text_part)part),
                text_of_case(&detector->cases[i], (enum text_part)part, LANGUAGE_ENGLISH));
}

/* Every text that is translated, in the order of the tables. */
static GArray *
all_messages(void)
{
    GArray *messages = g_array_new(FALSE, FALSE, sizeof(struct po_message));
    for (int name = 0; name < FACT_COUNT; name++) {
        struct wording english = wording_of_fact((enum fact_name)name, LANGUAGE_ENGLISH);
        add(messages, context_of_fact((enum fact_name)name, "label"), english.label);
        add(messages, context_of_fact((enum fact_name)name, "help"), english.help);
    }
    for (size_t i = 0; i < catalogue_detector_count; i++)
        add_detector(messages, catalogue_detectors[i]);
    return messages;
}

static void
free_messages(GArray *messages)
{
    for (guint i = 0; i < messages->len; i++)
        g_free((char *)g_array_index(messages, struct po_message, i).context);
    g_array_unref(messages);
}

/* Say which texts a translator has to look at; how many there are. */
static unsigned
print_untranslated(const GPtrArray *entries)
{
    unsigned count = 0;
    for (guint i = 0; i < entries->len; i++) {
        const struct po_entry *entry = g_ptr_array_index(entries, i);
        if (entry->context == NULL || entry->obsolete || po_is_translated(entry))
            continue;
        printf("%s: %s\n", entry->context, entry->fuzzy ? "the English text has changed (fuzzy)" : "not translated");
        count++;
    }
    return count;
}

/* What there is to do with the file, whose text is this. */
static bool
check(const char *file, const char *text, const char *updated, const GPtrArray *entries)
{
    bool fresh = strcmp(text, updated) == 0;
    if (!fresh)
        printf("%s is not up to date: build the target update-texts, and translate what it leaves open\n", file);
    return print_untranslated(entries) == 0 && fresh;
}

int
main(int count, char **arguments)
{
    bool check_only = count == 3 && strcmp(arguments[1], "--check") == 0, good = false;
    if (count != 2 && !check_only) {
        fputs("usage: netcase-texts [--check] FILE.po\n", stderr);
        return 2;
    }
    const char *file = arguments[count - 1];
    char *text = NULL, *problem = NULL;
    GError *error = NULL;
    GPtrArray *entries = g_file_get_contents(file, &text, NULL, &error) ? po_read(text, &problem) : NULL;
    if (entries != NULL) {
        GArray *messages = all_messages();
        GPtrArray *updated = po_update(entries, (const struct po_message *)(void *)messages->data, messages->len);
        char *now = po_write(updated);
        if (check_only) {
            good = check(file, text, now, updated);
        } else {
            /* A file that is as it should be keeps its time, so that nothing is built again. */
            good = strcmp(text, now) == 0 || g_file_set_contents(file, now, -1, &error);
            print_untranslated(updated);
        }
        g_free(now);
        g_ptr_array_unref(updated);
        free_messages(messages);
        g_ptr_array_unref(entries);
    }
    if (error != NULL || problem != NULL)
        fprintf(stderr, "%s: %s\n", file, error != NULL ? error->message : problem);
    g_clear_error(&error);
    g_free(problem);
    g_free(text);
    return good ? 0 : 1;
}
