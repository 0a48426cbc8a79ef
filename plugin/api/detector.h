/* The contract between the engine and a detector. The only header that a detector includes.
 *
 * A detector watches for one family of failures. It is one file: a comment on what fails in the
 * network, its cases and texts, thresholds, state, logic, and one `const struct detector` that
 * ties them together. One line in detectors.def makes it part of the plugin; preferences, expert
 * infos, filters, the report and docs/cases.md follow from the struct.
 *
 * The engine shows every packet to every detector whose `sees` fits, in the order of the capture,
 * once. The order of detectors has no meaning: a detector must not see what another one did. What
 * several need to know is a fact of the engine (a member of flow or packet, or a question below).
 *
 * Detectors do not allocate or free. What they report is copied. They have no error path: what is
 * missing or malformed is absent from the packet, and what can't be concluded is not reported.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_API_DETECTOR_H
#define NETCASE_API_DETECTOR_H

#include "case.h"
#include "closed_loop.h"
#include "control.h"
#include "digest.h"
#include "distribution.h"
#include "flow.h"
#include "ike.h"
#include "neighbour.h"
#include "newest.h"
#include "pace.h"
#include "pool.h"
#include "query.h"
#include "rate.h"
#include "reflector.h"
#include "reset.h"
#include "sender.h"
#include "session.h"
#include "talkers.h"

struct context; /* the engine, the flow and the packet of this call; valid only during it */
struct finding; /* a report that is being filled in; valid until the callback returns */

/* Bits of detector.sees: the packets that it is shown, those that any bit fits. Most packets carry data or
 * acknowledge it: whoever asks for less costs nothing there. Duplicates are shown only to those who ask for
 * them as well. */
enum {
    SEES_TCP = 1 << 0,          /* every TCP packet */
    SEES_SYN = 1 << 1,          /* SYN and SYN-ACK */
    SEES_COMPLETED = 1 << 2,    /* the ACK that completes a handshake */
    SEES_FIRST_DATA = 1 << 3,   /* the first TCP payload of a side */
    SEES_END = 1 << 4,          /* FIN or RST */
    SEES_REPEATED = 1 << 5,     /* a retransmission or keepalive probe */
    SEES_UDP = 1 << 6,          /* every UDP packet */
    SEES_DNS = 1 << 7,          /* packet->dns is there */
    SEES_HTTP = 1 << 8,         /* packet->http is there */
    SEES_ICMP = 1 << 9,         /* an ICMP error that quotes a packet of the flow: packet->icmp is there */
    SEES_SAMPLED = 1 << 10,     /* one packet of 13, of any kind: for what is measured over all traffic */
    SEES_AFTER_RESET = 1 << 11, /* a RST, and every TCP packet of a side that has sent one */
    SEES_CLIENT_DATA = 1 << 12, /* TCP payload of the client that is new */
    SEES_SESSION = 1 << 13,     /* TCP and UDP packets that an encapsulation session brought */
    SEES_TLS = 1 << 14,         /* packet->tls is there: not on bulk data once the handshake is complete */
    SEES_REVIVED = 1 << 15,     /* packet->revives: what was taken for lost has arrived after all */
    SEES_CLOSED = 1 << 16,      /* a TCP packet of a side whose newest receive window is 0 */
    SEES_RELEASED =
        1 << 17, /* a small segment of new data, with nothing between it and a bare ACK of all that its sender had
                                 * sent before: packet->released */
    SEES_DUPLICATES = 1 << 18, /* duplicates too */
    SEES_OUTCOME = 1 << 19     /* on_outcome is called */
};

struct detector {
    const char *family;  /* stem of its case ids and preferences; a family may have several detectors */
    const char *summary; /* one sentence, for the preferences page and docs/cases.md */
    unsigned sees;
    const struct case_info *cases;
    size_t case_count;
    const struct threshold *thresholds; /* may be NULL */
    size_t threshold_count;
    /* How long the engine waits for the answer to a query that is not sent again: one of `thresholds`, in seconds. Of one detector at
     * most, whose case tells of it; NULL otherwise. */
    const struct threshold *query_patience;
    size_t flow_state_size;    /* bytes of flow_state(), zeroed at first; 0 = none */
    size_t capture_state_size; /* bytes of capture_state(), zeroed at first; 0 = none */
    void (*on_packet)(struct context *context, const struct flow *flow, const struct packet *packet);
    void (*on_wake)(struct context *context, const struct flow *flow, int64_t now); /* see wake_at(); may be NULL */
    /* What became of a DNS query, `flow` being that of its newest transmission; may be NULL. */
    void (*on_query)(struct context *context, const struct flow *flow, const struct query *query,
                     enum query_event event);

    /* A message of ARP or neighbour discovery. It is of no flow: flow_state() and report() are not to be used, report_about() is, and the
     * state of keyed_state() is that of the network in which the message came. May be NULL. */
    void (*on_neighbour)(struct context *context, const struct neighbour *message);

    /* flow->attempt has changed. Called after the packet that shows it went to all; where only silence shows it, after the first
     * packet of the capture at or after that time, as on_wake is. */
    void (*on_outcome)(struct context *context, const struct flow *flow);

    /* Many connections were tried in the last ten seconds, by the flow's client or at its server: one more was, one failed, or the time
     * `now` has come for which attempts_are_over() waits. Nobody is shown those of whom report_attempts() told, until they have been at
     * rest for ten seconds; nor a server because of such a source. May be NULL. */
    void (*on_source)(struct context *context, const struct flow *flow, const struct source_rate *source, int64_t now);
    void (*on_server)(struct context *context, const struct flow *flow, const struct server_rate *server, int64_t now);
};

#define DETECTOR_TABLE(field, array) .field##s = (array), .field##_count = sizeof(array) / sizeof *(array)

/* -- State ------------------------------------------------------------------------------------ */

/* This detector's own memory for the current flow; lives as long as the flow. Never NULL. */
void *flow_state(struct context *context);

/* This detector's own memory for the capture. Never NULL. */
void *capture_state(struct context *context);

/* This detector's own memory for `key` (any bytes without padding, at most 64) in the network of the current flow,
 * zeroed when first asked for; for state per source, destination or pair: the same address in another
 * VNI is another host. `kind` is a number of the detector's own, below 256, that keeps keys of different
 * kinds apart. Never NULL; valid until the callback returns. Memory is bounded: a state is forgotten when
 * 32,768 others were asked for since. */
void *keyed_state(struct context *context, unsigned kind, const void *key, size_t key_size, size_t state_size);

/* The same for what is one thing in all networks, such as a public name. */
void *keyed_state_of_all(struct context *context, unsigned kind, const void *key, size_t key_size, size_t state_size);

/* Number of the network that the flow is in, for keys in capture_state(): 0 outside of encapsulations, else one for each VNI. */
uint32_t flow_network(struct context *context, const struct flow *flow);

/* Have on_wake called once for the current flow, after the first packet of the capture at or after `time`
 * (nanoseconds since 1970) was shown to all; `now` is that packet's time, and its frame is then the trigger of what is
 * reported. For what only silence shows. The end of the capture wakes nobody. False if there will be no such call: the time
 * is not after that of the packet that is shown now (what is due is done at once, or a packet could keep the engine busy for
 * ever), or 65,536 calls are pending. */
bool wake_at(struct context *context, int64_t time);

/* Value of the threshold with this index in detector.thresholds. */
unsigned threshold_value(struct context *context, size_t index);

/* -- Questions about time --------------------------------------------------------------------- */

/* The highest idle level (preference `netcase.levels`, default 15, 60 and 120 s) that an idle time
 * has passed, in nanoseconds: idle >= T - max(0.5 s, 2.5 % of T). 0 if it has passed none. */
int64_t level_passed(struct context *context, int64_t idle);

/* Whether a side had closed the connection before the packet, or it, or what it answers, came after a level of idle time. */
bool connection_was_over(struct context *context, const struct flow *flow, const struct packet *packet);

/* How a timer ends a connection. CLOSE: by FIN at the time itself. RESET, SILENCE: what comes after it is answered by RST, or
 * vanishes. EXPIRED: by RST at the time itself. */
enum timer_end { TIMER_CLOSE, TIMER_RESET, TIMER_SILENCE, TIMER_EXPIRED };

/* The level or documented timer of at least the lowest level that ends a connection in this way, CLOSE or EXPIRED, and was due after
 * `idle`: T - max(0.5 s, 2.5 %) <= idle <= T + max(2 s, 3 %). The nearest in nanoseconds, 0 if there is none. */
int64_t timer_reached(struct context *context, enum timer_end end, int64_t idle);

/* -- Questions about the vantage -------------------------------------------------------------- */

/* Whether "the other side of `flow` did not answer" can be concluded where it was captured. False
 * if this direction is blind there: answers are proved by numbers but were never captured, on this
 * flow or on others of the vantage, or a mirror has shown one direction only so far. */
bool answers_visible(struct context *context, const struct flow *flow, bool from_client);

/* Who sent a packet of the current flow, as far as the other packets of the same address tell. */
void packet_sender(struct context *context, const struct flow *flow, const struct packet *packet,
                   struct sender *sender);

/* In on_outcome(): who sent the RST that decided the attempt. False if it was none. */
bool attempt_sender(struct context *context, const struct flow *flow, struct sender *sender);

/* Whether a connection of the flow's server that began before `since` was seen to go on after `until`, so that the server
 * was not restarted in between (nanoseconds since 1970). `frame` gets where. Only connections that paused are known. */
bool server_lived_on(struct context *context, const struct flow *flow, int64_t since, int64_t until, uint32_t *frame);

/* Whether the capture, or the session that brings the flow, showed both sides of any conversation so far: only then
 * does it mean something that an answer is missing. */
bool conversations_visible(struct context *context, const struct flow *flow);

/* Whether any packet from this address was seen so far on the flow's encapsulation path. */
bool address_was_seen(struct context *context, const struct flow *flow, const struct ip_address *address);

/* Whether a TCP or UDP flow that is remembered has this address, in the network of what is shown, as client or server. */
bool address_has_flows(struct context *context, const struct ip_address *address);

/* Whether anything was sent again so far in a connection of the flow's server. */
bool server_has_repetitions(struct context *context, const struct flow *flow);

/* Bytes of IP packets on the wire so far, duplicates excluded: of this session (packet.session), or of all that is
 * outside of sessions (0). */
uint64_t bytes_so_far(struct context *context, uint32_t session);

/* The encapsulation session with this number (packet.session), NULL for 0. */
const struct session *session_of(struct context *context, uint32_t number);

/* -- Questions about other attempts ----------------------------------------------------------- */

/* The ports of the flow's server that its client tried, the flow's own among them. */
struct control_list ports_tried(struct context *context, const struct flow *flow);

/* In the network of the flow: the ports that a client tried at a server, whatever the port in `who` is; the clients that tried a
 * port, whoever the client in `who` is, once an attempt of them has an outcome; and the newest failures of a client at a port, whose
 * count is 0 if there was none or if it worked since. Where both sides of a NAT are captured, one address stands for both. `who`
 * must be without padding, as flow_client_at_server() makes it. */
struct control_list ports_tried_by(struct context *context, const struct client_at_server *who);
struct control_list clients_that_tried(struct context *context, const struct client_at_server *who);
const struct failures *failures_of(struct context *context, const struct client_at_server *who);

/* The failures of a client and of those others of its network (/24; /64 of IPv6) that tried the port and failed alike, added up.
 * False if there are no others, or one of them got through meanwhile. */
bool network_fails(struct context *context, const struct client_at_server *who, struct failures *all);

/* Another client that connected to the flow's server and port within the last minute, false if there is none; and what TLS handshakes
 * with the server were completed within that time. */
bool other_client_connected(struct context *context, const struct flow *flow, struct client_control *control);
struct tls_controls tls_controls(struct context *context, const struct flow *flow);

/* Whether the flow's server, a resolver, has answered another query of the flow's client, or given it an address within the last
 * minute (`with_addresses`); `frame` gets the answer. */
bool resolver_answered(struct context *context, const struct flow *flow, bool with_addresses, uint32_t *frame);

/* Whether the SYN of the flow has an older time stamp (RFC 7323) than one from the same address that the server had accepted
 * before: what a server that remembers them for each address (tcp_tw_recycle, PAWS) drops. `frame` gets that one's SYN-ACK. */
bool timestamp_went_back(struct context *context, const struct flow *flow, uint32_t *frame);

/* Whether the flow's server may be a peer like many others: at a public address and a port that a program has chosen, not a service,
 * and the client's connections to others are answered (a SYN-ACK came for one before). */
bool server_may_be_peer(struct context *context, const struct flow *flow);

/* Whether so many of the attempts of the source or server that is shown have failed, or are older than so many slices of half a second,
 * that missing answers tell something: half of `limit`, and answers can be seen at all. If time will bring it, it is shown again then,
 * even if nothing of it comes. */
bool attempts_are_over(struct context *context, const struct flow *flow, unsigned limit, unsigned slices, int64_t now);

/* How many closed UDP ports of the flow's server its client has found in the last ten seconds, and since when; asked once for each
 * ICMP error that shows one. */
unsigned closed_udp_ports(struct context *context, const struct flow *flow, int64_t *since);

/* Where the capture was made, as the packets of a flow show it: what left its sender in the same network has a TTL that no
 * router has lowered, and who answers at once is near. */
enum capture_point { CAPTURED_ANYWHERE, CAPTURED_AT_CLIENT, CAPTURED_AT_SERVER, CAPTURED_BETWEEN };

enum capture_point capture_point(struct context *context, const struct flow *flow);

/* -- Questions about names and countries ------------------------------------------------------ */

/* How an address was learned: the newest DNS answer before now that gave it. */
struct learned_name {
    char name[DNS_NAME_MAX]; /* that was asked for */
    char chain[512];         /* "pay.com -> gfvip09aj.com", without the address */
    bool by_cname;           /* through at least one CNAME */
    bool cross_domain;       /* the last CNAME has another registered domain than the name */
    uint32_t frame;          /* of the answer */
    int64_t time;
    struct endpoint resolver;
};

/* NULL if no answer gave the address. Valid during the callback. */
const struct learned_name *name_of(struct context *context, const struct ip_address *address);

/* ISO 3166-1 code of two letters, NULL if unknown or not public. Valid as long as the engine. */
const char *country_of(struct context *context, const struct ip_address *address);

/* DERIVED: a public resolver there answered (those that are everywhere, such as 8.8.8.8, don't count), or
 * at least 3 public peers did, and no peer elsewhere answered.
 * GUESSED: most of them are there, which may only tell where the services are. */
enum home { HOME_UNKNOWN, HOME_GUESSED, HOME_DERIVED, HOME_SET };

/* Whether the home countries are known, and from where; if known `countries` gets them as text
 * ("CN" or "CN HK"), valid during the callback. */
enum home home_countries(struct context *context, const char **countries);

/* Whether an ISO code is one of the home countries. False if they are not known. */
bool country_is_home(struct context *context, const char *country);

/* Whether the user expects the name to end at this CNAME target (UAT "Expected CNAME targets"). */
bool cname_is_expected(struct context *context, const char *name, const char *target);

/* Whether TLS is spoken at this server: its port is one of the preference, or TLS was seen there. */
bool speaks_tls(struct context *context, const struct flow *flow);

/* -- Reporting -------------------------------------------------------------------------------- */

/* Report that `info` (one of the detector's own cases) is true, with the current frame as trigger.
 * The engine keeps one finding per case and flow: NULL is returned if this flow has it already. */
struct finding *report(struct context *context, const struct case_info *info, enum confidence confidence);

/* The same for a case about something that is not the flow's alone, such as a client at a port or a name: `key` (any bytes
 * without padding, at most 64) in the network of the flow. There is a new finding while fewer than `limit` stand about the key;
 * after that, and for what the flow told already, the newest one of the key counts one more event, with the current frame as the last,
 * and NULL is returned. How many, first and last are the store's: a detector keeps no numbers of its own. */
struct finding *report_about(struct context *context, const struct case_info *info, enum confidence confidence,
                             const void *key, size_t key_size, unsigned limit);

/* The same about the source or server that is shown. From now on each of its attempts is one more event of the finding, as long as most
 * come to nothing. NULL if there was one before: it goes on. */
struct finding *report_attempts(struct context *context, const struct case_info *info, enum confidence confidence);

/* -- The life of a finding --------------------------------------------------------------------
 *
 * What comes later may add to a finding, make it milder or refute it. Nothing is reported while something is due that would
 * refute it; what comes against expectation withdraws it. One pass has printed the finding by then, so the frame that
 * refutes it carries `netcase.withdrawn`; where the whole capture is known a withdrawn finding is not there. */

/* The newest finding of the case that stands: one that was reported in this flow, or one about the key. NULL if there is none. The
 * facts of what is returned may be given again: the new value takes the place of the old one, except for texts. */
struct finding *reported(struct context *context, const struct case_info *info);
struct finding *reported_about(struct context *context, const struct case_info *info, const void *key, size_t key_size);

/* The finding with this number (finding_number()), whatever it is about; NULL if it was withdrawn. */
struct finding *reported_number(struct context *context, uint32_t number);

/* Takes the texts of this name out of the finding, to give others in their place. */
void report_forget(struct finding *finding, enum fact_name name);

/* The current frame is one more sign. Confidence never falls. */
void report_stronger(struct context *context, struct finding *finding, enum confidence confidence);

/* Whether its confidence is below this one. */
bool report_adds(const struct finding *finding, enum confidence confidence);

/* The current frame shows that it is less grave. Severity never rises. */
void report_milder(struct context *context, struct finding *finding, enum severity severity);

/* The current frame refutes it. The flow and the key may have the case again. The finding is not to be used after this. */
void report_withdraw(struct context *context, struct finding *finding);

/* A cause that the capture strikes out, in words ("the server is down: its port 80 answers this client"), and the frame that does. The
 * same words are given once, with the first frame. */
void report_ruled_out(struct finding *finding, const char *english, const char *chinese, uint32_t frame);

/* A case may be milder than its usual severity (a health check is a note). */
void report_severity(struct finding *finding, enum severity severity);

/* The facts of the finding; the type must fit facts.def. TEXT and CAPTURED may be given several times; any text can be
 * given, whatever is not printable in it is shown escaped. */
void report_duration(struct finding *finding, enum fact_name name, int64_t nanoseconds);
void report_count(struct finding *finding, enum fact_name name, uint64_t count);
void report_endpoint(struct finding *finding, enum fact_name name, const struct endpoint *endpoint);
void report_address(struct finding *finding, enum fact_name name, const struct ip_address *address);
void report_text(struct finding *finding, enum fact_name name, const char *text);
/* A text that is words: the field has the English, the texts of the finding those of their language. */
void report_localized(struct finding *finding, enum fact_name name, const char *english, const char *chinese);
void report_flag(struct finding *finding, enum fact_name name);

/* FACT_at_server or FACT_at_client, if the capture was made there or in the network there. */
void report_capture_point(struct context *context, struct finding *finding, const struct flow *flow);

/* FACT_client and FACT_server of the flow. */
void report_flow(struct finding *finding, const struct flow *flow);

/* FACT_reset_sender in words, where something is known of the sender of a RST that came in the name of `named`. */
void report_sender(struct finding *finding, const struct sender *sender, const struct ip_address *named);

/* FACT_ending in words, if the RSTs in the name of this side so far have one of the shapes of api/ending.h; takes the place of the
 * one before. */
void report_ending(struct finding *finding, const struct flow *flow, bool of_client);

/* Number of the finding, to be kept for report_again(). */
uint32_t finding_number(const struct finding *finding);

/* A finding about a culprit whose packets or attempts are many: so many events it had when it was reported,
 * the first of them in this frame at this time. */
void report_series(struct finding *finding, uint64_t events, uint32_t first_frame, int64_t first_time);

/* One more event of the finding with this number, in the current frame. Total, last frame and rate are
 * shown where the whole capture is known: on a second visit and in the report. */
void report_again(struct context *context, uint32_t number);

/* FACT_attempts, FACT_limit and FACT_delay of something that happened so often in the last ten seconds, the first time in the frame
 * that becomes evidence. */
void report_recent(struct finding *finding, const struct recent *recent, uint32_t events, unsigned limit, int64_t now);

/* FACT_ports: the most frequent ones, as "80, 443". Findings that this one stands instead of are known by them (REPLACES in
 * relations.def). */
void report_ports(struct finding *finding, const struct source_rate *source);

/* A frame that the finding rests on besides its trigger; 0 and the trigger itself are ignored. */
void report_evidence(struct finding *finding, uint32_t frame);

/* FACT_timer: documented timers that match `idle`, those of the product first that the server's HTTP answers name, then those that
 * run in the state in which the connection was (between requests, waiting for a response, ...), then those of a whole session, each nearest first, at most 5; the rest, and those of other
 * states, are counted in FACT_timers_more. For TIMER_CLOSE and TIMER_EXPIRED those that were due at `idle` and that the connection itself has not
 * survived; for the others, where the idle time is only an upper limit, those up to it and above the longest idle that this server
 * survived. */
void report_timers(struct context *context, struct finding *finding, enum timer_end end, int64_t idle);

/* -- The timer of a server -------------------------------------------------------------------- */

/* Note that a connection to the flow's server and port died after `idle` (survived idle times are
 * noted by the engine), and put FACT_survived and FACT_died into the finding where known. */
void report_bracket(struct context *context, struct finding *finding, const struct flow *flow, int64_t idle);

#endif
