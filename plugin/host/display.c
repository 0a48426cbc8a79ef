/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/display.h"

#include "findings/causes.h"
#include "host/capture.h"
#include "host/fields.h"
#include "host/headline.h"
#include "host/language.h"
#include "host/preferences.h"
#include "host/protocol.h"
#include "host/statistics_tree.h"
#include "host/tables.h"
#include "report/sessions.h"
#include "report/text.h"
#include "report/wrap.h"

/* What fits into a details pane of 1280 pixels, in columns: a Chinese character takes two. */
enum { LINE_COLUMNS = 120 };

/* In one frame so many findings have their texts and facts, and so many that it is evidence for are listed. When a silence ends,
 * thousands may come in one frame, and Wireshark refuses a frame with more than a million items. */
enum { SHOWN_WHOLE = ORDERED_MAX };

/* -- Text ------------------------------------------------------------------------------------- */

/* The field's value is the whole text, for filters and for Copy > Value; what does not fit into its line is
 * shown in lines below it. */
static proto_item *
add_wrapped(proto_tree *tree, tvbuff_t *tvb, int field, const char *text, char *const *lines)
{
    proto_item *item = proto_tree_add_string_format_value(tree, field, tvb, 0, 0, text, "%s", lines[0]);
    proto_item_set_generated(item);
    for (char *const *line = lines + 1; *line != NULL; line++)
        proto_item_set_generated(proto_tree_add_string_format(tree, fields.text, tvb, 0, 0, "", "    %s", *line));
    return item;
}

static proto_item *
add_text(proto_tree *tree, tvbuff_t *tvb, int field, const char *text)
{
    char **lines = wrap_words(text, LINE_COLUMNS);
    proto_item *item = add_wrapped(tree, tvb, field, text, lines);
    g_strfreev(lines);
    return item;
}

static void
add_lines(proto_tree *tree, tvbuff_t *tvb, int field, const struct finding *finding, enum text_part part)
{
    char **lines = finding_lines(finding, part, language_current(), MARKUP_NONE);
    for (char **line = lines; *line != NULL; line++)
        add_text(tree, tvb, field, *line);
    g_strfreev(lines);
}

static void
add_checks(proto_tree *tree, tvbuff_t *tvb, const struct finding *finding)
{
    GPtrArray *checks = finding_checks(finding, language_current(), MARKUP_NONE);
    for (guint i = 0; i < checks->len; i++) {
        const struct check *check = g_ptr_array_index(checks, i);
        char *text = check_text(check), **lines = check->command == NULL
                                                      ? wrap_words(text, LINE_COLUMNS)
                                                      : wrap_command(check->words, check->command, LINE_COLUMNS);
        add_wrapped(tree, tvb, fields.check, text, lines);
        g_strfreev(lines);
        g_free(text);
    }
    g_ptr_array_unref(checks);
}

/* For filters and scripts the value is `value` in each language; a person reads `shown`. */
static void
add_translated(proto_tree *tree, tvbuff_t *tvb, int field, const char *value, const char *shown)
{
    proto_item_set_generated(proto_tree_add_string_format_value(tree, field, tvb, 0, 0, value, "%s", shown));
}

/* -- Findings --------------------------------------------------------------------------------- */

static void
add_text_fact(proto_tree *tree, tvbuff_t *tvb, int field, const struct fact *fact)
{
    char *value = fact_text(fact, LANGUAGE_ENGLISH), *shown = fact_text(fact, language_current());
    add_translated(tree, tvb, field, value, shown);
    g_free(value);
    g_free(shown);
}

/* Wireshark's own way of writing a time has the unit in English. */
static proto_item *
add_seconds(proto_tree *tree, tvbuff_t *tvb, int field, int64_t nanoseconds)
{
    nstime_t time = {.secs = (time_t)(nanoseconds / NANOSECONDS_PER_SECOND),
                     .nsecs = (int)(nanoseconds % NANOSECONDS_PER_SECOND)};
    if (language_current() == LANGUAGE_ENGLISH)
        return proto_tree_add_time(tree, field, tvb, 0, 0, &time);
    return proto_tree_add_time_format_value(tree, field, tvb, 0, 0, &time, "%" G_GINT64_FORMAT ".%09d 秒",
                                            (gint64)time.secs, time.nsecs);
}

static void
add_fact(proto_tree *tree, tvbuff_t *tvb, const struct fact *fact)
{
    int field = fields.fact[fact->name];
    proto_item *item;

    switch (fact_infos[fact->name].type) {
    case TYPE_DURATION:
        item = add_seconds(tree, tvb, field, fact->number);
        break;
    case TYPE_COUNT:
    case TYPE_BYTES:
    case TYPE_BIT_RATE:
        item = proto_tree_add_uint64(tree, field, tvb, 0, 0, (uint64_t)fact->number);
        break;
    case TYPE_FLAG:
        item = proto_tree_add_boolean_format_value(tree, field, tvb, 0, 0, 1, "%s", translated("True", "是"));
        break;
    case TYPE_FRAME:
        item = proto_tree_add_uint(tree, field, tvb, 0, 0, (uint32_t)fact->number);
        break;
    default:
        add_text_fact(tree, tvb, field, fact);
        return;
    }
    proto_item_set_generated(item);
}

static void
add_generated_string(proto_tree *tree, tvbuff_t *tvb, int field, const char *text)
{
    proto_item_set_generated(proto_tree_add_string(tree, field, tvb, 0, 0, text));
}

static void
add_evidence(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
             const struct finding *finding)
{
    for (guint i = 0; i < finding->evidence->len; i++) {
        uint32_t number = frames_shown_number(capture->frames, g_array_index(finding->evidence, uint32_t, i));
        if (number == 0)
            continue;
        if (tree != NULL)
            proto_item_set_generated(proto_tree_add_uint(tree, fields.evidence, tvb, 0, 0, number));
        if (number < pinfo->num)
            depend_upon(pinfo, number);
    }
}

/* What only the rest of the capture shows: on a second visit, so that one pass and two agree on the first. */
static void
add_series(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const struct series *series)
{
    uint32_t first = frames_shown_number(capture->frames, series->first_frame);
    uint32_t last = frames_shown_number(capture->frames, series->last_frame);
    int64_t duration = series->last_time - series->first_time;

    proto_item_set_generated(proto_tree_add_uint64(tree, fields.total, tvb, 0, 0, series->events));
    if (first != 0)
        proto_item_set_generated(proto_tree_add_uint(tree, fields.first, tvb, 0, 0, first));
    if (last != 0)
        proto_item_set_generated(proto_tree_add_uint(tree, fields.last, tvb, 0, 0, last));
    if (duration > 0)
        proto_item_set_generated(proto_tree_add_double(
            tree, fields.rate, tvb, 0, 0, (double)series->events * NANOSECONDS_PER_SECOND / (double)duration));
}

static void
add_weight(proto_tree *tree, tvbuff_t *tvb, const struct finding *finding)
{
    add_translated(tree, tvb, fields.severity, severity_name(finding->severity, LANGUAGE_ENGLISH),
                   severity_name(finding->severity, language_current()));
    add_translated(tree, tvb, fields.confidence, confidence_name(finding->confidence),
                   confidence_word(finding->confidence, language_current()));
}

/* The findings that explain this one. */
static void
add_causes(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const struct finding *finding)
{
    const struct finding *causes[CAUSES_MAX];
    size_t count = causes_of(engine_causes(capture->engine), finding, causes);
    for (size_t i = 0; i < count; i++) {
        proto_item *item = proto_tree_add_string(tree, fields.caused_by, tvb, 0, 0, causes[i]->info->id);
        proto_item_set_generated(item);
        uint32_t frame = frames_shown_number(capture->frames, causes[i]->frame);
        if (frame != 0)
            proto_item_set_generated(proto_tree_add_uint(proto_item_add_subtree(item, fields.tree_cause),
                                                         fields.cause_frame, tvb, 0, 0, frame));
    }
}

/* The expert info hangs below the summary. It works without a tree as well, and reaches the taps all the same. */
static void
add_expert_info(packet_info *pinfo, proto_item *item, const struct finding *finding, const char *name,
                const char *summary)
{
    char *text = headline_cut(g_strdup_printf("%s: %s", name, summary));
    /* The expert window's column "Protocol" takes this; our handle has no protocol that would set it. */
    const char *protocol_before = pinfo->current_proto;
    pinfo->current_proto = "netcase";
    expert_add_info_format(pinfo, item, fields_expert(finding->info, finding->severity), "%s", text);
    pinfo->current_proto = protocol_before;
    g_free(text);
}

static void
add_details(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
            const struct finding *finding)
{
    add_lines(tree, tvb, fields.cause, finding, TEXT_CAUSES);
    add_checks(tree, tvb, finding);
    add_lines(tree, tvb, fields.disproof, finding, TEXT_DISPROOF);
    const GArray *facts = finding_facts(finding);
    for (guint i = 0; i < facts->len; i++)
        add_fact(tree, tvb, &g_array_index(facts, struct fact, i));
    add_causes(capture, tree, tvb, finding);
    if (finding->series.events > 0 && pinfo->fd->visited)
        add_series(capture, tree, tvb, &finding->series);
}

static void
add_finding(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, packet_info *pinfo,
            const struct finding *finding, bool whole)
{
    proto_item *item = NULL;
    proto_tree *subtree = NULL;
    char *summary = finding_text(finding, TEXT_SUMMARY, language_current(), MARKUP_NONE);
    char *name = headline_name(capture, finding, pinfo->fd->visited, language_current());

    if (tree != NULL) {
        char *title = finding_text(finding, TEXT_TITLE, language_current(), MARKUP_NONE);
        item = proto_tree_add_string_format(tree, fields.expert, tvb, 0, 0, finding->info->id, "%s: %s", name, title);
        proto_item_set_generated(item);
        subtree = proto_item_add_subtree(item, fields.tree_finding);
        item = add_text(subtree, tvb, fields.summary, summary);
        g_free(title);
    }
    add_expert_info(pinfo, item, finding, name, summary);
    if (subtree != NULL) {
        add_weight(subtree, tvb, finding);
        if (whole)
            add_details(capture, subtree, tvb, pinfo, finding);
    }
    add_evidence(capture, subtree, tvb, pinfo, finding);
    g_free(name);
    g_free(summary);
}

static void
add_related(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const struct finding *finding)
{
    uint32_t trigger = frames_shown_number(capture->frames, finding->frame);
    if (trigger == 0)
        return;
    proto_item *item = proto_tree_add_string(tree, fields.related, tvb, 0, 0, finding->info->id);
    proto_item_set_generated(item);
    proto_tree *subtree = proto_item_add_subtree(item, fields.tree_related);
    proto_item_set_generated(proto_tree_add_uint(subtree, fields.trigger, tvb, 0, 0, trigger));
}

static void
add_all_related(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const GPtrArray *related)
{
    for (guint i = 0; i < related->len && i < SHOWN_WHOLE; i++)
        add_related(capture, tree, tvb, g_ptr_array_index(related, i));
    if (related->len > SHOWN_WHOLE)
        proto_item_set_generated(proto_tree_add_string_format(
            tree, fields.text, tvb, 0, 0, "", translated("Evidence for %u more findings", "另为 %u 个诊断结果的佐证"),
            related->len - SHOWN_WHOLE));
}

/* On a first visit the frames before this one have been shown, so the reader has to be told. */
static void
add_withdrawn(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const GPtrArray *withdrawn)
{
    for (guint i = 0; i < withdrawn->len; i++) {
        const struct finding *finding = g_ptr_array_index(withdrawn, i);
        proto_item *item = proto_tree_add_string(tree, fields.withdrawn, tvb, 0, 0, finding->info->id);
        proto_item_set_generated(item);
        uint32_t frame = frames_shown_number(capture->frames, finding->frame);
        if (frame != 0)
            proto_item_set_generated(proto_tree_add_uint(proto_item_add_subtree(item, fields.tree_related),
                                                         fields.withdrawn_frame, tvb, 0, 0, frame));
    }
}

/* -- Mirror sessions and flows ---------------------------------------------------------------- */

static const struct session *
mirror_of(const struct capture *capture, struct frame_mirror mirror)
{
    const struct session *session = encapsulation_session(engine_encapsulation(capture->engine), mirror.session);
    return session != NULL && session->role == SESSION_MIRROR ? session : NULL;
}

static void
add_address(proto_tree *tree, tvbuff_t *tvb, int field, enum fact_name as, const struct ip_address *address)
{
    struct fact fact = {.name = as, .endpoint.address = *address};
    char *text = fact_text(&fact, LANGUAGE_ENGLISH);
    add_generated_string(tree, tvb, field, text);
    g_free(text);
}

static void
add_mirror(proto_tree *tree, tvbuff_t *tvb, const struct session *session, struct frame_mirror mirror)
{
    const char *direction = session_direction_name(mirror.direction, LANGUAGE_ENGLISH);
    const char *direction_shown = session_direction_name(mirror.direction, language_current());
    char *name = tables_vni_name(session->vni);
    proto_item *item = proto_tree_add_none_format(
        tree, fields.mirror, tvb, 0, 0, translated("Mirror session %u, VNI %u, %s", "镜像会话 %u，VNI %u，%s"),
        session->number, session->vni, direction_shown);
    proto_item_set_generated(item);
    proto_tree *subtree = proto_item_add_subtree(item, fields.tree_mirror);
    proto_item_set_generated(proto_tree_add_uint(subtree, fields.mirror_session, tvb, 0, 0, session->number));
    proto_item_set_generated(proto_tree_add_uint(subtree, fields.mirror_vni, tvb, 0, 0, session->vni));
    if (*name != '\0')
        add_generated_string(subtree, tvb, fields.mirror_name, name);
    add_address(subtree, tvb, fields.mirror_source, FACT_mirror_source, &session->source);
    add_address(subtree, tvb, fields.mirror_target, FACT_mirror_target, &session->target);
    add_translated(subtree, tvb, fields.mirror_direction, direction, direction_shown);
    if (mirror.cut > 0)
        proto_item_set_generated(proto_tree_add_uint(subtree, fields.mirror_cut, tvb, 0, 0, mirror.cut));
    g_free(name);
}

static void
add_flows(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, uint32_t frame)
{
    uint32_t flow;
    for (unsigned place = 0; (flow = frames_flow(capture->frames, frame, place)) != 0; place++)
        proto_item_set_generated(proto_tree_add_uint(tree, fields.flow, tvb, 0, 0, flow));
}

/* Items on every frame cost time: only where a person looks, or where a filter or column asks. */
static bool
flow_is_wanted(proto_tree *tree)
{
    return PTREE_DATA(tree)->visible || proto_field_is_referenced(tree, fields.flow);
}

static bool
mirror_is_wanted(proto_tree *tree)
{
    const int members[] = {fields.mirror,        fields.mirror_session, fields.mirror_vni,       fields.mirror_name,
                           fields.mirror_source, fields.mirror_target,  fields.mirror_direction, fields.mirror_cut};
    if (PTREE_DATA(tree)->visible)
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (proto_field_is_referenced(tree, members[i]))
            return true;
    return false;
}

/* -- The postdissector ------------------------------------------------------------------------ */

/* What the tree says while it is closed. NULL if that is only its name, or if nobody looks. The caller frees the text. */
static char *
heading_of(const struct capture *capture, proto_tree *tree, const GPtrArray *findings, const GPtrArray *related,
           bool whole)
{
    enum language language = language_current();
    if (!PTREE_DATA(tree)->visible && !proto_field_is_referenced(tree, protocol_number()))
        return NULL;
    if (findings != NULL)
        return headline_sentence(capture, findings, whole, language);
    if (related == NULL)
        return NULL;
    const struct finding *first = g_ptr_array_index(related, 0);
    uint32_t trigger = frames_shown_number(capture->frames, first->frame);
    return trigger == 0 ? NULL
                        : g_strdup_printf(translated("evidence for %s in frame %u", "%s（报文 %u）的佐证"),
                                          first->info->id, trigger);
}

static proto_tree *
netcase_tree(proto_tree *tree, tvbuff_t *tvb, char *heading)
{
    proto_item *item = proto_tree_add_item(tree, protocol_number(), tvb, 0, 0, ENC_NA);
    if (heading != NULL) {
        char *text = headline_cut(g_strdup_printf(translated("netcase: %s", "netcase：%s"), heading));
        proto_item_set_text(item, "%s", text);
        g_free(text);
    } else if (language_current() == LANGUAGE_CHINESE) {
        proto_item_set_text(item, "netcase：已知故障模式");
    }
    g_free(heading);
    proto_item_set_generated(item);
    return proto_item_add_subtree(item, fields.tree);
}

/* For columns: nobody has to read it a second time in the tree. */
static void
add_heaviest(const struct capture *capture, proto_tree *tree, tvbuff_t *tvb, const GPtrArray *findings, bool whole)
{
    char *text = headline_column(capture, findings, whole);
    proto_item *item = proto_tree_add_string(tree, fields.heaviest, tvb, 0, 0, text);
    proto_item_set_generated(item);
    proto_item_set_hidden(item);
    g_free(text);
}

/* As Wireshark's own "[TCP Retransmission]": seen in each profile. */
static void
mark_info_column(packet_info *pinfo, const GPtrArray *findings)
{
    if (!preferences_mark_info_column())
        return;
    char *text = headline_info(findings);
    col_prepend_fence_fstr(pinfo->cinfo, COL_INFO, "%s", text);
    g_free(text);
}

static void
show_findings(const struct capture *capture, const GPtrArray *findings, tvbuff_t *tvb, packet_info *pinfo,
              proto_tree *tree)
{
    mark_info_column(pinfo, findings);
    if (tree != NULL)
        add_heaviest(capture, tree, tvb, findings, pinfo->fd->visited);
    for (guint i = 0; i < findings->len; i++)
        add_finding(capture, tree, tvb, pinfo, g_ptr_array_index(findings, i), i < SHOWN_WHOLE);
}

static void
show_frame(struct capture *capture, uint32_t frame, tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree)
{
    struct store *store = engine_store(capture->engine);
    const GPtrArray *found = store_by_frame(store, frame);
    const GPtrArray *related = NULL;
    const struct session *mirror = NULL;
    const GPtrArray *withdrawn = NULL;
    bool flows = false;

    if (pinfo->fd->visited)
        causes_forget_withdrawn(engine_causes(capture->engine));
    if (tree != NULL) {
        if (pinfo->fd->visited) {
            store_index(store);
            related = store_by_evidence(store, frame);
        } else {
            withdrawn = store_withdrawn_by(store, frame);
        }
        flows = flow_is_wanted(tree) && frames_flow(capture->frames, frame, 0) != 0;
        if (mirror_is_wanted(tree))
            mirror = mirror_of(capture, frames_mirror(capture->frames, frame));
    }
    if (found == NULL && related == NULL && withdrawn == NULL && mirror == NULL && !flows)
        return;
    GPtrArray *findings = found != NULL ? causes_in_order(engine_causes(capture->engine), found) : NULL;
    proto_tree *subtree =
        tree != NULL ? netcase_tree(tree, tvb, heading_of(capture, tree, findings, related, pinfo->fd->visited)) : NULL;
    if (findings != NULL)
        show_findings(capture, findings, tvb, pinfo, subtree);
    if (found != NULL)
        statistics_tree_note(pinfo, found); /* which is there when the tap looks at it */
    if (withdrawn != NULL)
        add_withdrawn(capture, subtree, tvb, withdrawn);
    if (related != NULL)
        add_all_related(capture, subtree, tvb, related);
    if (mirror != NULL)
        add_mirror(subtree, tvb, mirror, frames_mirror(capture->frames, frame));
    if (flows)
        add_flows(capture, subtree, tvb, frame);
    if (findings != NULL)
        g_ptr_array_unref(findings);
}

static int
dissect_netcase(tvbuff_t *tvb, packet_info *pinfo, proto_tree *tree, void *data)
{
    struct capture *capture = capture_current();
    (void)data;
    if (capture == NULL)
        return 0;
    /* On a first visit without a tree there is nothing to show but findings, and those are in the newest frame. */
    if (tree == NULL && !pinfo->fd->visited &&
        store_last_frame(engine_store(capture->engine)) < frames_newest(capture->frames))
        return (int)tvb_captured_length(tvb);
    uint32_t frame = frames_known(capture->frames, frame_place_of(pinfo));
    if (frame != 0)
        show_frame(capture, frame, tvb, pinfo, tree);
    return (int)tvb_captured_length(tvb);
}

void
display_register(void)
{
    /* Without a protocol the call adds no layer to each packet, which would cost as much as the engine. */
    register_postdissector(create_dissector_handle(dissect_netcase, -1));
}
