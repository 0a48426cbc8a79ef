/* How a connection ended (api/ending.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/ending.h"

#include <stddef.h>

#include "api/detector.h"

/* clang-format off */
const struct signature signatures[SIGNATURES] = {
    {ENDING_AFTER_SYN, ENDING_NOTHING, "nothing after the SYN", "SYN 之后没有任何报文"},
    {ENDING_AFTER_SYN, ENDING_RST, "RST after the SYN", "SYN 之后出现 RST"},
    {ENDING_AFTER_SYN, ENDING_RST_ACK, "RST+ACK after the SYN", "SYN 之后出现 RST+ACK"},
    {ENDING_AFTER_SYN, ENDING_RST_AND_RST_ACK, "RST and RST+ACK after the SYN", "SYN 之后既有 RST 又有 RST+ACK"},

    {ENDING_AFTER_HANDSHAKE, ENDING_NOTHING, "nothing after the ACK of the handshake", "握手的 ACK 之后没有任何报文"},
    {ENDING_AFTER_HANDSHAKE, ENDING_RST, "RST after the ACK of the handshake", "握手的 ACK 之后出现 RST"},
    {ENDING_AFTER_HANDSHAKE, ENDING_TWO_RST, "two or more RST after the ACK of the handshake", "握手的 ACK 之后出现两个或更多 RST"},
    {ENDING_AFTER_HANDSHAKE, ENDING_RST_ACK, "RST+ACK after the ACK of the handshake", "握手的 ACK 之后出现 RST+ACK"},
    {ENDING_AFTER_HANDSHAKE, ENDING_TWO_RST_ACK, "two or more RST+ACK after the ACK of the handshake", "握手的 ACK 之后出现两个或更多 RST+ACK"},

    {ENDING_AFTER_FIRST_DATA, ENDING_NOTHING, "nothing after the first data", "首个数据报文之后没有任何报文"},
    {ENDING_AFTER_FIRST_DATA, ENDING_RST, "RST after the first data", "首个数据报文之后出现 RST"},
    {ENDING_AFTER_FIRST_DATA, ENDING_RST_ACK, "RST+ACK after the first data", "首个数据报文之后出现 RST+ACK"},
    {ENDING_AFTER_FIRST_DATA, ENDING_RST_AND_RST_ACK, "RST and RST+ACK after the first data", "首个数据报文之后既有 RST 又有 RST+ACK"},
    {ENDING_AFTER_FIRST_DATA, ENDING_TWO_RST_ACK, "two or more RST+ACK after the first data", "首个数据报文之后出现两个或更多 RST+ACK"},
    {ENDING_AFTER_FIRST_DATA, ENDING_TWO_RST_SAME_NUMBER, "two or more RST with the same ACK number after the first data", "首个数据报文之后出现两个或更多 ACK 号相同的 RST"},
    {ENDING_AFTER_FIRST_DATA, ENDING_TWO_RST_NUMBERS_DIFFER, "two or more RST whose ACK numbers differ after the first data", "首个数据报文之后出现两个或更多 ACK 号不同的 RST"},
    {ENDING_AFTER_FIRST_DATA, ENDING_RST_AND_NUMBER_0, "RST and RST with ACK number 0 after the first data", "首个数据报文之后出现 RST 和 ACK 号为 0 的 RST"},

    {ENDING_LATER, ENDING_RST, "RST in the midst of the connection", "连接中途出现 RST"},
    {ENDING_LATER, ENDING_RST_ACK, "RST+ACK in the midst of the connection", "连接中途出现 RST+ACK"},
};
/* clang-format on */

/* What a shape is where the signatures of a stage make less of a difference. */
static enum ending_shape
coarser(enum ending_shape shape)
{
    switch (shape) {
    case ENDING_TWO_RST_SAME_NUMBER:
    case ENDING_TWO_RST_NUMBERS_DIFFER:
    case ENDING_RST_AND_NUMBER_0:
        return ENDING_TWO_RST;
    case ENDING_TWO_RST:
        return ENDING_RST;
    case ENDING_TWO_RST_ACK:
        return ENDING_RST_ACK;
    default:
        return ENDING_OTHERWISE;
    }
}

const struct signature *
signature_find(enum ending_stage stage, enum ending_shape shape)
{
    for (; shape != ENDING_OTHERWISE; shape = coarser(shape))
        for (unsigned i = 0; i < SIGNATURES; i++)
            if (signatures[i].stage == stage && signatures[i].shape == shape)
                return &signatures[i];
    return NULL;
}

/* -- Stages ------------------------------------------------------------------------------------ */

static bool
has_sent_one_segment(const struct side *side)
{
    uint32_t waiting = side->pending.frame != 0 ? side->pending.largest : 0;
    uint32_t largest = waiting > side->largest_passed ? waiting : side->largest_passed;
    return side->new_bytes == largest;
}

static bool
has_heard_data(const struct side *client, const struct side *server)
{
    uint32_t first = server->next_sequence - (uint32_t)server->new_bytes;
    return server->new_bytes > 0 && sequence_difference(client->acknowledgment, first) > 0;
}

static enum ending_stage
stage_of(const struct flow *flow)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;

    if (flow->began_before || flow->handshake.syn_frame == 0)
        return ENDING_LATER;
    if (!client->acknowledgment_known)
        return ENDING_AFTER_SYN;
    if (has_heard_data(client, server))
        return ENDING_LATER;
    if (client->new_bytes == 0)
        return ENDING_AFTER_HANDSHAKE;
    return has_sent_one_segment(client) ? ENDING_AFTER_FIRST_DATA : ENDING_LATER;
}

/* -- RSTs -------------------------------------------------------------------------------------- */

static enum ending_shape
after_one_more(const struct ending *ending, uint32_t number)
{
    if (number == ending->acknowledgment)
        return ending->shape == ENDING_RST ? ENDING_TWO_RST_SAME_NUMBER : ending->shape;
    if ((number == 0 || ending->acknowledgment == 0) && ending->shape != ENDING_TWO_RST_NUMBERS_DIFFER)
        return ENDING_RST_AND_NUMBER_0;
    return ENDING_TWO_RST_NUMBERS_DIFFER;
}

static enum ending_shape
shape_after(const struct ending *ending, const struct packet *packet)
{
    bool acknowledges = (packet->flags & TCP_ACK) != 0;

    switch (ending->shape) {
    case ENDING_NOTHING:
        return acknowledges ? ENDING_RST_ACK : ENDING_RST;
    case ENDING_RST_ACK:
    case ENDING_TWO_RST_ACK:
        return acknowledges ? ENDING_TWO_RST_ACK : ENDING_RST_AND_RST_ACK;
    case ENDING_RST_AND_RST_ACK:
    case ENDING_OTHERWISE:
        return ending->shape;
    default:
        return acknowledges ? ENDING_RST_AND_RST_ACK : after_one_more(ending, packet->acknowledgment);
    }
}

void
ending_take_reset(struct flow *flow, const struct packet *packet)
{
    struct side *sender = packet->from_client ? &flow->by_client : &flow->by_server;
    struct ending *ending = &sender->ending;

    if (ending->shape == ENDING_NOTHING) {
        ending->stage = (uint8_t)stage_of(flow);
        if (flow->by_client.fin_frame != 0 || flow->by_server.fin_frame != 0)
            ending->shape = ENDING_OTHERWISE;
    }
    ending->shape = (uint8_t)shape_after(ending, packet);
    if (!(packet->flags & TCP_ACK) && ending->acknowledgment == 0)
        ending->acknowledgment = packet->acknowledgment;
}

const struct signature *
ending_signature(const struct flow *flow, bool of_client)
{
    const struct side *side = of_client ? &flow->by_client : &flow->by_server;
    const struct side *other = of_client ? &flow->by_server : &flow->by_client;

    if (side->ending.shape != ENDING_NOTHING)
        return signature_find(side->ending.stage, side->ending.shape);
    if (side->fin_frame != 0 || other->fin_frame != 0 || other->ending.shape != ENDING_NOTHING ||
        (!of_client && side->new_bytes > 0))
        return NULL;
    return signature_find(stage_of(flow), ENDING_NOTHING);
}

void
report_ending(struct finding *finding, const struct flow *flow, bool of_client)
{
    const struct signature *signature = ending_signature(flow, of_client);

    report_forget(finding, FACT_ending);
    if (signature != NULL)
        report_localized(finding, FACT_ending, signature->english, signature->chinese);
}
