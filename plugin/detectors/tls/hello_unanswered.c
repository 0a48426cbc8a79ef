/* ClientHellos that never get through.
 *
 * The TCP handshake works, but the first message of TLS is repeated into silence: a filter that reads the server name, or a
 * packet that is too large for the path.
 *
 * Source: documented SNI filters and path MTU failures; RFC 8446, 4.1.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { HELLO_UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [HELLO_UNANSWERED] = {
        .id = "tls.hello_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "ClientHello is never acknowledged",
            .summary = "The TCP handshake with {server} works, but the ClientHello[ for {server_name}] ({bytes}) "
                       "was retransmitted {retransmissions} times (threshold 3) within {delay} without any "
                       "acknowledgment.",
            .causes = "A filter on the way let the TCP handshake pass and drops ClientHellos by server name (SNI).\n"
                      "The path MTU is smaller than the packet of the ClientHello, and the ICMP message that says "
                      "so is lost: large packets vanish, small ones pass.\n"
                      "The server or a device in front of it stopped answering right after the TCP handshake.",
            .checks = "Try another server name. If that is answered, the name is filtered: `openssl s_client "
                      "-connect {server} -servername example.com </dev/null`\n"
                      "Try the path MTU, with 1472 and smaller sizes (IPv6: 1452). If only small ones are answered, "
                      "lower the client's MSS: `ping -M do -s 1472 {server.address}`\n"
                      "On the server, does the ClientHello arrive: `tcpdump -ni any 'tcp port {server.port} and host "
                      "{client.address}'`",
            .disproof = "An acknowledgment of the ClientHello in a capture made on the server: then the answer is "
                        "lost, not the ClientHello.",
        },
        .source = "Documented SNI filters and MTU black holes",
        .silent_on = "ClientHello retransmitted, then answered\n"
                     "blind direction",
    },
};
/* clang-format on */

static bool
vanishes(struct context *context, const struct flow *flow)
{
    const struct pending *pending = &flow->by_client.pending;
    return flow->tls.client_hello_frame != 0 && pending->frame == flow->tls.client_hello_frame &&
           pending->third_frame != 0 && !pending->answered && flow->handshake.completed_frame != 0 &&
           flow->by_server.rst_frame == 0 && answers_visible(context, flow, true);
}

static void
report_unanswered(struct context *context, const struct flow *flow)
{
    const struct pending *pending = &flow->by_client.pending;
    struct finding *finding = report(context, &cases[HELLO_UNANSWERED], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_text(finding, FACT_server_name, flow->tls.server_name);
    report_count(finding, FACT_bytes, pending->largest);
    report_count(finding, FACT_retransmissions, pending->retransmissions);
    report_duration(finding, FACT_delay, pending->repeated_time - pending->time);
    report_evidence(finding, pending->frame);
    report_evidence(finding, pending->last_frame);
    report_evidence(finding, flow->handshake.syn_ack_frame);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct finding *finding = packet->revives ? reported(context, &cases[HELLO_UNANSWERED]) : NULL;
    if (finding != NULL)
        report_withdraw(context, finding);
    if (!packet->from_client || !vanishes(context, flow))
        return;
    /* One more retransmission came instead of an answer, or the client gives up: nothing is due any more. */
    if (flow->by_client.pending.third_frame == packet->frame)
        wake_at(context, flow->by_client.pending.due);
    else
        report_unanswered(context, flow);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    if (pending_is_lost(&flow->by_client.pending, now) && vanishes(context, flow))
        report_unanswered(context, flow);
}

const struct detector tls_hello_unanswered_detector = {
    .family = "tls",
    .summary = "ClientHellos that never get through",
    .sees = SEES_END | SEES_REPEATED | SEES_REVIVED,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
