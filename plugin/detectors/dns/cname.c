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
        .chinese = {
            .title = "CNAME 指向境外地址",
            .summary = "{resolver.address} 对 {name} 的应答指向境外：{chain} -> {address}（{country}[；归属地应为 "
                       "{home}][；归属地未知，此为推测{?home_unknown}]）。",
            .causes = "DNS 被劫持或缓存被污染：该地址不属于此服务。\n"
                      "该域名确实由境外节点（CDN 或高防）提供服务：这种情况没有问题。\n"
                      "所用的 DNS 服务器离客户端很远，服务据此把用户调度到了远端节点。\n"
                      "国家/地区数据与实际不符：它记录的是地址段的注册地，不一定是主机所在地。",
            .checks = "与其他 DNS 服务器的结果对比（IPv6 请加 AAAA）：`dig @223.5.5.5 -q {name}; dig @119.29.29.29 "
                      "-q {name}`\n"
                      "查询该地址的归属，是否为 CNAME 所指的服务商：`whois {address}`\n"
                      "若结果不一致：把客户端的 DNS 改为 223.5.5.5、223.6.6.6，或联系运营商刷新 DNS 缓存；临时可在 "
                      "hosts 文件中绑定正确的地址。\n"
                      "[归属地由抓包中有应答的 DNS 服务器和对端推断而来，如不正确请设置首选项 "
                      "netcase.home_countries{?home_derived}。][请将首选项 netcase.home_countries 设为该服务所在的国"
                      "家/地区{?home_unknown}。]",
            .disproof = "多个相互独立的 DNS 服务器对 {name} 都返回 {country} 的地址；或 {address} 属于该服务自己的"
                        "服务商。",
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
        .chinese = {
            .title = "CNAME 解析出的地址毫无应答",
            .summary = "{client} 在 {delay}内向 {server} 发送 {attempts} 个 SYN（阈值 3 个），没有任何回应；该地址"
                       "来自 DNS：{chain} -> {address}[（{country}）]。",
            .causes = "DNS 应答有误（被劫持或污染）：该地址属于他人，连接请求被丢弃。\n"
                      "DNS 应答已过期：服务已迁移，CNAME 仍指向不再使用的地址。\n"
                      "地址无误，但该地址或到它的链路中断或被过滤。",
            .checks = "其他 DNS 服务器的结果是否与 {resolver.address} 一致（IPv6 请加 AAAA）：`dig @223.5.5.5 -q "
                      "{name}; dig @119.29.29.29 -q {name}`\n"
                      "该地址是否属于此服务的服务商：`whois {address}`\n"
                      "把 ADDRESS 换成正确的地址直接访问，若成功，问题只在 DNS 应答：`openssl s_client -connect "
                      "ADDRESS:{server.port} -servername {name} </dev/null`\n"
                      "更换客户端的 DNS 服务器，或联系运营商刷新 DNS 缓存。",
            .disproof = "在客户端附近的抓包中能看到 {address} 的任何回应；或其他 DNS 服务器也返回该地址，且它属于此"
                        "服务。",
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

/* The third SYN of an attempt to an address that a CNAME led to and that never sent a packet. */
static void
check_attempt(struct context *context, const struct flow *flow, const struct packet *packet)
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
    report_duration(finding, FACT_delay, packet->time - flow->handshake.syn_time);
    report_name(finding, name, address, country_of(context, address));
    report_evidence(finding, name->frame);
    report_evidence(finding, flow->handshake.syn_frame);
    report_evidence(finding, flow->handshake.second_syn_frame);

    /* Where nothing tells that the name is at home, only the dead connection makes the place suspicious. */
    if (abroad != NULL && settle(context, name))
        report_offshore(context, name, address, abroad);
}

static void
on_packet(struct context *context, const struct flow *flow, const struct packet *packet)
{
    if (packet->dns != NULL)
        check_answer(context, packet);
    else if (packet->protocol == PROTOCOL_TCP && flow->handshake.third_syn_frame == packet->frame)
        check_attempt(context, flow, packet);
}

const struct detector dns_cname_detector = {
    .family = "dns",
    .summary = "Names that lead to the wrong place",
    .sees = SEES_SYN | SEES_DNS,
    DETECTOR_TABLE(case, cases),
    .on_packet = on_packet,
};
