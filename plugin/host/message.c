/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/message.h"

#include <wsutil/report_message.h>

#include "findings/printable.h"

static char *
formatted(const char *format, va_list arguments)
{
    char *text = g_strdup_vprintf(format, arguments);
    char *printable = printable_text(text);
    g_free(text);
    return printable;
}

char *
message_text(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = formatted(format, arguments);
    va_end(arguments);
    return text;
}

void
message_show(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = formatted(format, arguments);
    va_end(arguments);
    report_failure("%s", text);
    g_free(text);
}
