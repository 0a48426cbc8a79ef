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
            .title = "The address behind a CNAME does not answer",
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

/* What a dead address is told for: once. */
struct dead_address {
    struct ip_address client, address;
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

/* Whether there is still something to say of the name, which there is once: a place abroad may be its own, because an answer without
 * CNAME gives one too, or it was reported. */
static bool
settle(struct context *context, const struct learned_name *name)
{
    uint64_t key = dns_name_digest(name->name);
    bool *settled = keyed_state_of_all(context, 0, &key, sizeof key, sizeof *settled), first = !*settled;
    *settled = true;
    return first;
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

/* The client's findings about the address. */
static struct dead_address
key_of(const struct flow *flow)
{
    return (struct dead_address){flow->client.address, flow->server.address};
}

/* The address came from a CNAME and never sent a packet, and the client did not give up after two SYNs. */
static void
on_unanswered(struct context *context, const struct flow *flow)
{
    const struct ip_address *address = &flow->server.address;
    const struct learned_name *name = name_of(context, address);
    struct dead_address key = key_of(flow);

    if (name == NULL || !name->by_cname || flow->handshake.third_syn_frame == 0 || !address_is_public(address) ||
        address_was_seen(context, flow, address))
        return;
    const char *abroad = country_abroad(context, name, address);
    struct finding *finding = report_about(context, &cases[DEAD], CONFIDENCE_LIKELY, &key, sizeof key, 1);
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

/* This attempt was only slow; or somebody is at the address, who does not answer at the port that was tried first. */
static void
on_answered(struct context *context, const struct flow *flow)
{
    struct dead_address key = key_of(flow);
    struct finding *finding = reported_about(context, &cases[DEAD], &key, sizeof key);
    if (finding == NULL)
        return;
    if (finding == reported(context, &cases[DEAD]))
        report_withdraw(context, finding);
    else
        report_ruled_out(finding, "an address where nobody is: it answers this client in another connection",
                         "地址上没有主机：它在另一个连接中应答了该客户端", flow->attempt.frame);
}

static void
on_outcome(struct context *context, const struct flow *flow)
{
    if (flow->attempt.outcome == OUTCOME_UNANSWERED)
        on_unanswered(context, flow);
    else if (flow->attempt.outcome <= OUTCOME_ANSWERED)
        on_answered(context, flow);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    (void)flow;
    check_answer(context, packet);
}

const struct detector dns_cname_detector = {
    .family = "dns",
    .summary = "Names that lead to the wrong place",
    .sees = SEES_DNS | SEES_OUTCOME,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
    .on_outcome = on_outcome,
};
