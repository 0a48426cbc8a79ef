/* Wireshark's numbers of TCP connections, `tcp.stream`, by the number of the flow.
 *
 * The TCP dissector tells them who listens to its tap, without a tree. So they are known only where a report asks for them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_STREAMS_H
#define NETCASE_HOST_STREAMS_H

#include "host/capture.h"

/* Listen from now on, for as long as the process lives. The address of `listener`, which no other listener has, names it. */
void streams_listen(void *listener);

/* False for a flow that is none of TCP, that Wireshark does not dissect, or of which no packet came since. */
bool streams_of_flow(const struct capture *capture, uint32_t flow, uint32_t *stream);

#endif
