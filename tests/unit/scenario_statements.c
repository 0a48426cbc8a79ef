/* The statements of scenarios that name things: hosts, encapsulations, flows; and what is expected.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario_script.h"

struct script_host *
script_find_host(struct script *script, const char *name)
{
    for (guint i = 0; i < script->hosts->len; i++) {
        struct script_host *host = g_ptr_array_index(script->hosts, i);
        if (strcmp(host->name, name) == 0)
            return host;
    }
    script_fail(script, "there is no host \"%s\"", name);
    return NULL;
}

void
script_take_host(struct script *script)
{
    struct script_host *host = g_new0(struct script_host, 1);
    host->name = g_strdup(script_take(script));
    host->address = script_take_address(script);
    host->ttl = script_take_if(script, "ttl") ? (uint8_t)script_take_number(script) : 64;
    host->next_ip_id = (uint16_t)(1000 * (script->hosts->len + 1));
    g_ptr_array_add(script->hosts, host);
}

void
script_take_wrapping(struct script *script, bool mirror)
{
    static const char *const kinds[] = {"vxlan", "geneve", "erspan", "gre", "ipip"};
    struct script_wrapping *item = g_new0(struct script_wrapping, 1);
    unsigned kind = 0;

    item->name = g_strdup(script_take(script));
    item->mirror = mirror;
    g_ptr_array_add(script->wrappings, item);
    const char *name = script_take(script);
    while (kind < G_N_ELEMENTS(kinds) && strcmp(kinds[kind], name) != 0)
        kind++;
    if (kind == G_N_ELEMENTS(kinds))
        script_fail(script, "\"%s\" is no kind of encapsulation", name);
    item->wrapping.kind = kind;
    item->wrapping.source = script_take_address(script);
    item->wrapping.target = script_take_address(script);
    item->wrapping.has_identifier = script_peek(script)[0] != '\0';
    if (item->wrapping.has_identifier)
        item->wrapping.identifier = (uint32_t)script_take_number(script);
}

static const struct script_wrapping *
find_wrapping(struct script *script, const char *name)
{
    for (guint i = 0; i < script->wrappings->len; i++) {
        const struct script_wrapping *item = g_ptr_array_index(script->wrappings, i);
        if (strcmp(item->name, name) == 0)
            return item;
    }
    script_fail(script, "there is no encapsulation \"%s\"", name);
    return NULL;
}

struct wrappings
script_take_wrappings(struct script *script)
{
    struct wrappings wrappings = {0};
    const char *text = script_take(script);
    if (strcmp(text, "nothing") == 0)
        return wrappings;
    char **names = g_strsplit(text, "+", WRAPPINGS_MAX);
    for (unsigned i = 0; names[i] != NULL && script->problem == NULL; i++)
        wrappings.item[wrappings.count++] = find_wrapping(script, names[i]);
    g_strfreev(names);
    return wrappings;
}

enum { EPHEMERAL_PORTS = 32768 };

static void
take_endpoint(struct script *script, struct script_side *side)
{
    const char *text = script_take(script);
    char **parts = g_strsplit(text, ":", 2);
    side->port = parts[0] != NULL && parts[1] != NULL ? (uint16_t)g_ascii_strtoull(parts[1], NULL, 10) : 0;
    if (script->renumbered && side->port >= EPHEMERAL_PORTS)
        side->port ^= 0x55;
    side->host = script_find_host(script, parts[0] != NULL ? parts[0] : "");
    if (side->port == 0)
        script_fail(script, "\"%s\" is not host:port", text);
    g_strfreev(parts);
    side->sent = g_ptr_array_new_with_free_func(segment_free);
}

void
script_take_flow(struct script *script, uint8_t protocol)
{
    struct script_flow *flow = g_new0(struct script_flow, 1);
    flow->name = g_strdup(script_take(script));
    flow->protocol = protocol;
    flow->timestamps = true;
    g_ptr_array_add(script->flows, flow);
    for (unsigned i = 0; i < 2; i++) {
        take_endpoint(script, &flow->side[i]);
        flow->side[i].next = 100000 * script->flows->len + 50000 * i;
        flow->side[i].timestamp = flow->side[i].next;
    }
    while (script_peek(script)[0] != '\0' && script->problem == NULL) {
        if (script_take_if(script, "in")) {
            flow->wrappings = script_take_wrappings(script);
        } else if (script_take_if(script, "cut")) {
            flow->cut = (uint32_t)script_take_number(script);
        } else if (script_take_if(script, "no-timestamps")) {
            flow->timestamps = false;
        } else if (script_take_if(script, "checksums")) {
            flow->checksums = true;
        } else if (script_take_if(script, "ip-id")) {
            flow->has_ip_id = true;
            flow->ip_id = (uint16_t)script_take_number(script);
        } else if (script_take_if(script, "seq")) {
            for (unsigned i = 0; i < 2; i++)
                flow->side[i].next = flow->side[i].timestamp = (uint32_t)script_take_number(script);
        } else {
            script_fail(script, "what is \"%s\"?", script_take(script));
        }
    }
}

void
script_take_expect(struct script *script)
{
    struct expectation *expectation = g_new0(struct expectation, 1);
    expectation->frame = script->scenario->frames->len;
    expectation->line = script->line;
    expectation->id = g_strdup(script_take(script));
    expectation->words = g_strdupv(script->word + script->at);
    g_ptr_array_add(script->scenario->expectations, expectation);
    if (expectation->frame == 0)
        script_fail(script, "nothing can be found before the first packet");
}

void
script_take_says(struct script *script)
{
    const GPtrArray *expectations = script->scenario->expectations;
    if (expectations->len == 0) {
        script_fail(script, "nothing is expected that could say so");
        return;
    }
    struct expectation *expectation = g_ptr_array_index(expectations, expectations->len - 1);
    char **more = script->word + script->at;
    guint had = g_strv_length(expectation->words), added = g_strv_length(more);
    expectation->words = g_renew(char *, expectation->words, had + added + 1);
    for (guint i = 0; i <= added; i++)
        expectation->words[had + i] = g_strdup(more[i]);
}

void
script_take_withdrawn(struct script *script)
{
    const GPtrArray *expectations = script->scenario->expectations;
    const char *id = script_take(script);
    for (guint i = expectations->len; i > 0; i--) {
        struct expectation *expectation = g_ptr_array_index(expectations, i - 1);
        if (expectation->withdrawn_frame == 0 && strcmp(expectation->id, id) == 0) {
            expectation->withdrawn_frame = script->scenario->frames->len;
            return;
        }
    }
    script_fail(script, "no %s is there to be withdrawn", id);
}
