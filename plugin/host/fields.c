/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/fields.h"

#include "engine/catalogue.h"
#include "host/language.h"

enum { SEVERITIES = SEVERITY_ERROR + 1 };

struct fields fields;

/* By case number and severity; the memory must stay where it is, Wireshark keeps pointers into it. */
static expert_field *experts;

struct own_field {
    int *id;
    const char *name;
    enum ftenum type;
    int base;
    struct wording english, chinese;
};

static const struct own_field own_fields[] = {
#define FIELD(member, name, type, base, label, help, chinese_label, chinese_help)                                      \
    {&fields.member, name, type, base, {label, help}, {chinese_label, chinese_help}},
#include "host/fields.def"
#undef FIELD
};

static int *const trees[] = {&fields.tree, &fields.tree_finding, &fields.tree_mirror, &fields.tree_related,
                             &fields.tree_cause};

static enum ftenum
fact_field_type(enum fact_type type)
{
    switch (type) {
    case TYPE_DURATION:
        return FT_RELATIVE_TIME;
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_BIT_RATE:
        return FT_UINT64;
    case TYPE_FLAG:
        return FT_BOOLEAN;
    case TYPE_FRAME:
        return FT_FRAMENUM;
    default:
        return FT_STRING;
    }
}

static hf_register_info
field_row(int *id, const char *name, enum ftenum type, int base, struct wording english, struct wording chinese)
{
    *id = -1;
    return (hf_register_info){.p_id = id,
                              .hfinfo = {
                                  .name = label(english.label, chinese.label),
                                  .abbrev = wmem_strdup_printf(wmem_epan_scope(), "netcase.%s", name),
                                  .type = type,
                                  .display = base,
                                  .blurb = label(english.help, chinese.help),
                                  HFILL,
                              }};
}

static void
register_own_fields(int protocol)
{
    enum { COUNT = G_N_ELEMENTS(own_fields) };
    hf_register_info *rows = wmem_alloc0_array(wmem_epan_scope(), hf_register_info, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const struct own_field *field = &own_fields[i];
        rows[i] = field_row(field->id, field->name, field->type, field->base, field->english, field->chinese);
    }
    proto_register_field_array(protocol, rows, COUNT);
}

static void
register_facts(int protocol)
{
    hf_register_info *rows = wmem_alloc0_array(wmem_epan_scope(), hf_register_info, FACT_COUNT);
    for (int i = 0; i < FACT_COUNT; i++) {
        const struct fact_info *info = &fact_infos[i];
        enum ftenum type = fact_field_type(info->type);
        rows[i] = field_row(&fields.fact[i], info->name, type, type == FT_UINT64 ? BASE_DEC : BASE_NONE, info->english,
                            wording_of_fact((enum fact_name)i, LANGUAGE_CHINESE));
    }
    proto_register_field_array(protocol, rows, FACT_COUNT);
}

static int
expert_severity(enum severity severity)
{
    static const int severities[SEVERITIES] = {PI_CHAT, PI_NOTE, PI_WARN, PI_ERROR};
    return severities[severity];
}

/* By family: whom Wireshark's expert window lets one look for. */
static int
expert_group(const struct case_info *info)
{
    static const struct {
        const char *family;
        int group;
    } groups[] = {
        {"dns.", PI_RESPONSE_CODE}, {"app.", PI_RESPONSE_CODE}, {"http.", PI_RESPONSE_CODE}, {"policy.", PI_SECURITY},
        {"flood.", PI_SECURITY},    {"mirror.", PI_PROTOCOL},   {"tls.", PI_PROTOCOL},       {"tunnel.", PI_PROTOCOL},
        {"nat.", PI_PROTOCOL},      {"link.", PI_PROTOCOL},     {"quic.", PI_PROTOCOL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
        if (g_str_has_prefix(info->id, groups[i].family))
            return groups[i].group;
    return PI_SEQUENCE; /* how connections begin, idle, end, and spread */
}

/* Wireshark fixes the severity of an expert info at registration. A case that can be milder gets one
 * more of the same name, so that one filter finds both. */
static void
register_experts(int protocol)
{
    size_t count = catalogue_case_count();
    ei_register_info *rows = wmem_alloc0_array(wmem_epan_scope(), ei_register_info, count * SEVERITIES + 1);
    int used = 0;

    experts = wmem_alloc0_array(wmem_epan_scope(), expert_field, count * SEVERITIES + 1);
    for (size_t i = 0; i < count; i++) {
        const struct case_info *info = catalogue_case(i);
        for (int severity = info->severity; severity >= SEVERITY_CHAT; severity--) {
            if (severity != (int)info->severity && severity != SEVERITY_NOTE)
                continue;
            expert_field *field = &experts[i * SEVERITIES + (size_t)severity];
            field->ei = field->hf = -1;
            rows[used].ids = field;
            rows[used].eiinfo = (expert_field_info){
                .name = wmem_strdup_printf(wmem_epan_scope(), "netcase.%s", info->id),
                .group = expert_group(info),
                .severity = expert_severity(severity),
                .summary = label(info->english.title, text_of_case(info, TEXT_TITLE, LANGUAGE_CHINESE)),
                EXPFILL,
            };
            used++;
        }
    }
    if (used > 0)
        expert_register_field_array(expert_register_protocol(protocol), rows, used);
}

void
fields_register(int protocol)
{
    for (size_t i = 0; i < G_N_ELEMENTS(trees); i++)
        *trees[i] = -1;
    register_own_fields(protocol);
    proto_register_subtree_array(trees, G_N_ELEMENTS(trees));
    register_facts(protocol);
    register_experts(protocol);
}

expert_field *
fields_expert(const struct case_info *info, enum severity severity)
{
    size_t number = catalogue_case_number(info);
    expert_field *field = &experts[number * SEVERITIES + severity];
    return field->ei != 0 ? field : &experts[number * SEVERITIES + info->severity];
}
