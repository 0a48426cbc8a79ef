/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "feed.h"
#include "scenario.h"

struct player *
player_new(struct scenario *scenario, const struct play *play)
{
    struct player *player = g_new0(struct player, 1);
    scenario->settings.detectors_reversed = play->detectors_reversed;
    player->scenario = scenario;
    player->play = *play;
    player->engine = engine_new(&scenario->settings);
    player->number = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    return player;
}

void
player_free(struct player *player)
{
    engine_free(player->engine);
    g_array_unref(player->number);
    g_free(player);
}

static void
show(struct player *player, const struct scenario_frame *frame, bool one_hop_on)
{
    const struct feed feed = {.engine = player->engine,
                              .frame = ++player->engine_frames,
                              .time = frame->time + player->play.shift + (one_hop_on ? MILLISECONDS(1) / 100 : 0),
                              .engine_opens = player->play.engine_opens};
    /* A copy of the exact size: the address sanitizer sees the first byte beyond it. */
    uint8_t *bytes = g_memdup2(frame->bytes->data, frame->captured);
    const struct payload ip = {bytes, frame->captured, frame->bytes->len};
    if (one_hop_on)
        bytes[bytes[0] >> 4 == 6 ? 7 : 8]--;
    feed_ip(&feed, &ip);
    g_free(bytes);
}

bool
player_next(struct player *player)
{
    if (player->frames == player->scenario->frames->len)
        return false;
    const struct scenario_frame *frame = g_ptr_array_index(player->scenario->frames, player->frames++);
    show(player, frame, false);
    g_array_append_val(player->number, player->engine_frames);
    if (player->play.twice)
        show(player, frame, true);
    return true;
}

uint32_t
player_number(const struct player *player, uint32_t frame)
{
    return g_array_index(player->number, uint32_t, frame - 1);
}
