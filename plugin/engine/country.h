/* Countries of addresses, from a MaxMind DB file (libmaxminddb).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_ENGINE_COUNTRY_H
#define NETCASE_ENGINE_COUNTRY_H

#include "api/address.h"

struct country_database;

/* Open the database in this file. A country or city database of MaxMind's layout ("country" /
 * "iso_code") and the flat layout of ip-location-db ("country_code") are understood. NULL and a
 * message naming the file, fit for a terminal, freed by the caller with g_free, if it can't be used: also if it is no
 * regular file, without waiting for one to write to it. The file may be damaged: then look-ups find nothing. */
struct country_database *country_database_open(const char *path, char **problem);
void country_database_close(struct country_database *database);

/* The first *.mmdb file with countries in the folders of `search_path` (separated as G_SEARCHPATH),
 * in alphabetical order in each. NULL if there is none; the caller frees the name. */
char *country_database_find(const char *search_path);

/* ISO 3166-1 code of two upper-case letters in `code` (3 bytes); false if the address is not public
 * (api/address.h) or not in the database, or `database` is NULL. */
bool country_lookup(struct country_database *database, const struct ip_address *address, char code[3]);

#endif
