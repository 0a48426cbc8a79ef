/* Health checks.
 *
 * A load balancer or a monitor looks whether a port is open: it connects, and closes or resets at once, without a byte, at a steady
 * period. The server's program may log each of them as an error ("connection reset by peer"), and who reads the log or the capture looks
 * for a fault. There is none.
 *
 * A client that fails again and again is steady as well, but then it is the other side that ends the connection or does not answer, or
 * the client waits for something before it leaves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { CHECKS };

static const struct threshold thresholds[] = {
    [CHECKS] = {"health_checks",
                {"Connect: health checks",
                 "A client must have connected to a port and left at once, at a steady period, so often in a row"},
                5,
                3,
                1000},
};

enum { HEALTH_CHECK };

/* clang-format off */
static const struct case_info cases[] = {
    [HEALTH_CHECK] = {
        .id = "connect.health_check",
        .severity = SEVERITY_CHAT,
        .english = {
            .title = "Health checks",
            .summary = "{client} connects to {server} every {delay} and [closes the connection{?by_fin}][resets the connection{?by_reset}] "
                       "at once, without a byte: {attempts} times so far (threshold {limit}). The server accepts.",
            .causes = "A load balancer or a monitor checks whether the port is open. Nothing is wrong: the RST, or the connection without "
                      "data, is how such a check ends.",
            .checks = "At the load balancer or monitor: the health check of this port has a period of {delay}. Health checks of some "
                      "clouds come from 100.64.0.0/10.\n"
                      "If the server's program logs each of them as an error (connection reset by peer, no handshake), have it ignore "
                      "this source, or have the check speak the protocol of the port.",
            .disproof = "The client's log says that these connections failed: then it wanted more than to connect.",
        },
        .source = "Documentation of cloud load balancers and of LVS, haproxy and nginx: TCP health checks",
        .silent_on = "a client that fails steadily",
    },
};
/* clang-format on */

/* Whoever wants an answer waits longer for it. */
static const int64_t AT_ONCE = MILLISECONDS(500);
/* Nobody checks more often, in milliseconds. */
enum { SHORTEST_PERIOD = 450 };

/* Checks of one client at one server and port, at steady distances. */
struct checks {
    uint32_t count, first_frame;
    int64_t first_time, newest_time;
    uint32_t nearest, farthest; /* milliseconds */
};

enum meaning { TELLS_NOTHING, IS_CHECK, FAILS };

/* A check ends by the client, before anybody has sent a byte, and soon. An attempt that is not accepted leaves a gap between them. */
static enum meaning
meaning_of(const struct flow *flow)
{
    bool once = flow->handshake.syn_count == 1 && flow->by_client.new_bytes + flow->by_server.new_bytes == 0;
    switch (flow->attempt.outcome) {
    case OUTCOME_COMPLETED:
        return flow->handshake.completed_frame != 0 ? TELLS_NOTHING : once ? IS_CHECK : FAILS;
    case OUTCOME_ABANDONED:
        return once ? IS_CHECK : FAILS;
    case OUTCOME_LEFT:
        return once && flow->attempt.lasted <= AT_ONCE ? IS_CHECK : FAILS;
    case OUTCOME_CLOSED:
    case OUTCOME_DATA_LOST:
        return FAILS;
    default:
        return TELLS_NOTHING;
    }
}

/* One that comes at another distance is the first of new ones. */
static void
count_check(struct checks *checks, const struct flow *flow)
{
    int64_t now = flow->handshake.syn_time;
    uint32_t distance = (uint32_t)(time_gap(checks->newest_time, now) / MILLISECONDS(1));
    uint32_t nearest = distance < checks->nearest ? distance : checks->nearest;
    uint32_t farthest = distance > checks->farthest ? distance : checks->farthest;
    if (checks->count == 0 || nearest < SHORTEST_PERIOD || !pace_is_one_distance(nearest, farthest)) {
        *checks = (struct checks){
            .first_frame = flow->handshake.syn_frame, .first_time = now, .nearest = UINT32_MAX, .farthest = 0};
    } else {
        checks->nearest = nearest;
        checks->farthest = farthest;
    }
    checks->newest_time = now;
    checks->count++;
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    enum meaning meaning = flow->protocol == PROTOCOL_TCP ? meaning_of(flow) : TELLS_NOTHING;
    if (meaning == TELLS_NOTHING)
        return;
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct checks *checks = keyed_state(context, 0, &key, sizeof key, sizeof *checks);
    if (meaning == FAILS) {
        checks->count = 0;
        return;
    }
    count_check(checks, flow);
    if (checks->count < threshold_value(context, CHECKS))
        return;
    struct finding *finding = report_about(context, &cases[HEALTH_CHECK], CONFIDENCE_LIKELY, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_series(finding, checks->count, checks->first_frame, checks->first_time);
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, checks->count);
    report_count(finding, FACT_limit, threshold_value(context, CHECKS));
    report_duration(finding, FACT_delay, (checks->newest_time - checks->first_time) / (checks->count - 1));
    report_flag(finding, flow->by_client.fin_frame != 0 ? FACT_by_fin : FACT_by_reset);
    report_evidence(finding, checks->first_frame);
}

const struct detector connect_health_check_detector = {
    .family = "connect",
    .summary = "Load balancers and monitors that check whether a port is open",
    .sees = SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_outcome = on_outcome,
};
