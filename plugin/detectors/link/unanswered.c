/* Addresses of the local network that nobody has.
 *
 * Before a host or router can send a packet to a neighbour it asks for the neighbour's MAC address, by ARP or neighbour discovery. If nobody
 * answers it asks again each second and drops what waits: the neighbour is off, has another address, or is in another VLAN. The client
 * gets "no route to host" from its own machine or from the last router, or nothing at all.
 *
 * Source: RFC 1122, 2.3.2; RFC 4861, 7.2.2; NIKA (ARP questions that an access list blocks).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector.h"

enum { QUESTIONS };

static const struct threshold thresholds[] = {
    [QUESTIONS] = {"arp_questions",
                   {"ARP: questions without answer",
                    "A host must ask so many times for the MAC address of a neighbour without any answer"},
                   5,
                   3,
                   100},
};

enum { ARP_UNANSWERED };

/* clang-format off */
static const struct case_info cases[] = {
    [ARP_UNANSWERED] = {
        .id = "link.arp_unanswered",
        .severity = SEVERITY_ERROR,
        .english = {
            .title = "Nobody answers for an address of the local network",
            .summary = "{client.address} asked {attempts} times (threshold {limit}) within {delay} who has {server.address}, and nobody "
                       "answered.",
            .causes = "The host {server.address} is down, or its cable, virtual machine or wireless connection is.\n"
                      "It has another address by now, or the address is wrong in a configuration, a route or a list of back ends.\n"
                      "It is in another VLAN, or behind a router, and the network mask of {client.address} covers too much.\n"
                      "A switch or hypervisor drops ARP or neighbour discovery (port security, ARP inspection, isolated ports).",
            .checks = "On {client.address}, what is known of the neighbour (FAILED, INCOMPLETE): `ip neigh show {server.address}`\n"
                      "On {client.address}, which interface and prefix it uses: `ip route get {server.address}`\n"
                      "On the neighbour, is the link up, and has it the address: `ip -br address`\n"
                      "On the neighbour, does the question arrive: `tcpdump -eni any 'arp or icmp6'`",
            .disproof = "An answer of {server.address}, later in this capture or in one made on {client.address}.",
        },
        .source = "RFC 1122, 2.3.2; RFC 4861, 7.2.2",
        .silent_on = "probes\nannouncements\nscans\nquestions that are answered where the capture does not see it",
    },
};
/* clang-format on */

/* A host asks each second; what is asked sooner is a copy of the question. */
static const int64_t COPIED = MILLISECONDS(500);

/* What is asked later is asked anew: the answer was good until then. */
static const int64_t SAME_RUN = SECONDS(10);

/* Where no answer to anybody can be seen: who got one would not ask again so soon. */
static const int64_t TOO_SOON = SECONDS(3);

/* Who asks in vain for so many addresses within a minute looks for hosts, or is a router on which somebody does. */
enum { ADDRESSES_OF_SCAN = 8 };
static const int64_t SCAN_TIME = SECONDS(60);

/* Questions of one host for one address since the last answer. */
struct run {
    unsigned questions;
    uint32_t first_frame, last_frame;
    int64_t first_time, last_time;
    uint32_t finding; /* number, 0 = not reported */
};

struct asker {
    bool was_answered; /* so the capture shows answers to it */
    unsigned in_vain;  /* addresses that it asked for since `since`, less those that answered */
    int64_t since;
};

enum { KIND_RUN, KIND_ASKER };

static struct run *
run_of(struct context *context, const struct neighbour *message, const struct ip_address *asker,
       const struct ip_address *wanted)
{
    struct {
        uint32_t segment;
        struct ip_address asker, wanted;
        uint8_t zero[2];
    } key;
    memset(&key, 0, sizeof key);
    key.segment = message->segment;
    key.asker = *asker;
    key.wanted = *wanted;
    return keyed_state(context, KIND_RUN, &key, sizeof key, sizeof(struct run));
}

static struct asker *
asker_of(struct context *context, const struct ip_address *address)
{
    return keyed_state(context, KIND_ASKER, address, sizeof *address, sizeof(struct asker));
}

static void
begin_run(struct run *run, struct asker *asker, const struct neighbour *message)
{
    *run = (struct run){.first_frame = message->frame, .first_time = message->time};
    if (time_gap(asker->since, message->time) > SCAN_TIME) {
        asker->since = message->time;
        asker->in_vain = 0;
    }
    asker->in_vain++;
}

/* Whether it means something that no answer is there. */
static bool
answers_would_be_seen(struct context *context, const struct neighbour *message, const struct run *run,
                      const struct asker *asker)
{
    return asker->was_answered || address_has_flows(context, &message->claimed) ||
           message->time - run->first_time <= TOO_SOON * (run->questions - 1);
}

static void
report_run(struct context *context, const struct neighbour *message, struct run *run)
{
    /* Without a connection to it nobody misses it but the host that asks. */
    bool needed = address_has_flows(context, &message->wanted);
    struct finding *finding =
        report_about(context, &cases[ARP_UNANSWERED], needed ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE,
                     &message->wanted, sizeof message->wanted, 1);
    if (finding == NULL)
        return;
    struct endpoint client = {.address = message->claimed}, server = {.address = message->wanted};
    run->finding = finding_number(finding);
    report_series(finding, run->questions, run->first_frame, run->first_time);
    report_endpoint(finding, FACT_client, &client);
    report_endpoint(finding, FACT_server, &server);
    report_count(finding, FACT_attempts, run->questions);
    report_count(finding, FACT_limit, threshold_value(context, QUESTIONS));
    report_duration(finding, FACT_delay, message->time - run->first_time);
    report_evidence(finding, run->first_frame);
    if (!needed)
        report_severity(finding, SEVERITY_WARNING);
}

static void
take_question(struct context *context, const struct neighbour *message)
{
    struct run *run = run_of(context, message, &message->claimed, &message->wanted);
    struct asker *asker = asker_of(context, &message->claimed);
    int64_t gap = time_gap(run->last_time, message->time);

    if (run->questions > 0 && gap < COPIED)
        return;
    if (run->questions == 0 || gap > SAME_RUN)
        begin_run(run, asker, message);
    run->questions++;
    run->last_frame = message->frame;
    run->last_time = message->time;
    if (run->finding != 0)
        report_again(context, run->finding);
    else if (run->questions >= threshold_value(context, QUESTIONS) && asker->in_vain <= ADDRESSES_OF_SCAN &&
             answers_would_be_seen(context, message, run, asker))
        report_run(context, message, run);
}

static void
take_answer(struct context *context, const struct neighbour *message)
{
    struct run *run = run_of(context, message, &message->told, &message->claimed);
    struct asker *asker = asker_of(context, &message->told);
    struct finding *finding = run->finding != 0 ? reported_number(context, run->finding) : NULL;

    asker->was_answered = true;
    if (run->questions > 0 && asker->in_vain > 0)
        asker->in_vain--;
    if (finding != NULL && time_gap(run->last_time, message->time) <= SAME_RUN)
        report_withdraw(context, finding);
    *run = (struct run){0};
}

static void
on_neighbour(struct context *context, const struct neighbour *message)
{
    if (message->kind == NEIGHBOUR_QUESTION && message->claimed.family != 0)
        take_question(context, message);
    else if (message->kind == NEIGHBOUR_ANSWER)
        take_answer(context, message);
}

const struct detector link_unanswered_detector = {
    .family = "link",
    .summary = "Addresses of the local network that two devices use, or none",
    DETECTOR_TABLE(case, cases),
    DETECTOR_TABLE(threshold, thresholds),
    .on_neighbour = on_neighbour,
};
