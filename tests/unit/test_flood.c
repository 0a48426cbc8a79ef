/* A flood takes no more memory, and no more time for each packet, the longer it lasts; and it is one finding.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/engine.h"
#include "memory_in_use.h"
#include "packet_of.h"

enum { PACKETS = 200000, HEADER = 20 };

struct flood {
    struct settings settings;
    struct engine *engine;
    uint32_t frames;
};

static int
set_up(void **state)
{
    struct flood *flood = g_new0(struct flood, 1);
    settings_init(&flood->settings);
    flood->engine = engine_new(&flood->settings);
    *state = flood;
    return 0;
}

static int
tear_down(void **state)
{
    struct flood *flood = *state;
    engine_free(flood->engine);
    settings_clear(&flood->settings);
    g_free(flood);
    return 0;
}

/* A SYN 10 us after the last packet. */
static void
send_syn(struct flood *flood, struct endpoint source, struct endpoint destination)
{
    uint32_t number = ++flood->frames;
    uint8_t header[HEADER] = {
        (uint8_t)(source.port >> 8),      (uint8_t)source.port,
        (uint8_t)(destination.port >> 8), (uint8_t)destination.port,
        (uint8_t)(number >> 24),          (uint8_t)(number >> 16),
        (uint8_t)(number >> 8),           (uint8_t)number,
        [12] = HEADER / 4 << 4,           [13] = TCP_SYN,
    };
    struct arrival arrival = {
        .packet = {.frame = number,
                   .time = SECONDS(1000000) + number * (int64_t)10000,
                   .protocol = PROTOCOL_TCP,
                   .source = source,
                   .destination = destination,
                   .ttl = 50,
                   .has_ip_id = true,
                   .ip_id = (uint16_t)number},
        .transport = {header, HEADER, HEADER},
        .ip_length = HEADER + HEADER,
        .ip_present = HEADER + HEADER,
    };
    assert_int_equal(engine_transport(flood->engine, &arrival).flow, number);
}

static struct endpoint
endpoint(uint8_t network, uint32_t number, uint16_t port)
{
    return (struct endpoint){ipv4(network, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number), port};
}

static void
count_flow(const struct flow *flow, void *count)
{
    (void)flow;
    ++*(unsigned *)count;
}

static unsigned
flows_kept(const struct flood *flood)
{
    unsigned kept = 0;
    flow_table_each(engine_flows(flood->engine), count_flow, &kept);
    return kept;
}

/* What it takes once every table is full is what it takes then: flow numbers alone go on, at 8 bytes each. */
static void
assert_bounded(size_t full, size_t end, const struct flood *flood)
{
    assert_int_equal(flows_kept(flood), FLOWS_YOUNG_MAX);
    if (end > full + full / 10)
        fail_msg("%zu bytes after %d packets, %zu after %d", full, PACKETS * 3 / 4, end, PACKETS);
}

static const struct finding *
only_finding(const struct flood *flood)
{
    const GPtrArray *findings = store_findings(engine_store(flood->engine));
    assert_int_equal(findings->len, 1);
    return g_ptr_array_index(findings, 0);
}

static void
from_many_sources(void **state)
{
    struct flood *flood = *state;
    size_t full = 0;
    for (uint32_t i = 0; i < PACKETS; i++) {
        if (i == PACKETS * 3 / 4)
            full = memory_in_use();
        send_syn(flood, endpoint(11, i, 40000), endpoint(198, 1, 80));
    }
    assert_bounded(full, memory_in_use(), flood);
    const struct finding *finding = only_finding(flood);
    assert_string_equal(finding->info->id, "flood.syn_in");
    assert_int_equal(finding->series.last_frame, PACKETS);
    /* Those that were counted together when it was found, at most 65,535 in half a second, and all after them. */
    assert_true(finding->series.events > PACKETS - finding->frame);
}

static void
to_many_destinations(void **state)
{
    struct flood *flood = *state;
    size_t full = 0;
    for (uint32_t i = 0; i < PACKETS; i++) {
        if (i == PACKETS * 3 / 4)
            full = memory_in_use();
        send_syn(flood, endpoint(10, 1, (uint16_t)(1024 + i % 60000)), endpoint(198, i, i % 2 ? 80 : 443));
    }
    assert_bounded(full, memory_in_use(), flood);
    const struct finding *finding = only_finding(flood);
    assert_string_equal(finding->info->id, "flood.syn_out");
    assert_int_equal(finding->series.last_frame, PACKETS);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(from_many_sources),
        TEST(to_many_destinations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
