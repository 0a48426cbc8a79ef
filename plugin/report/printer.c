/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/printer.h"

#include "report/columns.h"
#include "report/markdown.h"
#include "report/wrap.h"

enum { LINE_COLUMNS = 100, LABEL_COLUMNS = 12 };

bool
printer_is_chinese(const struct printer *printer)
{
    return printer->view->language == LANGUAGE_CHINESE;
}

enum markup
printer_markup(const struct printer *printer)
{
    return printer->view->markdown ? MARKUP_MARKDOWN : MARKUP_NONE;
}

void
printer_paragraph(struct printer *printer, const char *mark, const char *text)
{
    char **lines = wrap_words(text, LINE_COLUMNS);
    for (char **line = lines; *line != NULL; line++) {
        columns_pad(printer->out, line == lines ? mark : "", columns_of(mark));
        g_string_append_printf(printer->out, "%s\n", *line);
    }
    g_strfreev(lines);
}

void
printer_line(struct printer *printer, const char *indent, const char *label, const char *format, ...)
{
    GString *mark = g_string_new(indent);
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    if (printer->view->markdown) {
        g_string_append_printf(printer->out, printer_is_chinese(printer) ? "- **%s：** %s\n" : "- **%s:** %s\n", label,
                               text);
    } else {
        columns_pad(mark, label, LABEL_COLUMNS);
        printer_paragraph(printer, mark->str, text);
    }
    g_string_free(mark, TRUE);
    g_free(text);
}

void
printer_item(struct printer *printer, const char *mark, const char *text)
{
    if (printer->view->markdown)
        g_string_append_printf(printer->out, "%s%s\n", mark, text);
    else
        printer_paragraph(printer, mark, text);
}

void
printer_check(struct printer *printer, const char *mark, const struct check *check)
{
    if (check->command == NULL) {
        printer_item(printer, mark, check->words);
    } else if (printer->view->markdown) {
        g_string_append_printf(printer->out, "%s%s", mark, check->words);
        markdown_code(printer->out, check->command);
        g_string_append_c(printer->out, '\n');
    } else {
        printer_paragraph(printer, mark, check->words);
        columns_pad(printer->out, "", columns_of(mark));
        g_string_append_printf(printer->out, "%s\n", check->command);
    }
}
