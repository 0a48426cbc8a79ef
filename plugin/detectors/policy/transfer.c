/* Transfers that are cut off in the middle.
 *
 * A security policy that lists a source while its transfer runs ends the transfer: both ends get a RST that
 * neither has sent, or all packets vanish from one moment on. The next attempt gets some way, and is cut again.
 * Nothing was idle, and nobody has closed; a bad line loses packets but does not send RST, and recovers.
 *
 * Source: a migration to a cloud. The relay's port was changed twice, and each time the transfers were cut
 * after a part was through, with the same error; transfers from elsewhere passed. The cloud's anti-abuse policy
 * had listed the client's public address.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

#include <stdio.h>

/* Data that was sent this long ago is not moving any more. */
static const int64_t MOVING_TIME = SECONDS(1);

/* Slower than this (bytes a second, from the beginning on) it is no transfer, but a connection in use. */
enum { RATE_MIN = 4000 };

/* Before its last retransmissions a path that works at all would have answered. */
static const int64_t SILENCE_TIME = SECONDS(3);

/* What the server says this shortly before its RST is an answer: it refuses the rest of an upload. */
static const int64_t ANSWER_TIME = MILLISECONDS(200);

/* A RST from this many hops nearer or further away than the host's other packets comes from somebody else. */
enum { TTL_DIFFERENCE = 2 };

/* How long a client that has not sent "its" RST may talk on. */
static const int64_t AFTERWARDS = SECONDS(1);

enum { TRANSFERS, KILOBYTES, MINUTES };

static const struct threshold thresholds[] = {
    [TRANSFERS] = {"cut_transfers",
                   {"Policy: transfers that are cut",
                    "So many transfers in a row between the same two hosts must be cut"},
                   2,
                   2,
                   100},
    [KILOBYTES] = {"cut_kilobytes",
                   {"Policy: size of a transfer (kB)",
                    "A transfer has moved at least so many kilobytes when it is cut"},
                   32,
                   1,
                   1000000},
    [MINUTES] = {"cut_minutes",
                 {"Policy: transfers that are cut, within (min)",
                  "From one cut to the next there must not be more time than this"},
                 10,
                 1,
                 1440},
};

enum { TRANSFER_CUT };

/* clang-format off */
static const struct case_info cases[] = {
    [TRANSFER_CUT] = {
        .id = "policy.transfer_cut",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Transfers are cut off in the middle",
            .summary = "{attempts} transfers in a row (threshold {limit}) between {client.address} and "
                       "{server.address} were cut within {delay} while data was moving[, by RST{?by_reset}][, by "
                       "silence{?unanswered}], without a FIN; the last one after {bytes} (threshold "
                       "{threshold_bytes}).",
            .causes = "A security policy cuts the connections of a listed source: a cloud's anti-abuse system, DDoS "
                      "protection, intrusion prevention or firewall.\n"
                      "[The RST has another TTL than the packets of the host that it seems to come from, this host "
                      "talks on after it, or both ends got one: a device on the way sent it{?forged}.]\n"
                      "A limit of bytes, time or rate for each connection at a proxy, firewall or provider: then "
                      "the amounts or times are alike.\n"
                      "[The application or host at {closer.address} aborts: a crash, a full disk, a limit of its "
                      "own; then its log tells, and it has sent the RST itself{?by_reset}.]\n"
                      "[The path itself breaks again and again (radio, VPN, failover): then all connections stop at "
                      "the same moments{?unanswered}.]\n"
                      "Port, amount, time and end of each: {row}.",
            .checks = "Capture at both ends at once: if each gets a RST that the other has not sent, a device "
                      "between them cuts: `tcpdump -ni any -s 128 -w cut.pcap 'host {server.address} and tcp port "
                      "{server.port}'`\n"
                      "Repeat the transfer from another source address, and through another provider: if it passes, "
                      "this source is listed.\n"
                      "Repeat it slowly and with small files: if that passes, the limit is one of rate or size: "
                      "`curl -g --limit-rate 200k -o /dev/null http://{server}/FILE`\n"
                      "Ask the security team of the cloud or provider whether the public address behind "
                      "{client.address} is listed, and have it allowed. Look at the logs of firewalls and DDoS "
                      "protection on both sides.\n"
                      "At both ends, what the application says of the abort: `journalctl --since -1h`",
            .disproof = "A log of an application at one end that shows that it aborted the transfer itself; or the "
                        "same transfers from other sources are cut alike; or the receiver has the whole content: "
                        "then the sender only closes by RST instead of FIN.",
        },
        .source = "a migration whose transfers were cut",
        .silent_on = "RST by a client that has its answer\n"
                     "a client that aborts downloads\n"
                     "an upload that is refused by an answer\n"
                     "a transfer that is cut once\n"
                     "a short outage, then it goes on\n"
                     "RST after FIN\n"
                     "idle connection",
    },
};
/* clang-format on */

enum { CUTS_SHOWN = 4 };

struct cut {
    uint16_t port;
    bool by_reset, forged;
    bool sure; /* no application does this */
    uint32_t frame;
    uint64_t bytes;
    int64_t duration;
};

/* The transfers between a client and a server. */
struct peers {
    unsigned row;                /* cuts, one after another */
    struct cut cuts[CUTS_SHOWN]; /* the newest of them, at place row % CUTS_SHOWN */
    uint32_t first_frame;
    int64_t first_time, last_time;
};

struct transfer_flow {
    bool cut;
    bool silent;             /* it was cut by silence */
    bool suspected;          /* a RST of the client, which may be forged */
    uint32_t acknowledgment; /* of the client then */
    uint64_t bytes;          /* of the client then */
};

struct capture {
    bool cuts; /* there was one */
};

struct pair {
    struct ip_address client, server;
};

static struct pair
pair_of(const struct flow *flow)
{
    return (struct pair){.client = flow->client.address, .server = flow->server.address};
}

static struct peers *
peers_of(struct context *context, const struct flow *flow)
{
    struct pair pair = pair_of(flow);
    return keyed_state(context, 0, &pair, sizeof pair, sizeof(struct peers));
}

static bool
server_sends(const struct flow *flow)
{
    return flow->by_server.new_bytes > flow->by_client.new_bytes;
}

/* The side that sends the bulk of it. */
static const struct side *
sender_of(const struct flow *flow)
{
    return server_sends(flow) ? &flow->by_server : &flow->by_client;
}

static uint64_t
bytes_moved(const struct flow *flow)
{
    return sender_of(flow)->new_bytes;
}

static bool
is_transfer(struct context *context, const struct flow *flow, int64_t now)
{
    uint64_t bytes = bytes_moved(flow);
    int64_t seconds = (now - flow->first_time) / SECONDS(1);
    return bytes >= UINT64_C(1000) * threshold_value(context, KILOBYTES) &&
           (seconds <= 0 || bytes / (uint64_t)seconds >= RATE_MIN) && flow->by_client.packets > 0 &&
           flow->by_server.packets > 0;
}

/* -- The finding ------------------------------------------------------------------------------- */

static void
report_rows(struct finding *finding, const struct peers *peers)
{
    unsigned shown = peers->row < CUTS_SHOWN ? peers->row : CUTS_SHOWN;
    for (unsigned i = peers->row - shown; i < peers->row; i++) {
        const struct cut *cut = &peers->cuts[i % CUTS_SHOWN];
        char text[96];
        snprintf(text, sizeof text, "%u: %llu B, %lld ms, %s", (unsigned)cut->port, (unsigned long long)cut->bytes,
                 (long long)(cut->duration / MILLISECONDS(1)), cut->by_reset ? "RST" : "-");
        report_text(finding, FACT_row, text);
        report_evidence(finding, cut->frame);
    }
}

static void
report_cut(struct context *context, const struct flow *flow, struct peers *peers, const struct cut *cut)
{
    struct pair pair = pair_of(flow);
    struct finding *finding = report_about(context, &cases[TRANSFER_CUT],
                                           cut->sure ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE, &pair, sizeof pair, 1);
    if (finding == NULL)
        return;
    report_series(finding, peers->row, peers->first_frame, peers->first_time);
    report_flow(finding, flow);
    report_endpoint(finding, FACT_closer, flow->by_server.rst_frame == cut->frame ? &flow->server : &flow->client);
    report_count(finding, FACT_attempts, peers->row);
    report_count(finding, FACT_limit, threshold_value(context, TRANSFERS));
    report_duration(finding, FACT_delay, peers->last_time - peers->first_time);
    report_count(finding, FACT_bytes, cut->bytes);
    report_count(finding, FACT_threshold_bytes, UINT64_C(1000) * threshold_value(context, KILOBYTES));
    report_flag(finding, cut->by_reset ? FACT_by_reset : FACT_unanswered);
    if (cut->forged)
        report_flag(finding, FACT_forged);
    report_rows(finding, peers);
}

/* One more cut. Transfers that ran side by side were cut by one event. */
static void
note_cut(struct context *context, const struct flow *flow, const struct cut *cut, int64_t now)
{
    struct peers *peers = peers_of(context, flow);
    struct transfer_flow *state = flow_state(context);

    state->cut = true;
    state->silent = !cut->by_reset;
    ((struct capture *)capture_state(context))->cuts = true;
    if (peers->row > 0 && now - peers->last_time > SECONDS(60) * threshold_value(context, MINUTES))
        peers->row = 0;
    if (peers->row > 0 && flow->first_time < peers->last_time)
        return;
    if (peers->row == 0) {
        peers->first_frame = cut->frame;
        peers->first_time = now;
    }
    peers->cuts[peers->row++ % CUTS_SHOWN] = *cut;
    peers->last_time = now;
    if (peers->row >= threshold_value(context, TRANSFERS))
        report_cut(context, flow, peers, cut);
}

/* -- RST --------------------------------------------------------------------------------------- */

/* Where data was moving: nobody has closed, and the last word was the sender's, so that no answer ends it. */
static bool
is_in_the_middle(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *receiver = server_sends(flow) ? &flow->by_client : &flow->by_server;
    return flow->by_client.fin_frame == 0 && flow->by_server.fin_frame == 0 && packet->idle <= MOVING_TIME &&
           is_transfer(context, flow, packet->time) &&
           receiver->last_payload_frame < sender_of(flow)->last_payload_frame &&
           sequence_difference(packet->sequence, flow_sender(flow, packet)->next_sequence) != 1; /* a FIN unseen */
}

/* The server gets an upload and resets it: it cuts, unless it has taken all, or has just answered. */
static bool
server_cuts_upload(const struct flow *flow, const struct packet *packet)
{
    const struct side *server = &flow->by_server;
    bool answers =
        server->last_payload_frame != 0 && packet->time - server->last_payload_time < ANSWER_TIME + flow->round_trip;
    return flow->by_client.pending.frame != 0 && !answers;
}

static struct cut
cut_by_reset(const struct flow *flow, uint32_t frame, int64_t time)
{
    return (struct cut){.port = flow->server.port,
                        .by_reset = true,
                        .frame = frame,
                        .bytes = bytes_moved(flow),
                        .duration = time - flow->first_time};
}

static void
check_reset(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *resetter = flow_sender(flow, packet), *other = flow_receiver(flow, packet);
    bool sender_ends = resetter == sender_of(flow);
    /* A stack that aborts its connection sends RST with ACK; a RST alone is for a connection that is not there. */
    bool bare = packet->from_client && !(packet->flags & TCP_ACK);
    struct sender sender;

    /* What answers a late segment ends nothing: connection tracking took that for a stranger's, and did not translate it. */
    if (resetter->rst_frame != packet->frame || reset_answers_stale(flow, packet) || packet->copy_of != 0 ||
        !is_in_the_middle(context, flow, packet))
        return;
    struct transfer_flow *state = flow_state(context);
    if (state->cut)
        return;
    struct cut cut = cut_by_reset(flow, packet->frame, packet->time);
    /* Load balancers and NAT gateways reset with a TTL of their own, too: that alone is not sure. */
    packet_sender(context, flow, packet, &sender);
    cut.forged = sender.hops > TTL_DIFFERENCE || sender.too_soon || other->rst_frame != 0;
    cut.sure = other->rst_frame != 0 || (sender_ends && resetter->pending.frame != 0);
    if (sender_ends || cut.forged || bare || (!packet->from_client && server_cuts_upload(flow, packet))) {
        note_cut(context, flow, &cut, packet->time);
    } else if (packet->from_client) {
        /* The client aborts its download, or somebody does it in its name: then it talks on. */
        state->suspected = true;
        state->acknowledgment = flow->by_client.acknowledgment;
        state->bytes = flow->by_client.new_bytes;
        wake_at(context, packet->time + AFTERWARDS);
    }
}

/* A client that talks on after "its" RST has not sent it. */
static void
check_talks_on(struct context *context, const struct flow *flow, int64_t now, bool fin)
{
    const struct transfer_flow *state = flow_state(context);
    const struct side *client = &flow->by_client;
    if (!state->suspected || state->cut || flow->by_server.fin_frame != 0 ||
        (!fin && client->acknowledgment == state->acknowledgment && client->new_bytes == state->bytes))
        return;
    struct cut cut = cut_by_reset(flow, client->rst_frame, client->rst_time);
    cut.forged = cut.sure = true;
    note_cut(context, flow, &cut, now);
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    check_talks_on(context, flow, flow->by_client.rst_time, false);
}

/* -- Silence ----------------------------------------------------------------------------------- */

static void
check_silence(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct side *sender = flow_sender(flow, packet);
    const struct pending *pending = &sender->pending;
    uint32_t in_flight = sender->next_sequence - pending->sequence;

    if (pending->frame == 0 || pending->probe || pending->answered || pending->idle > MOVING_TIME ||
        sender->fin_frame != 0 || flow_receiver(flow, packet)->fin_frame != 0 ||
        !(pending->retransmissions > 3 || packet->time - pending->time >= SILENCE_TIME) ||
        packet->from_client == server_sends(flow) || !is_transfer(context, flow, pending->time) ||
        sender->new_bytes - in_flight < UINT64_C(1000) * threshold_value(context, KILOBYTES) ||
        !answers_visible(context, flow, packet->from_client))
        return;
    if (((const struct transfer_flow *)flow_state(context))->cut)
        return;
    struct cut cut = {.port = flow->server.port,
                      .sure = true,
                      .frame = packet->frame,
                      .bytes = sender->new_bytes - in_flight,
                      .duration = pending->time - flow->first_time};
    note_cut(context, flow, &cut, packet->time);
}

/* A transfer that ends properly: it takes back its silence, and the row of cuts if it was larger than they. */
static void
check_end(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (!((const struct capture *)capture_state(context))->cuts || !is_transfer(context, flow, packet->time) ||
        flow_receiver(flow, packet)->pending.frame != 0 || flow_receiver(flow, packet)->rst_frame != 0)
        return;
    struct peers *peers = peers_of(context, flow);
    struct transfer_flow *state = flow_state(context);
    if (state->silent && peers->row > 0)
        peers->row--;
    else if (!state->cut && peers->row > 0 && bytes_moved(flow) > peers->cuts[(peers->row - 1) % CUTS_SHOWN].bytes)
        peers->row = 0;
    state->silent = false;
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->flags & TCP_RST)
        check_reset(context, flow, packet);
    else if (flow_sender(flow, packet)->pending.retransmissions >= 3)
        check_silence(context, flow, packet);
    else if (packet->from_client && flow->by_client.rst_frame != 0 && (packet->flags & TCP_FIN))
        check_talks_on(context, flow, packet->time, true);
    else if (packet->flags & TCP_FIN)
        check_end(context, flow, packet);
}

const struct detector policy_transfer_detector = {
    .family = "policy",
    .summary = "Transfers that are cut off in the middle",
    .sees = SEES_END | SEES_REPEATED,
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .flow_state_size = sizeof(struct transfer_flow),
    .capture_state_size = sizeof(struct capture),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
