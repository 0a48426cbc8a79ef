/* Names that lead to the wrong country, and connections that die there.
 *
 * A resolver whose answers were tampered with sends a name's CNAME to an address abroad that has
 * nothing to do with it. The client then connects to an address that never answers, and what looks
 * like a broken path to the service is a wrong DNS answer: two packets that are far apart in the
 * capture and have to be read together.
 *
 * Source: Alibaba Cloud, security product handbook, ch. 6: pay.com -> gfvip09aj.com -> an address of
 * another company abroad, then SYNs without answer; cured by another resolver. Forged addresses: GFWatch
 * (USENIX Security 2021).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { OFFSHORE, DEAD };

/* clang-format off */
static const struct case_info cases[] = {
    [OFFSHORE] = {
        .id = "dns.cname_offshore",
        .severity = SEVERITY_WARNING,
        .english = {
            .title = "CNAME leads to an address abroad",
            .summary = "The answer of {resolver.address} for {name} leads abroad: {chain} -> {address} "
                       "({country}[; home is {home}][; home is not known, so this is a guess{?home_unknown}]).",
            .causes = "The resolver's cache is poisoned or its answer was tampered with (DNS hijacking): the "
                      "address does not belong to the service.\n"
                      "The name is really served from there (a CDN or anti-DDoS node abroad): then nothing is "
                      "wrong.\n"
                      "The resolver is far from the client, so that the service sends the client to a distant node.\n"
                      "The country data is wrong here: it tells where a block of addresses is registered, not "
                      "where the host stands.",
            .checks = "Compare with other resolvers (for IPv6 add AAAA): `dig @223.5.5.5 -q {name}; dig "
                      "@119.29.29.29 -q {name}`\n"
                      "Is the owner of the address the provider that the CNAME names: `whois {address}`\n"
                      "If the answers differ: change the client's resolver (for example to 223.5.5.5 and 223.6.6.6), "
                      "or have the operator of the resolver flush its cache; until then pin the right address in the "
                      "hosts file.\n"
                      "[Home was derived from the resolvers and peers that answered; set netcase.home_countries if "
                      "it is wrong{?home_derived}.][Set the preference netcase.home_countries to the countries where "
                      "this service is hosted{?home_unknown}.]",
            .disproof = "Several independent resolvers give addresses in {country} for {name}, or the owner of "
                        "{address} is the service's own provider.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6",
        .silent_on = "CDN chains that end at home\n"
                     "private addresses\n"
                     "names that other answers also place abroad",
    },
    [DEAD] = {
        .id = "dns.cname_dead",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "The address behind a CNAME never answers",
            .summary = "{client} sent {attempts} SYNs (threshold 3) to {server} within {delay} and nothing came "
                       "back; the address came from DNS: {chain} -> {address}[ ({country})].",
            .causes = "The DNS answer is wrong (hijacked or poisoned): the address belongs to somebody else and "
                      "drops the connection.\n"
                      "The answer is stale: the service moved, and the CNAME still points to an address that is "
                      "gone.\n"
                      "The address is right, but it or the path to it is down or filtered.",
            .checks = "Do other resolvers give the same address as {resolver.address} (for IPv6 add AAAA): `dig "
                      "@223.5.5.5 -q {name}; dig @119.29.29.29 -q {name}`\n"
                      "Does the address belong to the provider of the service: `whois {address}`\n"
                      "Connect with the right address in place of ADDRESS. If that works, only the DNS answer is at "
                      "fault: `openssl s_client -connect ADDRESS:{server.port} -servername {name} </dev/null`\n"
                      "Change the client's resolver, or have its operator flush the cache.",
            .disproof = "Any answer from {address} in a capture near the client; or other resolvers give the same "
                        "address and it belongs to the service.",
        },
        .source = "Alibaba Cloud security product handbook, ch. 6",
        .silent_on = "attempts that work",
    },
};
/* clang-format on */

/* What is known of a name: that a place abroad is its own, because an answer without CNAME gives one
 * too, or that it was reported. Either way there is no more to say. */
struct offshore_name {
    bool settled;
};

/* What was said of an address to a client: once. */
struct dead_address {
    bool reported;
};

static void
report_name(struct finding *finding, const struct learned_name *name, const struct ip_address *address,
            const char *country)
{
    report_text(finding, FACT_name, name->name);
    report_text(finding, FACT_chain, name->chain);
    report_address(finding, FACT_address, address);
    report_text(finding, FACT_country, country);
    report_endpoint(finding, FACT_resolver, &name->resolver);
}

static void
report_offshore(struct context *context, const struct learned_name *name, const struct ip_address *address,
                const char *country)
{
    const char *countries;
    enum home home = home_countries(context, &countries);
    struct finding *finding = report(context, &cases[OFFSHORE], CONFIDENCE_POSSIBLE);
    if (finding == NULL)
        return;
    if (home != HOME_SET)
        report_severity(finding, SEVERITY_NOTE);
    report_name(finding, name, address, country);
    report_evidence(finding, name->frame);
    if (home == HOME_UNKNOWN)
        report_flag(finding, FACT_home_unknown);
    else
        report_text(finding, FACT_home, countries);
    if (home == HOME_DERIVED || home == HOME_GUESSED)
        report_flag(finding, FACT_home_derived);
}

/* Whether nothing was said of the name so far; from now on something was. */
static bool
settle(struct context *context, const struct learned_name *name)
{
    uint64_t key = dns_name_digest(name->name);
    struct offshore_name *state = keyed_state_of_all(context, 0, &key, sizeof key, sizeof *state);
    if (state == NULL || state->settled)
        return false;
    state->settled = true;
    return true;
}

/* The country of an address, if that is a place where it was not to be expected. */
static const char *
country_abroad(struct context *context, const struct learned_name *name, const struct ip_address *address)
{
    const char *country = country_of(context, address);
    const char *target = strrchr(name->chain, ' ');
    if (country == NULL || country_is_home(context, country) ||
        cname_is_expected(context, name->name, target != NULL ? target + 1 : name->chain))
        return NULL;
    return country;
}

/* Whether the name's top-level domain is that of a home country ("cn" for CN). */
static bool
is_name_of_home(struct context *context, const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot == NULL || strlen(dot) != 3)
        return false;
    char country[3] = {(char)(dot[1] & ~0x20), (char)(dot[2] & ~0x20), '\0'};
    return country_is_home(context, country);
}

/* Whether the name is expected at home: the user said so, the resolver that was asked is there or all
 * peers are, or the name itself says so. Where most peers are is too weak a sign for that. */
static bool
is_expected_at_home(struct context *context, const struct learned_name *name)
{
    const char *countries;
    enum home home = home_countries(context, &countries);
    return home == HOME_SET || home == HOME_DERIVED || (home == HOME_GUESSED && is_name_of_home(context, name->name));
}

static void
check_answer(struct context *context, const struct packet *packet)
{
    const struct dns_message *message = packet->dns;

    if (!message->response || message->rcode != 0)
        return;
    for (unsigned i = 0; i < message->answer_count; i++) {
        const struct ip_address *address = &message->answer[i].address;
        const struct learned_name *name = address->family != 0 ? name_of(context, address) : NULL;
        const char *country = name != NULL ? country_abroad(context, name, address) : NULL;
        if (country != NULL && is_expected_at_home(context, name) && settle(context, name) && name->by_cname) {
            report_offshore(context, name, address, country);
            return;
        }
    }
}

static bool
was_reported(struct context *context, const struct flow *flow)
{
    struct ip_address key[2] = {flow->client.address, flow->server.address};
    struct dead_address *state = keyed_state(context, 1, key, sizeof key, sizeof *state);
    if (state == NULL || state->reported)
        return true;
    state->reported = true;
    return false;
}

/* Three SYNs or more of an attempt to an address that a CNAME led to and that never sent a packet, and the next one is overdue. */
static void
check_attempt(struct context *context, const struct flow *flow)
{
    const struct ip_address *address = &flow->server.address;
    const struct learned_name *name = name_of(context, address);

    if (name == NULL || !name->by_cname || !address_is_public(address) || flow->icmp_error_frame != 0 ||
        flow->by_server.packets > 0 || address_was_seen(context, flow, address) ||
        !answers_visible(context, flow, true) || was_reported(context, flow))
        return;
    const char *abroad = country_abroad(context, name, address);
    struct finding *finding = report(context, &cases[DEAD], CONFIDENCE_LIKELY);
    if (finding == NULL)
        return;
    report_flow(finding, flow);
    report_count(finding, FACT_attempts, flow->handshake.syn_count);
    report_duration(finding, FACT_delay, flow->handshake.last_syn_time - flow->handshake.syn_time);
    report_name(finding, name, address, country_of(context, address));
    report_evidence(finding, name->frame);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, flow->handshake.second_syn_frame);

    /* Where nothing tells that the name is at home, only the dead connection makes the place suspicious. */
    if (abroad != NULL && settle(context, name))
        report_offshore(context, name, address, abroad);
}

/* After the third SYN the next one is due, with its answer: after twice the last gap, at least 1 s. */
static void
note_syn(struct context *context, const struct flow *flow, const struct packet *packet)
{
    const struct learned_name *name = name_of(context, &flow->server.address);
    int64_t wait = 2 * flow->handshake.syn_gap;
    if (flow->handshake.third_syn_frame == packet->frame && name != NULL && name->by_cname)
        wake_at(context, packet->time + (wait > SECONDS(1) ? wait : SECONDS(1)));
}

static void
on_wake(struct context *context, const struct flow *flow, int64_t now)
{
    (void)now;
    check_attempt(context, flow);
}

/* It answers after all. */
static void
note_answer(struct context *context)
{
    struct finding *finding = reported(context, &cases[DEAD]);
    if (finding != NULL)
        report_withdraw(context, finding);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->dns != NULL)
        check_answer(context, packet);
    else if (packet->flags & TCP_ACK)
        note_answer(context);
    else
        note_syn(context, flow, packet);
}

const struct detector dns_cname_detector = {
    .family = "dns",
    .summary = "Names that lead to the wrong place",
    .sees = SEES_SYN | SEES_DNS,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_wake = on_wake,
};
