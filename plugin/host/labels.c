/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/labels.h"

#include <string.h>

struct bilingual {
    const char *in[2]; /* by enum language */
    char *shown;
};

static GArray *labels; /* struct bilingual */

const char *
label(const char *english, const char *chinese)
{
    struct bilingual one = {.in = {[LANGUAGE_ENGLISH] = english, [LANGUAGE_CHINESE] = chinese}};
    one.shown = g_malloc0(MAX(strlen(english), strlen(chinese)) + 1);
    strcpy(one.shown, english);
    if (labels == NULL)
        labels = g_array_new(FALSE, FALSE, sizeof one);
    g_array_append_val(labels, one);
    return one.shown;
}

void
labels_speak(enum language language)
{
    for (guint i = 0; i < labels->len; i++) {
        const struct bilingual *one = &g_array_index(labels, struct bilingual, i);
        strcpy(one->shown, one->in[language]);
    }
}
