/* An address of Wireshark as one of netcase.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_ADDRESS_H
#define NETCASE_HOST_ADDRESS_H

#include <string.h>

#include "api/address.h"
#include "host/host_compat.h"

/* Family 0 for what is no address of IP. */
static inline void
ip_address_from(struct ip_address *to, const address *from)
{
    memset(to, 0, sizeof *to);
    if (from->type == AT_IPv4 && from->len == 4) {
        to->family = 4;
        memcpy(to->bytes, from->data, 4);
    } else if (from->type == AT_IPv6 && from->len == 16) {
        to->family = 6;
        memcpy(to->bytes, from->data, 16);
    }
}

#endif
