/* DNS messages. Names must be text without control characters, answers within the limits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fuzz.h"
#include "wire/dns_message.h"

static void
check_name(const char *name)
{
    const char *domain = dns_registered_domain(name);
    fuzz_check(strlen(name) < 254);
    fuzz_check(domain >= name && domain <= name + strlen(name));
    for (const char *at = name; *at != '\0'; at++) {
        fuzz_check(*at >= 0x20 && *at <= 0x7e && !(*at >= 'A' && *at <= 'Z'));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dns_message message;
    struct payload payload = {data, (uint32_t)size, (uint32_t)size};
    memset(&message, 0xee, sizeof message);
    if (!dns_message_read(&payload, &message)) {
        return 0;
    }
    check_name(message.query_name);
    fuzz_check(message.answer_count <= DNS_ANSWERS_MAX);
    for (unsigned i = 0; i < message.answer_count; i++) {
        const struct dns_answer *answer = &message.answer[i];
        check_name(answer->name);
        check_name(answer->target);
        fuzz_check(answer->address.family == 0 || answer->address.family == 4 || answer->address.family == 6);
    }
    return 0;
}
