/* HTTP messages. The first byte says how many bytes of the message were cut off; texts must lie within what was
 * captured, in the order of the message.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "fuzz.h"
#include "wire/http_message.h"

static void
check_text(const struct http_text *text, const struct payload *payload)
{
    char copy[16];
    if (text->length > 0) {
        fuzz_check_within(&(struct payload){(const uint8_t *)text->bytes, text->length, text->length}, payload);
        fuzz_check(memchr(text->bytes, '\n', text->length) == NULL);
    }
    http_text_copy(text, copy, sizeof copy);
    fuzz_check(strlen(copy) < sizeof copy && strlen(copy) <= text->length);
    fuzz_check(http_text_hash(text) == http_text_hash(&(struct http_text){text->bytes, text->length}));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_message message;
    if (size == 0)
        return 0;
    struct payload payload = {data + 1, (uint32_t)size - 1, (uint32_t)size - 1 + data[0]};
    memset(&message, 0xee, sizeof message);
    if (!http_message_read(&payload, &message))
        return 0;
    fuzz_check(http_message_begins(&payload));
    fuzz_check(message.complete == (message.header_length > 0));
    fuzz_check(message.header_length <= payload.captured);
    if (message.response) {
        fuzz_check(message.status >= 100 && message.status <= 599 && message.method.length == 0);
    } else {
        fuzz_check(message.method.length > 0 && message.target.length > 0 && message.status == 0);
        fuzz_check(message.target_complete || !message.complete);
    }
    const struct http_text *texts[] = {&message.method,     &message.target,  &message.host,
                                       &message.user_agent, &message.referer, &message.server};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_text(texts[i], &payload);
    return 0;
}
