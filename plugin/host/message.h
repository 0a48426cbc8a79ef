/* What is said about settings that are wrong. They quote the user's files, whose text is made printable.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_MESSAGE_H
#define NETCASE_HOST_MESSAGE_H

#include <glib.h>

/* The message in one line. The caller frees it. */
char *message_text(const char *format, ...) G_GNUC_PRINTF(1, 2);

/* Tell it to the user: in a window, or on standard error. */
void message_show(const char *format, ...) G_GNUC_PRINTF(1, 2);

#endif
