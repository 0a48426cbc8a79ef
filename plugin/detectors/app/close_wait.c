/* Clients that do not close what the server has closed.
 *
 * The server is done with a connection and sends FIN. The client's kernel acknowledges that, and its socket stays in CLOSE_WAIT (RFC 9293,
 * 3.3.2) until the program closes it, which usually is at once. A program that has forgotten the connection never does: each of them
 * keeps a file descriptor, until there are none left. A pool that does not look at its idle connections finds out when it uses one.
 *
 * A connection may be closed in one direction on purpose; then the client goes on sending.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { OPEN_SECONDS, CONNECTIONS };

static const struct threshold thresholds[] = {
    [OPEN_SECONDS] = {"close_wait_seconds",
                      {"App: not closed for (s)",
                       "A client must have left a connection open for so many seconds after the server closed it"},
                      30,
                      1,
                      86400},
    [CONNECTIONS] =
        {"close_wait_connections",
         {"App: not closed, warning from",
          "So many connections of a client that the server has closed must be open at the same time for a warning; "
          "fewer are a note"},
         20,
         2,
         1000000},
};

enum { CLOSE_WAIT };

/* clang-format off */
static const struct case_info cases[] = {
    [CLOSE_WAIT] = {
        .id = "app.close_wait",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Client does not close its connections",
            .summary = "{client} had not closed its connection {delay} after {server} had (threshold {threshold}): its socket stays in "
                       "CLOSE_WAIT.[ {held} connections of this client to {server} were in that state at the same time (threshold "
                       "{limit}).]",
            .causes = "The program of the client has forgotten the connection: no close where a request fails or a response "
                      "is not read to its end. Each such connection keeps a file descriptor, until the program fails with EMFILE.\n"
                      "A connection pool of the client does not watch its idle connections. It finds the FIN when it uses the "
                      "connection again, and that request fails.\n"
                      "The program of the client hangs, or is stopped.",
            .checks = "On the client, connections in CLOSE_WAIT and their process. A number that only grows is a leak: `ss -tnp state "
                      "close-wait dst {server.address}`\n"
                      "In the program: close the connection and the body of the response on every way out (finally, with, defer), have "
                      "the pool check connections before use, and evict idle ones before the server's idle timeout.\n"
                      "What the process does, if all of its connections are in that state: thread dump (jstack, py-spy dump).",
            .disproof = "ss on the client does not show the connection: then its FIN or RST took a way that was not captured.",
        },
        .source = "RFC 9293, 3.3.2",
        .silent_on = "half-close by design\n"
                     "end of capture too near\n"
                     "a pool that closes its idle connections within a minute or so",
    },
};
/* clang-format on */

/* No more than these wait for their time at once: on a busy server, the others are as good. */
enum { WAITING_MAX = 8192 };

struct waiting {
    unsigned count;
};

struct close_wait_flow {
    bool counted;
};

/* Of one client at one server. */
struct held {
    unsigned count;
    bool warned;
};

static struct held *
held_by(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    return keyed_state(context, 0, &key, sizeof key, sizeof(struct held));
}

/* Whether the client knows that the server is done, has said nothing since, and everything of it was captured. */
static bool
is_open(struct context *context, const struct flow *flow)
{
    const struct side *client = &flow->by_client, *server = &flow->by_server;
    return client->fin_frame == 0 && client->rst_frame == 0 && server->rst_frame == 0 && client->acknowledgment_known &&
           sequence_difference(client->acknowledgment, server->fin_sequence) > 0 &&
           client->last_payload_frame < server->fin_frame && flow->gap_frame == 0 &&
           sequence_difference(server->acknowledgment, client->next_sequence) <= 0 &&
           answers_visible(context, flow, true) && answers_visible(context, flow, false);
}

static void
report_open(struct context *context, const struct flow *flow, int64_t now, struct held *held)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    unsigned limit = threshold_value(context, CONNECTIONS);
    bool many = held->count >= limit;
    struct finding *note = reported_about(context, &cases[CLOSE_WAIT], &key, sizeof key);
    if (many && !held->warned && note != NULL)
        report_withdraw(context, note); /* The warning stands in its place. */
    held->warned |= many;
    struct finding *finding = report_about(context, &cases[CLOSE_WAIT], CONFIDENCE_CONFIRMED, &key, sizeof key, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_duration(finding, FACT_delay, time_gap(flow->by_server.fin_time, now));
    report_duration(finding, FACT_threshold, SECONDS(threshold_value(context, OPEN_SECONDS)));
    if (many) {
        report_count(finding, FACT_held, held->count);
        report_count(finding, FACT_limit, limit);
    } else {
        report_severity(finding, SEVERITY_NOTE);
    }
    report_evidence(finding, flow->by_server.fin_frame);
}

/* The client closes it after all. If none is left, it was a pool that looks after its connections now and then. */
static void
take_close(struct context *context, const struct flow *flow)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct held *held = held_by(context, flow);
    struct finding *finding = reported_about(context, &cases[CLOSE_WAIT], &key, sizeof key);
    if (held->count == 0 || --held->count > 0)
        return;
    held->warned = false;
    if (finding != NULL)
        report_withdraw(context, finding);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *client = &flow->by_client;
    struct close_wait_flow *state = flow_state(context);
    if (packet->from_client && state->counted) {
        take_close(context, flow);
        state->counted = false;
    }
    if (flow->by_server.fin_frame != packet->frame || client->fin_frame != 0 || client->rst_frame != 0 ||
        client->new_bytes == 0)
        return;
    struct waiting *waiting = capture_state(context);
    if (waiting->count < WAITING_MAX &&
        wake_at(context, packet->time + SECONDS(threshold_value(context, OPEN_SECONDS))))
        waiting->count++;
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    struct waiting *waiting = capture_state(context);
    waiting->count--;
    if (!is_open(context, flow))
        return;
    struct close_wait_flow *state = flow_state(context);
    struct held *held = held_by(context, flow);
    state->counted = true;
    held->count++;
    report_open(context, flow, now, held);
}

const struct detector app_close_wait_detector = {
    .family = "app",
    .summary = "Clients that do not close what the server has closed",
    .sees = SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct close_wait_flow),
    .capture_state_size = sizeof(struct waiting),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
