/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_laws.h"

/* -- What is found, and what is expected ------------------------------------------------------ */

static bool
is_about(const struct player *player, const struct finding *finding, const struct expectation *expectation)
{
    return finding->frame == player_number(player, expectation->frame) &&
           strcmp(finding->info->id, expectation->id) == 0;
}

/* The line of the packet that the engine knows by this number. */
static unsigned
line_of(const struct player *player, uint32_t number)
{
    uint32_t frame = player->frames;
    while (frame > 1 && player_number(player, frame) > number)
        frame--;
    return ((const struct scenario_frame *)g_ptr_array_index(player->scenario->frames, frame - 1))->line;
}

/* -- Ways to play ----------------------------------------------------------------------------- */

const struct way ways[] = {
    [AS_IT_IS] = {.name = "as it is", .with_words = true},
    {.name = "detectors in reverse order", .play = {.detectors_reversed = true}},
    {.name = "31 years later", .play = {.shift = SECONDS(1000000000)}},
    {.name = "VXLAN opened by the engine", .play = {.engine_opens = true}},
    {.name = "every packet twice", .play = {.twice = true}, .without_mirrors = true},
    {.name = "renumbered", .renumbered = true},
    {.name = "in VXLAN", .play = {.in_vxlan = true}, .without_mirrors = true},
    {.name = "headers only", .play = {.headers_only = true}, .without_mirrors = true},
    {.name = "beside others", .play = {.beside_others = true}},
};

const size_t way_count = G_N_ELEMENTS(ways);

/* Cases that are read in payload: without it they are not told. */
static bool
is_in_payload(const char *id)
{
    static const char *const cases[] = {"dns.",
                                        "tls.",
                                        "http.",
                                        "flood.dns",
                                        "flood.http",
                                        "flood.tls",
                                        "policy.reset_reason",
                                        "tunnel.wireguard",
                                        "tunnel.ike",
                                        "quic.",
                                        "nat.untranslated" /* of UDP */,
                                        "app.client_timeout",
                                        "app.slow_answer",
                                        "connect.closed_at_once" /* that is greeted with an error */};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (g_str_has_prefix(id, cases[i]))
            return true;
    return false;
}

static bool
may_be_missing(const struct way *way, const struct expectation *expectation)
{
    return way->play.headers_only && is_in_payload(expectation->id);
}

/* What is told instead where a case can't be read: the same failure in more general words, and of each flow. */
static bool
is_instead(const struct player *player, const struct finding *finding)
{
    static const struct {
        const char *id, *instead;
    } general[] = {{"dns.cname_dead", "connect.unanswered"},
                   {"tls.hello_unanswered", "idle.blackhole"},
                   {"tls.hello_unanswered", "connect.first_data_lost"}};
    const GPtrArray *expectations = player->scenario->expectations;
    for (guint i = 0; i < expectations->len; i++) {
        const struct expectation *expectation = g_ptr_array_index(expectations, i);
        for (size_t j = 0; j < G_N_ELEMENTS(general); j++)
            if (strcmp(expectation->id, general[j].id) == 0 && strcmp(finding->info->id, general[j].instead) == 0)
                return true;
    }
    return false;
}

/* What is wrong with the mirror that the way adds, or what is told instead of a case that can't be read. */
static bool
may_be_more(const struct way *way, const struct player *player, const struct finding *finding)
{
    return (way->play.in_vxlan && g_str_has_prefix(finding->info->id, "mirror.")) ||
           (way->play.headers_only && is_instead(player, finding));
}

/* Whether the engine has found what is expected up to here, and nothing else. */
static bool
found_as_expected(struct verdict *verdict, const struct way *way, const struct player *player)
{
    GPtrArray *findings = g_ptr_array_new();
    const GPtrArray *expectations = player->scenario->expectations;
    bool right = true;

    g_ptr_array_extend(findings, (GPtrArray *)store_findings(engine_store(player->engine)), NULL, NULL);
    for (guint i = 0; i < expectations->len; i++) {
        const struct expectation *expectation = g_ptr_array_index(expectations, i);
        bool withdrawn = expectation->withdrawn_frame != 0 && expectation->withdrawn_frame <= player->frames;
        if (expectation->frame > player->frames || withdrawn)
            continue;
        guint at = 0;
        while (at < findings->len && !is_about(player, g_ptr_array_index(findings, at), expectation))
            at++;
        if (at < findings->len)
            g_ptr_array_remove_index_fast(findings, at);
        else if (!may_be_missing(way, expectation))
            right = verdict_failed(verdict, expectation->line, "%s: after frame %u: %s is not found in frame %u",
                                   way->name, player->frames, expectation->id, expectation->frame);
    }
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        if (!may_be_more(way, player, finding))
            right = verdict_failed(verdict, line_of(player, finding->frame), "%s: after frame %u: %s is not expected",
                                   way->name, player->frames, finding->info->id);
    }
    g_ptr_array_unref(findings);
    return right;
}

/* -- The life of a finding -------------------------------------------------------------------- */

/* What was said so far: the confidence of each finding that stands, by number; and the last frame of the engine then. */
struct said {
    GHashTable *confidence;
    uint32_t frame;
};

static bool
was_withdrawn(const struct player *player, const struct said *said, uint32_t number)
{
    for (uint32_t frame = said->frame + 1; frame <= player->engine_frames; frame++) {
        const GPtrArray *withdrawn = store_withdrawn_by(engine_store(player->engine), frame);
        for (guint i = 0; withdrawn != NULL && i < withdrawn->len; i++)
            if (((const struct finding *)g_ptr_array_index(withdrawn, i))->number == number)
                return true;
    }
    return false;
}

/* What one pass prints at the packet that was just shown is what two passes print in the end, but for what is withdrawn: a
 * finding is told in its own frame, only gets more certain, and goes by being withdrawn. */
static bool
goes_on_rightly(struct verdict *verdict, const struct way *way, const struct player *player, struct said *said)
{
    const GPtrArray *findings = store_findings(engine_store(player->engine));
    GHashTable *before = said->confidence;
    bool right = true;

    said->confidence = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        gpointer key = GUINT_TO_POINTER(finding->number), confidence;
        unsigned line = line_of(player, finding->frame);
        if (!g_hash_table_lookup_extended(before, key, NULL, &confidence)) {
            if (finding->frame <= said->frame)
                right = verdict_failed(verdict, line, "%s: %s is told %u frames late", way->name, finding->info->id,
                                       player->engine_frames - finding->frame);
        } else if (finding->confidence < GPOINTER_TO_UINT(confidence)) {
            right = verdict_failed(verdict, line, "%s: frame %u makes %s less certain", way->name, player->frames,
                                   finding->info->id);
        }
        g_hash_table_insert(said->confidence, key, GUINT_TO_POINTER(finding->confidence));
        g_hash_table_remove(before, key);
    }
    GHashTableIter iterator;
    gpointer gone;
    for (g_hash_table_iter_init(&iterator, before); g_hash_table_iter_next(&iterator, &gone, NULL);)
        if (!was_withdrawn(player, said, GPOINTER_TO_UINT(gone)))
            right = verdict_failed(verdict, 0, "%s: after frame %u finding %u is gone, and was not withdrawn",
                                   way->name, player->frames, GPOINTER_TO_UINT(gone));
    g_hash_table_unref(before);
    said->frame = player->engine_frames;
    return right;
}

/* -- Playing ---------------------------------------------------------------------------------- */

void
way_play(struct verdict *verdict, struct scenario *scenario, const struct way *way)
{
    struct player *player = player_new(scenario, &way->play);
    struct said said = {g_hash_table_new(NULL, NULL), 0};
    bool right = true;
    while (right && player_next(player)) {
        right = found_as_expected(verdict, way, player);
        right = goes_on_rightly(verdict, way, player, &said) && right;
    }
    if (right && way->with_words)
        scenario_check(verdict, scenario, player->engine);
    g_hash_table_unref(said.confidence);
    player_free(player);
}
