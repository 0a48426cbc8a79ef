/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/sentence.h"

#include "report/sessions.h"

static char *
value_text(const struct encapsulation *encapsulation, const struct finding *finding, const struct fact *fact,
           enum language language)
{
    char *value = fact_text(fact, language);
    char *text = text_in_network(value, encapsulation, finding->network, language);
    g_free(value);
    return text;
}

static char *
client_text(const struct finding *finding)
{
    const struct fact *client = finding_fact(finding, FACT_client);
    return client != NULL ? address_text(&client->endpoint.address) : NULL;
}

/* Who it is about: the way from the client to the server, or the one that the case names. */
static char *
subject_text(const struct encapsulation *encapsulation, const struct finding *finding, uint32_t clients,
             enum language language)
{
    bool chinese = language == LANGUAGE_CHINESE;
    const struct fact *culprit = finding_culprit(finding);
    if (culprit == NULL)
        return NULL;
    if (culprit->name == FACT_client) /* whose ports change */
        return value_text(encapsulation, finding, &(struct fact){.name = FACT_address, .endpoint = culprit->endpoint},
                          language);
    char *text = culprit->name == FACT_session
                     ? g_strdup_printf(chinese ? "镜像会话 %" G_GINT64_FORMAT : "mirror session %" G_GINT64_FORMAT,
                                       culprit->number)
                     : value_text(encapsulation, finding, culprit, language);
    if (culprit->name != FACT_server)
        return text;
    char *client =
        clients > 1 ? g_strdup_printf(chinese ? "%u 个客户端" : "%u clients", clients) : client_text(finding);
    char *way = client != NULL ? g_strdup_printf(chinese ? "%s 到 %s" : "%s to %s", client, text) : g_strdup(text);
    g_free(client);
    g_free(text);
    return way;
}

/* The value that says most: the name that was asked for, or how long nothing was said. */
static char *
value_of(const struct finding *finding, enum language language)
{
    const struct fact *name = finding_fact(finding, FACT_name), *idle = finding_fact(finding, FACT_idle);
    if (name != NULL)
        return fact_text(name, language);
    if (idle == NULL)
        return NULL;
    char *time = fact_text(idle, language);
    char *text = g_strdup_printf(language == LANGUAGE_CHINESE ? "空闲 %s" : "idle %s", time);
    g_free(time);
    return text;
}

static void
append(GString *sentence, const char *separator, char *text)
{
    if (text != NULL)
        g_string_append_printf(sentence, "%s%s", separator, text);
    g_free(text);
}

static char *
sentence_of(const struct encapsulation *encapsulation, const struct finding *finding, uint32_t clients, uint64_t events,
            enum language language)
{
    bool chinese = language == LANGUAGE_CHINESE;
    char *title = finding_text(finding, TEXT_TITLE, language, MARKUP_NONE);
    GString *sentence = g_string_new(title);
    append(sentence, chinese ? "：" : ": ", subject_text(encapsulation, finding, clients, language));
    append(sentence, chinese ? "，" : ", ", value_of(finding, language));
    if (events > 1)
        append(sentence, chinese ? "，" : ", ",
               g_strdup_printf(chinese ? "共 %" G_GUINT64_FORMAT " 次" : "%" G_GUINT64_FORMAT " times", events));
    g_free(title);
    return g_string_free(sentence, FALSE);
}

char *
group_sentence(const struct report *report, const struct report_group *group, enum language language)
{
    return sentence_of(report->encapsulation, g_ptr_array_index(group->findings, 0), group->impact.clients_hit,
                       group->events, language);
}

char *
finding_sentence(const struct report *report, const struct finding *finding, enum language language)
{
    return sentence_in_capture(report->encapsulation, finding, language);
}

char *
sentence_in_capture(const struct encapsulation *encapsulation, const struct finding *finding, enum language language)
{
    return sentence_of(encapsulation, finding, 1, 1, language);
}

/* -- Filters ---------------------------------------------------------------------------------- */

/* A flood or a mirror session is more than the conversation in which it was noticed. */
static bool
is_of_one_flow(const struct finding *finding)
{
    const struct fact *culprit = finding_culprit(finding);
    return finding->flow != 0 && finding->series.events <= 1 && (culprit == NULL || culprit->name != FACT_session);
}

char *
finding_filter(const struct finding *finding, uint8_t protocol)
{
    const struct fact *client = finding_fact(finding, FACT_client), *server = finding_fact(finding, FACT_server);
    if (server == NULL)
        return NULL;
    const char *ip = server->endpoint.address.family == 6 ? "ipv6" : "ip";
    char *address = address_text(&server->endpoint.address);
    GString *filter = g_string_new(NULL);
    g_string_append_printf(filter, "%s.addr == %s", ip, address);
    g_free(address);
    if (client != NULL) {
        address = address_text(&client->endpoint.address);
        g_string_append_printf(filter, " && %s.addr == %s", ip, address);
        g_free(address);
    }
    for (unsigned side = 0; side < 2; side++) {
        const struct fact *end = side == 0 ? server : is_of_one_flow(finding) ? client : NULL;
        if (end != NULL && end->endpoint.port != 0)
            g_string_append_printf(filter, " && %s.port == %u", protocol == PROTOCOL_UDP ? "udp" : "tcp",
                                   end->endpoint.port);
    }
    return g_string_free(filter, FALSE);
}

static bool
is_listed(const GArray *flows, uint32_t flow)
{
    for (guint i = 0; i < flows->len; i++)
        if (g_array_index(flows, uint32_t, i) == flow)
            return true;
    return false;
}

char *
group_filter(const struct report_group *group, guint limit)
{
    GArray *flows = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < group->findings->len && flows->len < limit; i++) {
        const struct finding *finding = g_ptr_array_index(group->findings, i);
        if (!is_of_one_flow(finding) || is_listed(flows, finding->flow))
            continue;
        g_array_append_val(flows, finding->flow);
        g_string_append_printf(list, "%s%u", list->len > 0 ? ", " : "", finding->flow);
    }
    char *filter = flows->len == 0
                       ? NULL
                       : g_strdup_printf(flows->len == 1 ? "netcase.flow == %s" : "netcase.flow in {%s}", list->str);
    g_string_free(list, TRUE);
    g_array_unref(flows);
    return filter;
}
