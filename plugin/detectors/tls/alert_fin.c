/* Idle TLS connections that are closed by alert and FIN.
 *
 * A proxy or WAF that closes an idle TLS connection sends a close_notify and a FIN: an "Encrypted Alert" in the
 * capture, and the client's next request fails. HTTP/2 servers say GOAWAY just before: the connection has rested until
 * that. Where the client closes its own pooled connection the same way, nobody is surprised.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 7 (WAF, alert and FIN 119.89 s after the last packet, client RST
 * 14.95 s later). RFC 8446, 6.1; RFC 9113, 6.8.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* An alert and the FIN behind it belong together if they are this close. */
#define TOGETHER MILLISECONDS(500)

/* So soon before its alert the last words of a side are part of the same farewell. */
#define FAREWELL SECONDS(1)

/* A RST this long after the acknowledged FIN is a decision of its own, not an echo. */
#define LATE MILLISECONDS(100)

enum { ALERT_FIN, LATE_RESET };

/* clang-format off */
static const struct case_info cases[] = {
    [ALERT_FIN] = {
        .id = "tls.alert_fin",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Idle TLS connection closed by alert and FIN",
            .summary = "{closer} sent [an encrypted alert{?encrypted}][what looks like an encrypted "
                       "alert{?likely_alert}] and FIN together after {idle} without data[ (a timer "
                       "of {threshold} was due{!level})][ (past the idle level of {level})]: the TLS connection was closed for being idle.",
            .causes = "An idle timer of {closer} ran out (WAF, proxy, load balancer, or a client's connection "
                      "pool); the alert is then its close_notify, not an error.\n"
                      "[Idle times measured at this server and port: {survived} survived, {died} did not; the "
                      "timer is between the two, or up to 2.5 % above the second.]\n"
                      "[Documented timers that match: {timer}{!timers_more}.][Documented timers that match: "
                      "{timer}; and {timers_more} more.]\n"
                      "The application on this side closed the connection on purpose after that time.",
            .checks = "Compare {idle} with the keep-alive or session timeout of the product in front of the origin "
                      "(WAF, load balancer; Tengine or nginx: keepalive_timeout, proxy_read_timeout).\n"
                      "Let the side that sends requests drop idle connections earlier, or retry on a new connection "
                      "when a reused one was closed.\n"
                      "Only the keys show what the alert says: set SSLKEYLOGFILE for the client and look for "
                      "close_notify.",
            .disproof = "The decrypted alert is not close_notify, or other connections of {server} are closed "
                        "after quite different idle times.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
        .silent_on = "alert+FIN right after the answer\n"
                     "alert+FIN by the side that just finished its request\n"
                     "a fatal plaintext alert",
    },
    [LATE_RESET] = {
        .id = "tls.late_reset",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "RST instead of FIN after the TLS close",
            .summary = "{closer} acknowledged the alert and FIN of the other side but never closed; {delay} later "
                       "it sent RST. Connection {client} to {server}.",
            .causes = "The application kept the closed connection (CLOSE_WAIT) until its own timer or its exit "
                      "threw it away.\n"
                      "The connection pool found the connection dead only when it cleaned up.",
            .checks = "This follows from the idle close before it (tls.alert_fin): look at that first.\n"
                      "On the host that sent the RST, processes that keep closed connections: `ss -tnop state "
                      "close-wait`",
            .disproof = "The application used the connection again and was refused: then a request failed, it was "
                        "not just a late close.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 7",
        .silent_on = "RST with no alert before",
    },
};
/* clang-format on */

/* What a side said first after the connection had rested past a level. */
struct first_words {
    uint32_t frame;
    int64_t time, idle, quiet;
};

/* The last thing a side said, if it was an alert or a record of that size and nothing else. The idle times are those before its
 * farewell. */
struct goodbye {
    uint32_t frame, first_frame, end_sequence;
    int64_t time, idle, quiet;
    bool encrypted;
};

/* Of one side. */
struct speaker {
    struct first_words first_words;
    struct goodbye goodbye;
};

struct tls_flow {
    struct speaker client, server;
    uint32_t alert_fin_frame; /* tls.alert_fin is true at this FIN */
    bool alert_fin_by_client;
};

/* Alerts in plain text tell themselves what they mean: they end a handshake, not an idle connection. */
static bool
only_alerts(const struct tls_records *records)
{
    for (unsigned i = 0; i < records->count; i++) {
        const struct tls_record *record = &records->record[i];
        bool hidden = record->type == TLS_APPLICATION_DATA && record->length == TLS13_ALERT_LENGTH;
        if (!hidden && (record->type != TLS_ALERT || record->alert_plain))
            return false;
    }
    return records->count > 0 && records->whole;
}

/* Whether this is the farewell that the side's first words after the rest began: the other side said nothing to it. */
static bool
continues_farewell(const struct first_words *first, const struct flow *flow, const struct packet *packet)
{
    const struct side *other = flow_receiver(flow, packet);
    return first->frame != 0 && packet->time - first->time <= FAREWELL && other->last_payload_frame < first->frame;
}

static void
note_words(struct context *context, const struct flow *flow, const struct packet *packet)
{
    bool goodbye = only_alerts(packet->tls), rested = level_passed(context, packet->idle) != 0;
    if (!goodbye && !rested)
        return;
    struct tls_flow *state = flow_state(context);
    struct speaker *speaker = packet->from_client ? &state->client : &state->server;
    if (rested)
        speaker->first_words = (struct first_words){packet->frame, packet->time, packet->idle, packet->quiet};
    if (!goodbye || !continues_farewell(&speaker->first_words, flow, packet))
        return;
    speaker->goodbye = (struct goodbye){.frame = packet->frame,
                                        .first_frame = speaker->first_words.frame,
                                        .end_sequence = packet->sequence + packet->payload.length,
                                        .time = packet->time,
                                        .idle = speaker->first_words.idle,
                                        .quiet = speaker->first_words.quiet,
                                        .encrypted = packet->tls->record[0].type == TLS_ALERT};
}

static void
report_alert_fin(struct context *context, const struct flow *flow, const struct packet *packet,
                 const struct goodbye *goodbye)
{
    int64_t level = level_passed(context, goodbye->idle), timer = timer_reached(context, TIMER_CLOSE, goodbye->idle);
    struct finding *finding =
        report(context, &cases[ALERT_FIN], goodbye->encrypted && timer != 0 ? CONFIDENCE_CONFIRMED : CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    if (packet->from_client)
        report_severity(finding, SEVERITY_CHAT);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_flag(finding, goodbye->encrypted ? FACT_encrypted : FACT_likely_alert);
    report_duration(finding, FACT_idle, goodbye->idle);
    report_duration(finding, FACT_quiet, goodbye->quiet);
    report_duration(finding, FACT_threshold, timer != 0 ? timer : level);
    if (timer == 0)
        report_duration(finding, FACT_level, level);
    report_timers(context, finding, TIMER_CLOSE, goodbye->idle);
    report_bracket(context, finding, flow, goodbye->idle);
    report_evidence(finding, goodbye->frame);
    report_evidence(finding, goodbye->first_frame);
}

static void
check_alert_fin(struct context *context, const struct flow *flow, const struct packet *packet, struct tls_flow *state)
{
    const struct side *closer = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    const struct goodbye *goodbye = packet->from_client ? &state->client.goodbye : &state->server.goodbye;

    /* The other side may answer the alert with its FIN before this side's own FIN is out. */
    if (closer->fin_frame != packet->frame || goodbye->frame == 0 || goodbye->end_sequence != closer->fin_sequence ||
        packet->time - goodbye->time > TOGETHER || (other->fin_frame != 0 && other->fin_frame < goodbye->frame))
        return;
    state->alert_fin_frame = packet->frame;
    state->alert_fin_by_client = packet->from_client;
    report_alert_fin(context, flow, packet, goodbye);
}

/* The other side acknowledged the FIN, sent none itself, and resets. */
static void
check_late_reset(struct context *context, const struct flow *flow, const struct packet *packet,
                 const struct tls_flow *state)
{
    const struct side *resetter = flow_sender(flow, packet), *closer = flow_receiver(flow, packet);

    if (state->alert_fin_frame == 0 || packet->from_client == state->alert_fin_by_client || resetter->fin_frame != 0 ||
        sequence_difference(resetter->acknowledgment, closer->fin_sequence + 1) < 0 ||
        packet->time - closer->fin_time < LATE)
        return;
    struct finding *finding = report(context, &cases[LATE_RESET], CONFIDENCE_CONFIRMED);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_duration(finding, FACT_delay, packet->time - closer->fin_time);
    report_evidence(finding, state->alert_fin_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!flow->tls.seen)
        return;
    if (packet->tls != NULL)
        note_words(context, flow, packet);
    if (!(packet->flags & (TCP_FIN | TCP_RST)))
        return;
    struct tls_flow *state = flow_state(context);
    if (packet->flags & TCP_FIN)
        check_alert_fin(context, flow, packet, state);
    if (packet->flags & TCP_RST)
        check_late_reset(context, flow, packet, state);
}

const struct detector tls_alert_fin_detector = {
    .family = "tls",
    .summary = "TLS connections that are closed while idle",
    .sees = SEES_TLS | SEES_END,
    DETECTOR_TABLE(case, cases),
    .flow_state_size = sizeof(struct tls_flow),
    .on_packet = on_packet,
};
