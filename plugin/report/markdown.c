/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/markdown.h"

#include <string.h>

/* Whether the character at `at` could be markup. In the middle of a word an underscore is none; at the beginning a sign
 * could make the line a heading, list, quotation or rule. "https://", "www." and addresses of mail become links by themselves. */
static gboolean
needs_backslash(const char *text, const char *at)
{
    if (*at == '_')
        return at == text || !g_ascii_isalnum(at[-1]) || !g_ascii_isalnum(at[1]);
    if (*at == ':')
        return at[1] == '/';
    if (*at == '.')
        return at >= text + 3 && g_ascii_strncasecmp(at - 3, "www", 3) == 0;
    return strchr("\\`*[<&~@", *at) != NULL || (at == text && strchr("#>+-=|", *at) != NULL);
}

void
markdown_words(GString *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (needs_backslash(text, at))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *at);
    }
}

static size_t
longest_run_of_backticks(const char *text)
{
    size_t longest = 0, run;
    for (const char *at = text; *at != '\0'; at += MAX(run, 1)) {
        run = strspn(at, "`");
        longest = MAX(longest, run);
    }
    return longest;
}

/* CommonMark takes one space off each end of a code span that has them at both, unless it is all spaces. */
static gboolean
needs_padding(const char *text)
{
    char first = text[0], last = text[strlen(text) - 1];
    return first == '`' || last == '`' || (first == ' ' && last == ' ' && text[strspn(text, " ")] != '\0');
}

void
markdown_code(GString *out, const char *text)
{
    if (*text == '\0')
        return;
    /* Behind the fence of another one, this fence would be a part of it. */
    if (out->len > 0 && out->str[out->len - 1] == '`')
        g_string_append_c(out, ' ');
    char *fence = g_strnfill(longest_run_of_backticks(text) + 1, '`');
    const char *padding = needs_padding(text) ? " " : "";
    g_string_append_printf(out, "%s%s%s%s%s", fence, padding, text, padding, fence);
    g_free(fence);
}
