/* Text of strangers, made fit to be shown: on terminals, in windows, pages and comments.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_FINDINGS_PRINTABLE_H
#define NETCASE_FINDINGS_PRINTABLE_H

/* Bytes of a printable text; a longer one is cut at a character and ends with U+2026. */
enum { PRINTABLE_MAX = 1024 };

/* The text as valid UTF-8 in one line, without what acts instead of being seen: control characters, separators of lines
 * and paragraphs, bidirectional and invisible format characters, characters that Unicode has not assigned. In their place
 * stand "\n", "\x1b", "\u202e" or "\U000e0001", for a byte that is no UTF-8 "\xff". A backslash of the text stays one: what
 * is shown may be ambiguous, never harmful. A printable text is not changed. The caller frees it. */
char *printable_text(const char *text);

#endif
