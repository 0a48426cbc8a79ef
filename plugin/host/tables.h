/* The tables that the user can edit (UATs): known timers, names of VNIs, expected CNAME targets,
 * TLS ports of single servers.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_TABLES_H
#define NETCASE_HOST_TABLES_H

#include "api/case.h"
#include "engine/settings.h"
#include "host/host_compat.h"

void tables_register(module_t *module);

/* Put the rows into the settings of a capture. */
void tables_fill(struct settings *settings);

/* The name that the user gave a VNI, printable; "" if none. The caller frees it. */
char *tables_vni_name(uint32_t vni);

#endif
