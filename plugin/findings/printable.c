/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings/printable.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* What is not seen although its category is that of letters and marks: the rest of Default_Ignorable_Code_Point
 * (Unicode, DerivedCoreProperties.txt). */
static gboolean
is_invisible(gunichar character)
{
    static const struct {
        gunichar first, last;
    } ranges[] = {{0x34f, 0x34f},   {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
                  {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xffa0, 0xffa0}, {0xe0000, 0xe0fff}};
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return TRUE;
    return FALSE;
}

static gboolean
is_printable(gunichar character)
{
    GUnicodeType type = g_unichar_type(character);
    return g_unichar_isprint(character) && type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR &&
           !is_invisible(character);
}

/* The character at `text` as it is shown; `size` gets its bytes in the text. */
static void
show(const char *text, size_t *size, char shown[16])
{
    gunichar character = g_utf8_get_char_validated(text, -1);
    gboolean valid = character != (gunichar)-1 && character != (gunichar)-2;
    *size = valid ? (size_t)(g_utf8_next_char(text) - text) : 1;
    if (!valid)
        g_snprintf(shown, 16, "\\x%02x", (unsigned)(unsigned char)*text);
    else if (is_printable(character))
        g_snprintf(shown, 16, "%.*s", (int)*size, text);
    else if (character < 0x80 && strchr("\n\r\t", (int)character) != NULL)
        g_snprintf(shown, 16, "\\%c", character == '\n' ? 'n' : character == '\r' ? 'r' : 't');
    else
        g_snprintf(shown, 16, character < 0x80 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x", character);
}

/* Most texts are, and short: they are not looked at character by character. */
static bool
is_short_ascii(const char *text)
{
    size_t size = 0;
    while (text[size] >= ' ' && text[size] <= '~')
        size++;
    return text[size] == '\0' && size <= PRINTABLE_MAX;
}

char *
printable_text(const char *text)
{
    if (is_short_ascii(text))
        return g_strdup(text);
    static const char ellipsis[] = "\xe2\x80\xa6";
    GString *out = g_string_new(NULL);
    size_t fits = 0, size; /* of what was written: so much stays if it must be cut */
    char shown[16];
    for (; *text != '\0' && out->len <= PRINTABLE_MAX; text += size) {
        show(text, &size, shown);
        g_string_append(out, shown);
        if (out->len <= PRINTABLE_MAX - strlen(ellipsis))
            fits = out->len;
    }
    if (out->len > PRINTABLE_MAX) {
        g_string_truncate(out, fits);
        g_string_append(out, ellipsis);
    }
    return g_string_free(out, FALSE);
}
