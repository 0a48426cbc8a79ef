/* Files of translations in the PO format of GNU gettext, as far as zh_CN.po needs it: no plural forms.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TOOLS_PO_H
#define NETCASE_TOOLS_PO_H

#include <stdbool.h>

#include <glib.h>

/* One text. All is owned by the entry, in UTF-8, without quotes and escapes. */
struct po_entry {
    char *comments;    /* of the translator, whole lines; NULL if there are none */
    bool fuzzy;        /* the English text was changed behind the translation */
    bool obsolete;     /* the text is gone; kept for the translator */
    char *previous;    /* the English text that was translated, of a fuzzy entry; else NULL */
    char *context;     /* NULL in the header, which has an empty `english` */
    char *english;     /* msgid */
    char *translation; /* msgstr; empty if nobody has translated it */
};

/* The entries of a file's text (struct po_entry), in its order; the caller frees them with g_ptr_array_unref. NULL if it is
 * not well formed, or if a context is there twice; then `problem` gets a message that names the line, freed by the caller. */
GPtrArray *po_read(const char *text, char **problem);

/* The text of a file with these entries: one item of a text a line. The caller frees it with g_free. */
char *po_write(const GPtrArray *entries);

/* A text that is to be translated. Both strings are the caller's. */
struct po_message {
    const char *context, *english;
};

/* What the file should be after the texts have become `messages`: entries in their order behind the header; a new text without
 * translation, a changed one fuzzy, one that is gone obsolete at the end, or dropped if nobody had translated it. A fuzzy entry
 * whose text is again as it was translated is fuzzy no more. The caller frees the entries. */
GPtrArray *po_update(const GPtrArray *entries, const struct po_message *messages, size_t count);

/* Whether the entry gives a translation of the text as it is: one that is neither empty nor fuzzy nor obsolete. */
bool po_is_translated(const struct po_entry *entry);

#endif
