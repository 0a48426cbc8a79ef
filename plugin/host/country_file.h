/* Which country database is used.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_COUNTRY_FILE_H
#define NETCASE_HOST_COUNTRY_FILE_H

#include "engine/country.h"

/* The database of the preference, else one in Wireshark's MaxMind folders, else the one that came
 * with the plugin. It stays open and stays ours until another one is asked for. NULL if there is none. */
struct country_database *country_file_open(const char *preference);

/* Why the file of the preference can't be used, freed by the caller; NULL if it can, or if none is set. */
char *country_file_problem(const char *preference);

#endif
