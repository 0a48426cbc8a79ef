/* Addresses that two devices use.
 *
 * Two hosts of one network have the same address: a static one that the DHCP server also gave to somebody, a cloned virtual machine, two
 * masters of one virtual address. Each answers ARP or neighbour discovery with its own MAC address, and whoever asks believes the last
 * answer. So connections reach one device and then the other one, which resets them; it works now and then, and for some clients only.
 *
 * Source: RFC 5227, 2.4; MetalLB issues 259 and 598 (two nodes announce one address).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { CHANGES };

static const struct threshold thresholds[] = {
    [CHANGES] =
        {"conflict_changes",
         {"Address conflict: changes of the MAC address",
          "The MAC address of an IP address must change so many times between the same two, each time within a minute"},
         3,
         2,
         100},
};

enum { ADDRESS_CONFLICT };

/* clang-format off */
static const struct case_info cases[] = {
    [ADDRESS_CONFLICT] = {
        .id = "link.address_conflict",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Two devices use one IP address",
            .summary = "[Two devices told {client.address} within {delay} that they have {server.address}{!attempts}][The MAC address of {server.address} changed "
                       "{attempts} times (threshold {limit}) within {delay}]: {first_mac} and {second_mac}.",
            .causes = "A host has the address as a static one, and another one has it too, or got it from the DHCP server.\n"
                      "A virtual machine or container was cloned with its address.\n"
                      "Both members of a cluster (keepalived, MetalLB, a firewall pair) hold the virtual address: they do not hear each other.\n"
                      "One host has two interfaces in this network and answers on both; both MAC addresses are its own.\n"
                      "Somebody answers in the name of another host to get its traffic (ARP spoofing).",
            .checks = "On a third host of the network, who answers for the address (ndisc6 for IPv6): `arping -c 3 -I eth0 {server.address}`\n"
                      "On the switch, at which ports are {first_mac} and {second_mac}? (Cisco: show mac address-table address)\n"
                      "On the host that should have the address, is there another one: `ip neigh show; journalctl -k --since -1h`\n"
                      "On the DHCP server, is the address in its range, and to whom is it leased?",
            .disproof = "Both MAC addresses belong to one host, or to a pair that hands the address over, and connections to "
                        "{server.address} work all the time.",
        },
        .source = "RFC 5227, 2.4; MetalLB issues 259 and 598",
        .silent_on = "a failover of VRRP or another pair\nteam of network cards\nproxy ARP\nprobes and announcements",
    },
};
/* clang-format on */

/* Who answers for so many addresses is a router that answers for others (proxy ARP). */
enum { ADDRESSES_OF_PROXY = 4 };

/* Two answers to one question. */
static const int64_t SAME_QUESTION = SECONDS(1);

/* What takes longer is a host that was replaced by another one. */
static const int64_t TURN = SECONDS(60);

struct claim {
    struct link_address link;
    uint32_t frame; /* 0 = none */
    int64_t time;
};

/* What was said about an address to one host, or to all. A team of cards may tell different hosts different cards. */
struct contest {
    struct claim newest, other; /* other: the newest of another card */
    unsigned changes;
    uint32_t first_frame;
    int64_t first_time;
};

/* IPv4 addresses that a card claims. */
struct card {
    unsigned count;
    struct ip_address address[ADDRESSES_OF_PROXY];
};

enum { KIND_CONTEST, KIND_CARD };

static struct contest *
contest_of(struct context *context, const struct neighbour *message)
{
    struct {
        uint32_t segment;
        struct ip_address claimed, told;
        uint8_t zero[2];
    } key;
    memset(&key, 0, sizeof key);
    key.segment = message->segment;
    key.claimed = message->claimed;
    key.told = message->told;
    return keyed_state(context, KIND_CONTEST, &key, sizeof key, sizeof(struct contest));
}

static struct card *
card_of(struct context *context, const struct link_address *link)
{
    return keyed_state(context, KIND_CARD, link, sizeof *link, sizeof(struct card));
}

static void
note_address(struct card *card, const struct ip_address *address)
{
    for (unsigned i = 0; i < card->count; i++)
        if (address_equal(&card->address[i], address))
            return;
    if (address->family == 4 && card->count < ADDRESSES_OF_PROXY)
        card->address[card->count++] = *address;
}

static bool
is_proxy(struct context *context, const struct link_address *link)
{
    return card_of(context, link)->count == ADDRESSES_OF_PROXY;
}

static void
report_conflict(struct context *context, const struct neighbour *message, const struct contest *contest,
                bool same_question)
{
    struct finding *finding = report_about(context, &cases[ADDRESS_CONFLICT], CONFIDENCE_LIKELY, &message->claimed,
                                           sizeof message->claimed, 1);
    if (finding == NULL)
        return;
    struct endpoint address = {.address = message->claimed};
    char text[LINK_ADDRESS_TEXT_SIZE];
    report_endpoint(finding, FACT_server, &address);
    link_address_format(&contest->other.link, text);
    report_text(finding, FACT_first_mac, text);
    link_address_format(&contest->newest.link, text);
    report_text(finding, FACT_second_mac, text);
    report_evidence(finding, contest->other.frame);
    if (same_question) {
        struct endpoint told = {.address = message->told};
        report_endpoint(finding, FACT_client, &told);
        report_duration(finding, FACT_delay, message->time - contest->other.time);
        return;
    }
    report_count(finding, FACT_attempts, contest->changes);
    report_count(finding, FACT_limit, threshold_value(context, CHANGES));
    report_duration(finding, FACT_delay, message->time - contest->first_time);
    report_evidence(finding, contest->first_frame);
}

/* The other card than the last time claims the address. */
static void
take_turn(struct context *context, const struct neighbour *message, struct contest *contest)
{
    int64_t gap = time_gap(contest->newest.time, message->time);
    bool in_turn = contest->other.frame != 0 && link_equal(&contest->other.link, &message->link);
    bool same_question = message->kind == NEIGHBOUR_ANSWER && gap < SAME_QUESTION;

    if (!in_turn || gap > TURN)
        contest->changes = 0;
    if (contest->changes++ == 0) {
        contest->first_frame = contest->newest.frame;
        contest->first_time = contest->newest.time;
    }
    contest->other = contest->newest;
    contest->newest = (struct claim){message->link, message->frame, message->time};
    if ((same_question || contest->changes >= threshold_value(context, CHANGES)) &&
        !is_proxy(context, &message->link) && !is_proxy(context, &contest->other.link))
        report_conflict(context, message, contest, same_question);
}

static void
on_neighbour(struct context *context, const struct neighbour *message)
{
    if (!message->has_link || link_address_is_shared(&message->link))
        return;
    note_address(card_of(context, &message->link), &message->claimed);
    struct contest *contest = contest_of(context, message);
    if (contest->newest.frame != 0 && !link_equal(&contest->newest.link, &message->link) &&
        !link_address_is_next_to(&contest->newest.link, &message->link))
        take_turn(context, message, contest);
    else
        contest->newest = (struct claim){message->link, message->frame, message->time};
}

const struct detector link_conflict_detector = {
    .family = "link",
    .summary = "Addresses of the local network that two devices use, or none",
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_neighbour = on_neighbour,
};
