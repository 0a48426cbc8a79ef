/* TLS handshakes with no request after them.
 *
 * Each takes a private-key operation of the server, and next to nothing of the client. A check of a load balancer looks the same, once
 * in a while; a client that has something to ask asks at once.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 1 (SSL flood at the session layer).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

/* A client that has something to ask asks sooner than this after its Finished. */
#define ASKS_WITHIN SECONDS(1)

/* Idle TLS handshakes must be at least so large a part of the source's connections to the server. */
enum { TLS_PART = 2 };

enum { IDLE_HANDSHAKES };

static const struct threshold thresholds[] = {
    [IDLE_HANDSHAKES] = {"tls_handshakes",
                         {"Flood: TLS handshakes without request",
                          "So many TLS handshakes of one source at one server in 10 s, with no request after them"},
                         30,
                         10,
                         1000000},
};

enum { HANDSHAKES };

/* clang-format off */
static const struct case_info cases[] = {
    [HANDSHAKES] = {
        .id = "flood.tls",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "Flood of TLS handshakes",
            .summary = "{client.address} made {attempts} TLS handshakes with {server} within {delay} and sent no "
                       "request after them (threshold {limit} in 10 s).",
            .causes = "An SSL flood: each handshake costs the server a private-key operation, and the client next to "
                      "nothing.\n"
                      "A scanner of TLS versions, ciphers and certificates (testssl, sslyze, nmap ssl-enum-ciphers), "
                      "or a handshake benchmark (openssl s_time).\n"
                      "A client that drops every connection after the handshake, because it rejects the certificate "
                      "without an alert, or a health check that runs far too often.",
            .checks = "Does the server run out of CPU in its TLS processes: `top -b -n 1 | head -20; perf top -g`\n"
                      "Connections by client (the server's access log has no line for them): `tcpdump -nni any -c "
                      "2000 'tcp[[tcpflags]] == tcp-syn and dst port {server.port}' | tr -s ' ' | cut -d' ' -f5 | "
                      "cut -d. -f1-4 | sort | uniq -c | sort -rn | head`\n"
                      "On {client.address}, which process connects: `ss -tnp dst {server.address}`\n"
                      "Let repeated handshakes be cheap (session tickets, ECDSA certificate), and limit new "
                      "connections of one address: `iptables -I INPUT -p tcp --syn --dport {server.port} -m "
                      "hashlimit --hashlimit-name tls --hashlimit-mode srcip --hashlimit-above 5/sec -j DROP`\n"
                      "Console: put the service behind DDoS protection or a WAF that ends TLS.",
            .disproof = "The decrypted connections carry requests (SSLKEYLOGFILE), or {client.address} is the scanner "
                        "or benchmark of the service's own operator.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 1",
        .silent_on = "handshakes that are followed by a request\nTLS health checks\n"
                     "connections that a browser opens ahead\nblind direction",
    },
};
/* clang-format on */

/* A source at a server. */
enum { IDLE, COMPLETED };

struct pair {
    struct recent recent;
};

struct connection {
    bool counted;
    bool changed, finished; /* the client has changed to protected records; has sent its Finished */
    bool asked, alerted;    /* it has sent application data; or an alert before its Finished */
    uint64_t bytes; /* of the client, its Finished and alerts after it included: more of them ask for something */
};

static struct recent *
recent_of(struct context *context, const struct flow *flow, int64_t now)
{
    struct client_at_server key;
    flow_client_at_server(flow, &key);
    struct pair *pair = keyed_state(context, 0, &key, sizeof key, sizeof *pair);
    recent_move(&pair->recent, now);
    return &pair->recent;
}

static void
check(struct context *context, const struct flow *flow, const struct recent *recent, int64_t now)
{
    unsigned limit = threshold_value(context, IDLE_HANDSHAKES);
    uint32_t count = recent->total[IDLE];
    if (count < limit || count * TLS_PART < recent->total[COMPLETED] || !answers_visible(context, flow, true) ||
        !answers_visible(context, flow, false))
        return;
    struct finding *finding = report_about(context, &cases[HANDSHAKES], CONFIDENCE_LIKELY, &flow->client.address,
                                           sizeof flow->client.address, 1);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_recent(finding, recent, count, limit, now);
}

static bool
is_idle(const struct flow *flow, const struct connection *connection, bool ended)
{
    if (connection->asked || connection->alerted || flow->tls.fatal_alert)
        return false;
    if (connection->finished)
        return flow->by_client.new_bytes <= connection->bytes;
    return ended && flow->tls.server_hello && !flow->tls.blind;
}

/* A connection of which it is known now whether something was asked: because it ends, or by its age. */
static void
look_at(struct context *context, const struct flow *flow, int64_t now, bool ended)
{
    struct connection *connection = flow_state(context);
    if (flow->handshake.completed_frame == 0 || connection->counted || !is_idle(flow, connection, ended))
        return;
    connection->counted = true;
    struct recent *recent = recent_of(context, flow, now);
    recent_add(recent, IDLE, flow->handshake.completed_frame, flow->handshake.completed_time);
    check(context, flow, recent, now);
}

/* What the client says after its hello: its Finished, which TLS 1.3 sends as application data right after the change to
 * protected records, and then requests. */
static void
follow_record(struct connection *connection, const struct flow *flow, const struct tls_record *record)
{
    bool alert =
        record->type == TLS_ALERT || (record->type == TLS_APPLICATION_DATA && record->length == TLS13_ALERT_LENGTH);
    /* An alert that is more than its level and description is encrypted: the Finished was before it. */
    connection->finished |= record->type == TLS_ALERT && record->length > 2;
    if (record->type == TLS_CHANGE_CIPHER_SPEC)
        connection->changed = true;
    else if (alert)
        connection->alerted |= !connection->finished;
    else if (record->type == TLS_HANDSHAKE)
        connection->finished |= connection->changed && record->handshake_type != TLS_CLIENT_HELLO;
    else if (!connection->finished && (connection->changed || flow->tls.tls13))
        connection->finished = true;
    else
        connection->asked = true;
}

static void
follow_client(struct context *context, const struct flow *flow, const struct packet *packet)
{
    struct connection *connection = flow_state(context);
    bool before = connection->finished;
    for (unsigned i = 0; i < packet->tls->count; i++)
        follow_record(connection, flow, &packet->tls->record[i]);
    if (before) {
        connection->bytes += packet->new_bytes;
    } else if (connection->finished) {
        connection->bytes = flow->by_client.new_bytes;
        wake_at(context, packet->time + ASKS_WITHIN);
    }
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->tls != NULL && packet->from_client)
        follow_client(context, flow, packet);
    if (flow->handshake.completed_frame == packet->frame && speaks_tls(context, flow))
        recent_add(recent_of(context, flow, packet->time), COMPLETED, packet->frame, packet->time);
    if ((packet->flags & (TCP_FIN | TCP_RST)) && flow->tls.seen)
        look_at(context, flow, packet->time, true);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    look_at(context, flow, flow->by_client.last_payload_time + ASKS_WITHIN, false);
}

const struct detector flood_tls_detector = {
    .family = "flood",
    .summary = "TLS handshakes with no request after them",
    .sees = SEES_COMPLETED | SEES_TLS | SEES_END,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct connection),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
