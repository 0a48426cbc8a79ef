/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/fields.h"

#include "core/catalogue.h"

enum { SEVERITIES = SEVERITY_ERROR + 1 };

struct fields fields;

/* By case number and severity; the memory must stay where it is, Wireshark keeps pointers into it. */
static expert_field *experts;

#define FIELD(member, label, name, type, base, help)                                                                   \
    {                                                                                                                  \
        &fields.member,                                                                                                \
        {                                                                                                              \
            label, "netcase." name, type, base, NULL, 0, help, HFILL                                                   \
        }                                                                                                              \
    }

static hf_register_info own_fields[] = {
    FIELD(expert, "Finding", "expert", FT_STRING, BASE_NONE,
          "Case id of a failure pattern that was found in this frame"),
    FIELD(severity, "Severity", "severity", FT_STRING, BASE_NONE, "chat, note, warning or error"),
    FIELD(confidence, "Confidence", "confidence", FT_STRING, BASE_NONE, "possible, likely or confirmed"),
    FIELD(summary, "Summary", "summary", FT_STRING, BASE_NONE,
          "What happened, with the measured value and the threshold"),
    FIELD(cause, "Cause", "cause", FT_STRING, BASE_NONE, "Probable cause, the most likely first"),
    FIELD(check, "Check", "check", FT_STRING, BASE_NONE, "What to check next, in this order"),
    FIELD(disproof, "Disproof", "disproof", FT_STRING, BASE_NONE, "What would show that the finding is wrong"),
    FIELD(evidence, "Evidence", "evidence", FT_FRAMENUM, BASE_NONE, "A frame that the finding rests on"),
    FIELD(caused_by, "Caused by", "caused_by", FT_STRING, BASE_NONE, "Case id of a finding that explains this one"),
    FIELD(cause_frame, "Found in frame", "caused_by.frame", FT_FRAMENUM, BASE_NONE,
          "The frame of the finding that explains this one"),
    FIELD(total, "Events in all", "total", FT_UINT64, BASE_DEC, "Number of events that this finding stands for"),
    FIELD(first, "First event", "first", FT_FRAMENUM, BASE_NONE, "Frame of the first event"),
    FIELD(last, "Last event", "last", FT_FRAMENUM, BASE_NONE, "Frame of the last event"),
    FIELD(rate, "Events per second", "rate", FT_DOUBLE, BASE_NONE, "Number of events by the time from first to last"),
    FIELD(related, "Evidence for", "related", FT_STRING, BASE_NONE, "Case id of a finding that rests on this frame"),
    FIELD(trigger, "Finding in frame", "trigger", FT_FRAMENUM, BASE_NONE,
          "The frame of the finding that rests on this frame"),
    FIELD(flow, "Flow", "flow", FT_UINT32, BASE_DEC, "Number of the conversation, VNI-aware"),
    FIELD(mirror, "Mirror session", "mirror", FT_NONE, BASE_NONE, "The frame is a copy made by a traffic mirror"),
    FIELD(mirror_session, "Session", "mirror.session", FT_UINT32, BASE_DEC, "Number of the mirror session"),
    FIELD(mirror_vni, "VNI", "mirror.vni", FT_UINT32, BASE_DEC,
          "VXLAN or GENEVE network identifier, ERSPAN session or GRE key"),
    FIELD(mirror_name, "Name", "mirror.name", FT_STRING, BASE_NONE, "Name of the VNI (preference table)"),
    FIELD(mirror_source, "Source", "mirror.source", FT_STRING, BASE_NONE, "Outer source address"),
    FIELD(mirror_target, "Target", "mirror.target", FT_STRING, BASE_NONE, "Outer destination address"),
    FIELD(mirror_direction, "Direction", "mirror.direction", FT_STRING, BASE_NONE,
          "ingress, egress or unknown, as the mirrored interface sees it"),
    FIELD(mirror_cut, "Bytes missing", "mirror.cut", FT_UINT32, BASE_DEC,
          "Bytes that the mirror cut from the inner packet"),
    FIELD(text, "Continued", "continued", FT_STRING, BASE_NONE, "Continuation of a long text"),
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

static void
register_facts(int protocol)
{
    hf_register_info *rows = wmem_alloc0_array(wmem_epan_scope(), hf_register_info, FACT_COUNT);
    for (int i = 0; i < FACT_COUNT; i++) {
        enum ftenum type = fact_field_type(fact_infos[i].type);
        fields.fact[i] = -1;
        rows[i].p_id = &fields.fact[i];
        rows[i].hfinfo = (header_field_info){
            .name = fact_infos[i].label,
            .abbrev = wmem_strdup_printf(wmem_epan_scope(), "netcase.%s", fact_infos[i].name),
            .type = type,
            .display = type == FT_UINT64 ? BASE_DEC : BASE_NONE,
            .blurb = fact_infos[i].help,
            HFILL,
        };
    }
    proto_register_field_array(protocol, rows, FACT_COUNT);
}

static int
expert_severity(enum severity severity)
{
    static const int severities[SEVERITIES] = {PI_CHAT, PI_NOTE, PI_WARN, PI_ERROR};
    return severities[severity];
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
                .group = PI_SEQUENCE,
                .severity = expert_severity(severity),
                .summary = info->english.title,
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
    for (size_t i = 0; i < G_N_ELEMENTS(own_fields); i++)
        *own_fields[i].p_id = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(trees); i++)
        *trees[i] = -1;
    proto_register_field_array(protocol, own_fields, G_N_ELEMENTS(own_fields));
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
