/* Words of a shell's command line (POSIX sh; bash, dash, zsh and ash read them alike).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_REPORT_SHELL_H
#define NETCASE_REPORT_SHELL_H

/* Any text as a part of one word: as it is if a shell finds nothing in it to do ([A-Za-z0-9._:-], not empty, not beginning
 * with '-' or '@'), else in single quotes. It may stand beside other characters of the word (name=WORD), not inside of
 * quotes. That the tool takes the word for an option or more is another matter: the command sees to it. The caller frees it. */
char *shell_word(const char *text);

/* Where a command line is: outside of quotes, or inside. */
enum shell_place { SHELL_BARE, SHELL_SINGLE_QUOTES, SHELL_DOUBLE_QUOTES };

/* Where it is behind this character. A backslash counts as any other character, so there must be none where it has a meaning. */
enum shell_place shell_behind(enum shell_place place, char character);

#endif
