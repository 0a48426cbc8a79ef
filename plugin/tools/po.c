/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "po.h"

#include <string.h>

static void
entry_free(void *item)
{
    struct po_entry *entry = item;
    g_free(entry->comments);
    g_free(entry->previous);
    g_free(entry->context);
    g_free(entry->english);
    g_free(entry->translation);
    g_free(entry);
}

static GPtrArray *
entries_new(void)
{
    return g_ptr_array_new_with_free_func(entry_free);
}

/* -- Reading ---------------------------------------------------------------------------------- */

/* A file that is read. The entry that is being read has been begun by its first line. */
struct reading {
    GPtrArray *entries;
    GHashTable *contexts; /* of the entries that are not obsolete */
    struct po_entry *entry;
    char **field; /* of the entry, which a line that only has a string continues; NULL if there is none */
    const char *problem;
};

/* A string in quotes to the end of the line, behind what the field has. */
static void
append_string(struct reading *reading, const char *at)
{
    size_t length = strlen(at);
    if (reading->field == NULL || length < 2 || at[0] != '"' || at[length - 1] != '"') {
        reading->problem = "expected a string in quotes";
        return;
    }
    char *quoted = g_strndup(at + 1, length - 2);
    char *string = g_strcompress(quoted);
    char *before = *reading->field;
    *reading->field = g_strconcat(before != NULL ? before : "", string, NULL);
    g_free(before);
    g_free(string);
    g_free(quoted);
}

static void
finish_entry(struct reading *reading)
{
    struct po_entry *entry = reading->entry;
    if (entry == NULL)
        return;
    if (entry->english == NULL || entry->translation == NULL)
        reading->problem = "the entry above has no msgid or no msgstr";
    else if (entry->context == NULL && *entry->english != '\0')
        reading->problem = "the entry above has no msgctxt";
    else if (!entry->obsolete &&
             !g_hash_table_add(reading->contexts, entry->context != NULL ? entry->context : (char *)""))
        reading->problem = "the msgctxt of the entry above is there twice";
    g_ptr_array_add(reading->entries, entry);
    reading->entry = NULL;
    reading->field = NULL;
}

static struct po_entry *
entry_of_line(struct reading *reading)
{
    if (reading->entry == NULL)
        reading->entry = g_new0(struct po_entry, 1);
    return reading->entry;
}

/* msgctxt, msgid or msgstr and a string; of the English text that was translated, msgid only. */
static void
read_keyword(struct reading *reading, const char *line, bool previous)
{
    struct po_entry *entry = entry_of_line(reading);
    const struct {
        const char *word;
        char **field;
    } keywords[] = {
        {"msgctxt ", previous ? NULL : &entry->context},
        {"msgid ", previous ? &entry->previous : &entry->english},
        {"msgstr ", previous ? NULL : &entry->translation},
    };
    if (*line == '"') {
        append_string(reading, line);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++) {
        if (g_str_has_prefix(line, keywords[i].word) && keywords[i].field != NULL && *keywords[i].field == NULL) {
            reading->field = keywords[i].field;
            append_string(reading, line + strlen(keywords[i].word));
            return;
        }
    }
    reading->problem = "neither msgctxt nor msgid nor msgstr, or there twice";
}

static void
read_comment(struct reading *reading, const char *line)
{
    struct po_entry *entry = entry_of_line(reading);
    reading->field = NULL;
    if (line[1] == ',') {
        entry->fuzzy |= strstr(line, "fuzzy") != NULL;
    } else if (line[1] != ':' && line[1] != '.') {
        char *before = entry->comments;
        entry->comments = g_strconcat(before != NULL ? before : "", line, "\n", NULL);
        g_free(before);
    }
}

static void
read_line(struct reading *reading, char *line)
{
    g_strstrip(line);
    /* Entries need no empty line between them: behind the translation only a string goes on. */
    bool ended = reading->entry != NULL && reading->entry->translation != NULL &&
                 (*line != '"' && !g_str_has_prefix(line, "#~ \""));
    if (*line == '\0' || ended)
        finish_entry(reading);
    if (*line == '\0' || reading->problem != NULL)
        return;
    bool obsolete = g_str_has_prefix(line, "#~");
    if (obsolete) {
        entry_of_line(reading)->obsolete = true;
        line = g_strchug(line + 2);
    }
    if (g_str_has_prefix(line, obsolete ? "|" : "#|"))
        read_keyword(reading, g_strchug(line + (obsolete ? 1 : 2)), true);
    else if (*line == '#')
        read_comment(reading, line);
    else
        read_keyword(reading, line, false);
}

GPtrArray *
po_read(const char *text, char **problem)
{
    struct reading reading = {.entries = entries_new(), .contexts = g_hash_table_new(g_str_hash, g_str_equal)};
    char **lines = g_strsplit(text, "\n", -1);
    size_t number = 0;
    for (; lines[number] != NULL && reading.problem == NULL; number++)
        read_line(&reading, lines[number]);
    if (reading.problem == NULL)
        finish_entry(&reading);
    *problem = reading.problem != NULL ? g_strdup_printf("line %zu: %s", number, reading.problem) : NULL;
    if (reading.entry != NULL)
        entry_free(reading.entry);
    if (reading.problem != NULL)
        g_clear_pointer(&reading.entries, g_ptr_array_unref);
    g_hash_table_destroy(reading.contexts);
    g_strfreev(lines);
    return reading.entries;
}

/* -- Writing ---------------------------------------------------------------------------------- */

static void
write_string(GString *out, const char *text, size_t length)
{
    g_string_append_c(out, '"');
    for (const char *at = text; at < text + length; at++) {
        if (*at == '\n')
            g_string_append(out, "\\n");
        else if (*at == '\t')
            g_string_append(out, "\\t");
        else if (*at == '"' || *at == '\\')
            g_string_append_printf(out, "\\%c", *at);
        else
            g_string_append_c(out, *at);
    }
    g_string_append(out, "\"\n");
}

/* A text of several items has each in a line of its own, behind an empty string. */
static void
write_field(GString *out, const char *prefix, const char *keyword, const char *text)
{
    size_t item = strcspn(text, "\n");
    g_string_append_printf(out, "%s%s ", prefix, keyword);
    if (text[item] == '\0' || text[item + 1] == '\0') {
        write_string(out, text, strlen(text));
        return;
    }
    g_string_append(out, "\"\"\n");
    while (*text != '\0') {
        item = strcspn(text, "\n");
        item += text[item] == '\n' ? 1 : 0;
        g_string_append(out, prefix);
        write_string(out, text, item);
        text += item;
    }
}

char *
po_write(const GPtrArray *entries)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        const struct po_entry *entry = g_ptr_array_index(entries, i);
        const char *prefix = entry->obsolete ? "#~ " : "";
        if (i > 0)
            g_string_append_c(out, '\n');
        if (entry->comments != NULL)
            g_string_append(out, entry->comments);
        if (entry->fuzzy)
            g_string_append(out, "#, fuzzy\n");
        if (entry->previous != NULL)
            write_field(out, entry->obsolete ? "#~| " : "#| ", "msgid", entry->previous);
        if (entry->context != NULL)
            write_field(out, prefix, "msgctxt", entry->context);
        write_field(out, prefix, "msgid", entry->english);
        write_field(out, prefix, "msgstr", entry->translation);
    }
    return g_string_free(out, FALSE);
}

/* -- Updating --------------------------------------------------------------------------------- */

bool
po_is_translated(const struct po_entry *entry)
{
    return !entry->obsolete && !entry->fuzzy && entry->context != NULL && *entry->translation != '\0';
}

static struct po_entry *
entry_copy(const struct po_entry *entry)
{
    struct po_entry *copy = g_new(struct po_entry, 1);
    *copy = (struct po_entry){
        .comments = g_strdup(entry->comments),
        .fuzzy = entry->fuzzy,
        .obsolete = entry->obsolete,
        .previous = g_strdup(entry->previous),
        .context = g_strdup(entry->context),
        .english = g_strdup(entry->english),
        .translation = g_strdup(entry->translation),
    };
    return copy;
}

/* Let the entry be one of this English text. */
static void
follow_english(struct po_entry *entry, const char *english)
{
    if (strcmp(entry->english, english) != 0) {
        if (entry->previous == NULL)
            entry->previous = g_strdup(entry->english);
        entry->fuzzy = true;
        g_free(entry->english);
        entry->english = g_strdup(english);
    }
    if (g_strcmp0(entry->previous, english) == 0)
        entry->fuzzy = false;
    if (*entry->translation == '\0')
        entry->fuzzy = false; /* nothing that could be stale */
    if (!entry->fuzzy)
        g_clear_pointer(&entry->previous, g_free);
}

GPtrArray *
po_update(const GPtrArray *entries, const struct po_message *messages, size_t count)
{
    GPtrArray *updated = entries_new();
    GHashTable *by_context = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTable *wanted = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < entries->len; i++) {
        struct po_entry *entry = g_ptr_array_index(entries, i);
        if (entry->context == NULL)
            g_ptr_array_add(updated, entry_copy(entry));
        else if (!entry->obsolete || !g_hash_table_contains(by_context, entry->context))
            g_hash_table_insert(by_context, entry->context, entry); /* an obsolete one may come back */
    }
    for (size_t i = 0; i < count; i++) {
        const struct po_entry none = {
            .context = (char *)messages[i].context, .english = (char *)messages[i].english, .translation = (char *)""};
        const struct po_entry *known = g_hash_table_lookup(by_context, messages[i].context);
        struct po_entry *entry = entry_copy(known != NULL ? known : &none);
        entry->obsolete = false;
        follow_english(entry, messages[i].english);
        g_ptr_array_add(updated, entry);
        g_hash_table_add(wanted, (char *)messages[i].context);
    }
    for (guint i = 0; i < entries->len; i++) {
        const struct po_entry *entry = g_ptr_array_index(entries, i);
        if (entry->context == NULL || *entry->translation == '\0' || g_hash_table_contains(wanted, entry->context))
            continue;
        struct po_entry *gone = entry_copy(entry);
        gone->obsolete = true;
        g_ptr_array_add(updated, gone);
    }
    g_hash_table_destroy(wanted);
    g_hash_table_destroy(by_context);
    return updated;
}
