/* Plays the packets of captures as scenarios of which what is found as they are is expected: the laws hold for them too.
 *
 *   laws_of_captures FOLDER              of sequences, as tests/fuzz/sequences.py makes them of captures
 *   laws_of_captures --expected FOLDER   whole captures as they are, of which what their expectations list is expected
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "scenario_laws.h"
#include "sequence.h"
#include "wire/headers.h"

/* A packet's line is its number. */
static void
add_frames(struct scenario *scenario, const struct sequence *sequence)
{
    for (unsigned i = 0; i < sequence->count; i++) {
        const struct sequence_packet *packet = &sequence->packet[i];
        struct scenario_frame *frame = g_new0(struct scenario_frame, 1);
        frame->time = packet->time;
        frame->bytes = g_byte_array_append(g_byte_array_new(), packet->bytes, packet->captured);
        g_byte_array_set_size(frame->bytes, packet->captured + (guint)packet->cut);
        if (packet->cut > 0) /* an array of nothing has no data */
            memset(frame->bytes->data + packet->captured, 0, packet->cut);
        frame->captured = packet->captured;
        frame->line = i + 1;
        g_ptr_array_add(scenario->frames, frame);
    }
}

static void
expect(struct scenario *scenario, const char *id, uint32_t frame, uint32_t withdrawn_frame)
{
    struct expectation *expectation = g_new0(struct expectation, 1);
    expectation->frame = expectation->line = frame;
    expectation->withdrawn_frame = withdrawn_frame;
    expectation->id = g_strdup(id);
    expectation->words = g_new0(char *, 1);
    g_ptr_array_add(scenario->expectations, expectation);
}

static void
expect_finding(struct scenario *scenario, const struct finding *finding)
{
    expect(scenario, finding->info->id, finding->frame, finding->withdrawn_frame);
}

/* What is found, and what was found and is withdrawn later. */
static void
expect_all(struct scenario *scenario)
{
    struct player *player = player_new(scenario, &(struct play){0});
    while (player_next(player)) {
        const GPtrArray *withdrawn = store_withdrawn_by(engine_store(player->engine), player->engine_frames);
        for (guint i = 0; withdrawn != NULL && i < withdrawn->len; i++)
            expect_finding(scenario, g_ptr_array_index(withdrawn, i));
    }
    const GPtrArray *findings = store_findings(engine_store(player->engine));
    for (guint i = 0; i < findings->len; i++)
        expect_finding(scenario, g_ptr_array_index(findings, i));
    player_free(player);
}

/* Whether the packet is one of an encapsulation. */
static bool
is_wrapped(const struct scenario_frame *frame)
{
    enum { IPIP = 4, SIX_IN_FOUR = 41, GRE = 47, PORT_VXLAN = 4789, PORT_VXLAN_OF_LINUX = 8472, PORT_GENEVE = 6081 };
    struct packet packet = {0};
    struct payload transport;
    if (!wire_read_ip(&(struct payload){frame->bytes->data, frame->captured, frame->bytes->len}, &packet, &transport))
        return false;
    uint8_t protocol = packet.protocol;
    if (protocol == PROTOCOL_UDP && wire_read_udp(&transport, &packet)) {
        uint16_t port = packet.destination.port;
        return port == PORT_VXLAN || port == PORT_VXLAN_OF_LINUX || port == PORT_GENEVE;
    }
    return protocol == IPIP || protocol == SIX_IN_FOUR || protocol == GRE;
}

static bool
has_mirrors(const struct scenario *scenario)
{
    for (guint i = 0; i < scenario->frames->len; i++)
        if (is_wrapped(g_ptr_array_index(scenario->frames, i)))
            return true;
    return false;
}

/* Captures of which a case rests on what a way changes. */
static const struct {
    const char *name, *way, *why;
} not_played[] = {
    {"hostile-flood-dns", "in VXLAN", "that nothing but queries is captured keeps dns.unanswered silent"},
    {"hostile-flood-dns", "beside others", "that nothing but queries is captured keeps dns.unanswered silent"},
    {"dns-cname-abroad-dead-aaaa", "beside others",
     "others go on when its wait is over, and the capture alone ends before that"},
    {"tunnel-ike-unanswered-4500-ipv6-0", "beside others", "the same"},
    {"policy-cut-download-silence-2", "beside others", "the same"},
    {"dns-answers-never-asked-for", "in VXLAN", "a mirror may show the answers only"},
    {"flood-large-dns-answers", "headers only",
     "that the names differ is in the payload; without it, it looks like a flood"},
    {"policy-reset-reasons", "headers only", "the payload is one of the signs"},
};

static bool
is_played(const char *name, const struct way *way, bool mirrors)
{
    for (size_t i = 0; i < G_N_ELEMENTS(not_played); i++)
        if (g_str_has_prefix(name, not_played[i].name) && strcmp(way->name, not_played[i].way) == 0)
            return false;
    return !mirrors || !way->without_mirrors;
}

static bool
play(const char *name, const struct sequence *sequence, struct country_database *countries)
{
    struct verdict verdict = {.file = name};
    char *problem;
    struct scenario *scenario = scenario_read("", countries, &problem);
    printf("%s ... ", name);
    fflush(stdout);
    add_frames(scenario, sequence);
    expect_all(scenario);
    bool mirrors = has_mirrors(scenario);
    for (size_t i = 0; i < way_count; i++) {
        struct way way = ways[i];
        way.with_words = false; /* captures hold texts that look like faults of netcase's own */
        if (is_played(name, &way, mirrors))
            way_play(&verdict, scenario, &way);
    }
    scenario_free(scenario);
    if (!verdict.failed)
        printf("ok\n");
    return !verdict.failed;
}

/* -- Whole captures --------------------------------------------------------------------------- */

/* Of which the host makes something before the engine sees it. */
static const struct {
    const char *name, *why;
} not_expected[] = {
    {"healthy-vxlan-inner-fragments", "Wireshark puts fragments together"},
};

static bool
is_expected(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(not_expected); i++)
        if (strcmp(name, not_expected[i].name) == 0)
            return false;
    return true;
}

/* Lines "FRAME CASE" and "FRAME CASE withdrawn FRAME" between comments. */
static void
read_expectation(struct scenario *scenario, const char *text)
{
    char **lines = g_strsplit(text, "\n", 0);
    for (char **line = lines; *line != NULL; line++) {
        char id[64];
        unsigned frame, withdrawn = 0;
        if (sscanf(*line, "%u %63s withdrawn %u", &frame, id, &withdrawn) >= 2)
            expect(scenario, id, frame, withdrawn);
    }
    g_strfreev(lines);
}

/* Piece by piece: a capture may have more packets than a sequence. */
static void
add_all_frames(struct scenario *scenario, const uint8_t *data, size_t size)
{
    static struct sequence sequence;
    for (size_t at = 1; at < size;) {
        sequence_read(&sequence, data + at - 1, size - at + 1);
        add_frames(scenario, &sequence);
        const struct sequence_packet *last = &sequence.packet[sequence.count - 1];
        at = (size_t)(last->bytes - data) + last->captured;
    }
}

static bool
play_expected(const char *name, const char *path, const uint8_t *data, size_t size, struct country_database *countries)
{
    struct verdict verdict = {.file = name};
    struct way way = ways[AS_IT_IS];
    char *problem, *text, *expectation = g_strdup(path);
    struct scenario *scenario = scenario_read("", countries, &problem);
    strcpy(strrchr(expectation, '.'), ".expect");
    printf("%s ... ", name);
    fflush(stdout);
    add_all_frames(scenario, data, size);
    if (g_file_get_contents(expectation, &text, NULL, NULL)) {
        read_expectation(scenario, text);
        g_free(text);
        way.with_words = false;
        way_play(&verdict, scenario, &way);
    } else {
        verdict_failed(&verdict, 0, "%s can't be opened", expectation);
    }
    scenario_free(scenario);
    g_free(expectation);
    if (!verdict.failed)
        printf("ok\n");
    return !verdict.failed;
}

/* -- Folders ---------------------------------------------------------------------------------- */

static bool
play_file(const char *folder, const char *file, bool expected, struct country_database *countries)
{
    static struct sequence sequence;
    char *path = g_build_filename(folder, file, NULL), *data;
    char *name = g_strndup(file, expected ? strlen(file) - strlen(".sequence") : strlen(file));
    gsize size;
    bool right = g_file_get_contents(path, &data, &size, NULL);
    if (right && expected) {
        right = !is_expected(name) || play_expected(name, path, (const uint8_t *)data, size, countries);
    } else if (right) {
        sequence_read(&sequence, (const uint8_t *)data, size);
        right = play(name, &sequence, countries);
    }
    if (data != NULL)
        g_free(data);
    g_free(name);
    g_free(path);
    return right;
}

int
main(int argc, char **argv)
{
    char *problem;
    bool expected = argc == 3 && strcmp(argv[1], "--expected") == 0;
    const char *path = argc > 1 ? argv[argc - 1] : ".";
    GDir *folder = g_dir_open(path, 0, NULL);
    struct country_database *countries = country_database_open(COUNTRY_DATABASE, &problem);
    unsigned played = 0;
    bool right = folder != NULL && countries != NULL;
    for (const char *name = right ? g_dir_read_name(folder) : NULL; name != NULL; name = g_dir_read_name(folder)) {
        if (expected && !g_str_has_suffix(name, ".sequence"))
            continue;
        right = play_file(path, name, expected, countries) && right;
        played++;
    }
    if (folder != NULL)
        g_dir_close(folder);
    country_database_close(countries);
    return right && played > 0 ? 0 : 1;
}
