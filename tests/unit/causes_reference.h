/* Which findings explain another one, as release 0.1.0 found out: by a look at every finding of a case. Slow and plain; what
 * findings/causes.c answers must be the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_TESTS_CAUSES_REFERENCE_H
#define NETCASE_TESTS_CAUSES_REFERENCE_H

#include "findings/causes.h"

/* No effect of the tests has more causes. */
enum { REFERENCE_CAUSES_MAX = 16 };

/* What went on within this time of a failure may be its cause. */
static const int64_t same_time = SECONDS(60);

static const struct endpoint *
endpoint_of(const struct finding *finding, enum fact_name name)
{
    const struct fact *fact = finding_fact(finding, name);
    return fact != NULL && fact->endpoint.address.family != 0 ? &fact->endpoint : NULL;
}

/* A private address in another VNI is another host. Outside and inside of encapsulations it may be one: some of what a
 * container sends is encapsulated. */
static bool
are_one_host(const struct finding *a, const struct ip_address *one, const struct finding *b,
             const struct ip_address *other)
{
    return address_equal(one, other) &&
           (a->network == b->network || a->network == 0 || b->network == 0 || address_is_public(one));
}

static bool
share_address(const struct finding *a, enum fact_name of_a, const struct finding *b, enum fact_name of_b)
{
    const struct endpoint *one = endpoint_of(a, of_a), *other = endpoint_of(b, of_b);
    return one != NULL && other != NULL && are_one_host(a, &one->address, b, &other->address);
}

static bool
share_server(const struct finding *a, const struct finding *b)
{
    const struct endpoint *one = endpoint_of(a, FACT_server), *other = endpoint_of(b, FACT_server);
    return one != NULL && other != NULL && one->port == other->port &&
           are_one_host(a, &one->address, b, &other->address);
}

static bool
share_name(const struct finding *a, const struct finding *b)
{
    const struct fact *one = finding_fact(a, FACT_name), *other = finding_fact(b, FACT_name);
    return one != NULL && other != NULL && strcmp(one->text, other->text) == 0;
}

static bool
share_time(const struct finding *cause, const struct finding *effect)
{
    bool series = cause->series.events > 0;
    int64_t first = series ? cause->series.first_time : cause->time;
    int64_t last = series ? cause->series.last_time : cause->time;
    return first - same_time <= effect->time && last + same_time >= effect->time;
}

static bool
are_related(enum relation relation, const struct finding *cause, const struct finding *effect)
{
    switch (relation) {
    case SAME_FLOW:
        return cause->flow != 0 && cause->flow == effect->flow;
    case SAME_CLIENT:
        return share_address(cause, FACT_client, effect, FACT_client);
    case SAME_SERVER:
        return share_server(cause, effect);
    case SAME_SERVER_ADDRESS:
        return share_address(cause, FACT_server, effect, FACT_server);
    case SAME_ADDRESS:
        return share_address(cause, FACT_client, effect, FACT_client) ||
               share_address(cause, FACT_client, effect, FACT_server) ||
               share_address(cause, FACT_server, effect, FACT_client) ||
               share_address(cause, FACT_server, effect, FACT_server);
    case SAME_NAME:
        return share_name(cause, effect);
    case ANSWERED_WITH:
        return share_address(cause, FACT_first_answer, effect, FACT_server);
    case BEHIND: /* on a loopback client and server have one address */
        return share_address(cause, FACT_client, effect, FACT_server) && !share_server(cause, effect);
    case SAME_TIME:
        return share_time(cause, effect);
    case RELATIONS_END:
        break;
    }
    return false;
}

/* Whether these two share nothing but the time. */
static bool
is_far(enum relation relation, const struct finding *cause, const struct finding *effect)
{
    return relation == SAME_TIME && !share_address(cause, FACT_client, effect, FACT_client);
}

/* The first finding of the case that explains this one. */
static const struct finding *
first_cause(const struct store *store, const struct finding *finding, const struct explanation *explanation,
            bool by_time_alone)
{
    const GPtrArray *findings = store_by_case(store, explanation->cause);
    for (guint i = 0; findings != NULL && i < findings->len; i++) {
        const struct finding *cause = g_ptr_array_index(findings, i);
        if (cause != finding && cause->withdrawn_frame == 0 &&
            is_far(explanation->relation, cause, finding) == by_time_alone &&
            are_related(explanation->relation, cause, finding))
            return cause;
    }
    return NULL;
}

static size_t
find_causes(const struct store *store, const struct relations *table, const struct finding *finding, bool by_time_alone,
            const struct finding *causes[CAUSES_MAX])
{
    const struct finding *found[REFERENCE_CAUSES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct explanation *explanation = &table->explanation[i];
        const struct finding *cause = strcmp(explanation->effect, finding->info->id) == 0
                                          ? first_cause(store, finding, explanation, by_time_alone)
                                          : NULL;
        if (cause == NULL)
            continue;
        size_t place = count++;
        for (; place > 0 && found[place - 1]->number > cause->number; place--)
            found[place] = found[place - 1];
        found[place] = cause;
    }
    count = MIN(count, CAUSES_MAX);
    memcpy(causes, found, count * sizeof *causes);
    return count;
}

static inline size_t
reference_causes_of(const struct store *store, const struct relations *table, const struct finding *finding,
                    const struct finding *causes[CAUSES_MAX])
{
    size_t count = find_causes(store, table, finding, false, causes);
    return count > 0 ? count : find_causes(store, table, finding, true, causes);
}

#endif
