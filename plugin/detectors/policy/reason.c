/* RSTs that tell why.
 *
 * A stack or device may put text into a RST; some load balancers put a code into its window.
 *
 * Source: RFC 9293, 3.5.2; RFC 1122, 4.2.2.12; Citrix CTX695832; gfw.report on Henan.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "detector.h"

/* "Packet matches no known connection" (Citrix CTX695832). */
enum { NETSCALER_NO_CONNECTION = 8201 };

enum { REASON };

/* clang-format off */
static const struct case_info cases[] = {
    [REASON] = {
        .id = "policy.reset_reason",
        .severity = SEVERITY_NOTE,
        .english = {
            .title = "RST that tells its reason",
            .summary = "The RST of {closer} carries a reason: {reason}. Connection {client} to {server}.",
            .causes = "Text: the stack or device says why it reset (RFC 9293, 3.5.2), for example a BIG-IP with tm.rstcause.pkt "
                      "turned on; take it at its word.\n"
                      "Window 8201: a NetScaler (Citrix ADC) that knows no connection for the packet: its entry timed out, or "
                      "the first data came out of order while SYN cookies were in use. Another stack may use this window by "
                      "chance.\n"
                      "Payload 01 02 03 04 05 06 07 08 09 00: known from RSTs that a provincial filter injects "
                      "(policy.reset_injected).",
            .checks = "Ask the owner of {closer.address}, or of the device in front of it, what the reason means "
                      "there.\n"
                      "On a BIG-IP, what it has reset and why: `tmsh show net rst-cause`\n"
                      "On a NetScaler, resets by cause: `nsconmsg -K /var/nslog/newnslog -g rst -d current`",
            .disproof = "The payload belongs to the application's data, or other RSTs of {closer.address} for the same cause look "
                        "different.",
        },
        .source = "RFC 9293, 3.5.2; RFC 1122, 4.2.2.12; Citrix CTX695832; gfw.report on Henan",
        .silent_on = "a data segment that a device turned into a RST\nRST without payload and with an ordinary window",
    },
};
/* clang-format on */

enum { REASON_SIZE = RESET_TEXT_MAX + 16 };

/* In both languages, each with room for REASON_SIZE; false if it carries none. */
static bool
read_reason(const struct packet *packet, char *english, char *chinese)
{
    char text[RESET_TEXT_MAX + 1];
    enum reset_data data = reset_data_of(&packet->payload);
    if (data == RESET_NO_DATA && packet->window == NETSCALER_NO_CONNECTION) {
        snprintf(english, REASON_SIZE, "window %u", packet->window);
        snprintf(chinese, REASON_SIZE, "窗口值 %u", packet->window);
    } else if (data == RESET_INJECTOR) {
        snprintf(english, REASON_SIZE, "payload 01 02 03 04 05 06 07 08 09 00");
        snprintf(chinese, REASON_SIZE, "载荷 01 02 03 04 05 06 07 08 09 00");
    } else if (data == RESET_WORDS) {
        reset_data_text(&packet->payload, text);
        snprintf(english, REASON_SIZE, "\"%s\"", text);
        snprintf(chinese, REASON_SIZE, "“%s”", text);
    } else {
        return false;
    }
    return true;
}

/* One finding for each sender and kind of reason, however often it gives it. */
static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    char english[REASON_SIZE], chinese[REASON_SIZE];
    bool code = packet->payload.length == 0;
    struct {
        struct ip_address address;
        uint8_t code;
        uint16_t port;
    } sender;

    if (!(packet->flags & TCP_RST) || !read_reason(packet, english, chinese))
        return;
    memset(&sender, 0, sizeof sender);
    sender.address = packet->source.address;
    sender.port = packet->source.port;
    sender.code = code;
    struct finding *finding = report_about(context, &cases[REASON], code ? CONFIDENCE_POSSIBLE : CONFIDENCE_CONFIRMED,
                                           &sender, sizeof sender, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, &packet->source);
    report_localized(finding, FACT_reason, english, chinese);
}

const struct detector policy_reason_detector = {
    .family = "policy",
    .summary = "RSTs that tell their reason",
    .sees = SEES_END,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
};
