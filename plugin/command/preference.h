/* Preferences of the command line, by the names that they have in Wireshark: -o netcase.levels:30,60.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_COMMAND_PREFERENCE_H
#define NETCASE_COMMAND_PREFERENCE_H

#include "engine/settings.h"

/* What the settings of a capture are made of. */
struct preferences {
    struct settings settings;
    GPtrArray
        *options; /* for the report: "netcase.levels:15,60,120", and what was set; NULL-terminated when all is set */
};

void preferences_init(struct preferences *preferences);
void preferences_clear(struct preferences *preferences);

/* Set one: "netcase.NAME:VALUE". False and a message fit for a terminal, freed by the caller, if there is no such preference or it can't
 * have that value. Those that only a window has, and tables, are not known here. */
bool preferences_set(struct preferences *preferences, const char *option, char **problem);

/* To be called when all are set: the list is complete, and countries are known. */
void preferences_finish(struct preferences *preferences);

#endif
