/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/scope.h"

#include <string.h>

const char *const scope_families[] = {"connect", "idle",  "dns",    "tls",    "http",   "path",
                                      "policy",  "flood", "tunnel", "mirror", "balance"};
const size_t scope_family_count = G_N_ELEMENTS(scope_families);

static const char *const names[][2] = {
    {"connecting", "建立连接"},
    {"idle timeouts", "空闲超时"},
    {"DNS", "DNS"},
    {"TLS", "TLS"},
    {"HTTP", "HTTP"},
    {"loss, MTU and bandwidth", "丢包、MTU 与带宽"},
    {"blocking", "阻断"},
    {"floods and scans", "攻击与扫描"},
    {"tunnels", "隧道"},
    {"mirror sessions", "镜像会话"},
    {"load balancing", "负载均衡"},
};

static size_t
number_of(const char *family)
{
    size_t number = 0;
    while (number + 1 < scope_family_count && strcmp(scope_families[number], family) != 0)
        number++;
    return number;
}

const char *
scope_family_name(const char *family, enum language language)
{
    return names[number_of(family)][language];
}

static bool
has_findings(const struct report *report, const char *family)
{
    size_t length = strlen(family);
    for (guint i = 0; i < report->groups->len; i++) {
        const char *id = report_case(g_ptr_array_index(report->groups, i))->id;
        if (strncmp(id, family, length) == 0 && id[length] == '.')
            return true;
    }
    return false;
}

/* Whether the capture has packets of the kind. UDP may be a tunnel (WireGuard). */
static bool
is_there(const struct capture_summary *summary, const char *family)
{
    const struct {
        const char *family;
        bool there;
    } kinds[] = {
        {"idle", summary->tcp_flows > 0},
        {"path", summary->tcp_flows > 0},
        {"policy", summary->tcp_flows > 0},
        {"balance", summary->tcp_flows > 0},
        {"dns", summary->dns_messages > 0},
        {"tls", summary->tls_connections > 0},
        {"http", summary->http_messages > 0},
        {"mirror", summary->mirrors > 0},
        {"tunnel",
         summary->overlays + summary->tunnelled_flows > 0 || (summary->udp_flows > 0 && summary->dns_messages == 0)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].family, family) == 0)
            return kinds[i].there;
    return summary->flows > 0;
}

static bool
is_too_short(const struct report *report)
{
    const struct capture_summary *summary = &report->summary;
    return report->settings->levels->len > 0 &&
           summary->last_time - summary->first_time < g_array_index(report->settings->levels, int64_t, 0);
}

enum scope
scope_of_family(const struct report *report, const char *family)
{
    if (has_findings(report, family))
        return SCOPE_FOUND;
    if (!is_there(&report->summary, family))
        return SCOPE_ABSENT;
    if (strcmp(family, "idle") == 0 && is_too_short(report))
        return SCOPE_TOO_SHORT;
    /* Answers are what these judge. */
    bool asks = strcmp(family, "connect") == 0 || strcmp(family, "dns") == 0 || strcmp(family, "tls") == 0;
    return asks && summary_visibility(&report->summary) == VISIBLE_ONE ? SCOPE_ONE_DIRECTION : SCOPE_QUIET;
}
