/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/protocol.h"

#include "host/host_compat.h"

static int number = -1;

void
protocol_register(void)
{
    number = proto_register_protocol("netcase: documented failure patterns", "netcase", "netcase");
}

int
protocol_number(void)
{
    return number;
}

bool
protocol_enabled(void)
{
    return proto_is_protocol_enabled(find_protocol_by_id(number));
}
