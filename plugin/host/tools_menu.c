/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/tools_menu.h"

#include "host/browser.h"
#include "host/capture.h"
#include "host/language.h"
#include "host/message.h"
#include "host/statistics.h"
#include "host/streams.h"
#include "wire/packet_time.h"

#include <epan/funnel.h>
#include <epan/plugin_if.h>
#include <epan/tap.h>

/* -- What the window shows -------------------------------------------------------------------- */

static void *
take_number(frame_data *frame, void *number)
{
    *(uint32_t *)number = frame->num;
    return NULL;
}

/* Wireshark's number of the selected frame, 0 if there is none. */
static uint32_t
selected_frame(void)
{
    uint32_t number = 0;
    plugin_if_get_frame_data(take_number, &number);
    return number;
}

/* NULL, and the user is told, if there is none. */
static struct capture *
open_capture(void)
{
    struct capture *capture = capture_current();
    if (capture == NULL || frames_newest(capture->frames) == 0) {
        message_show("%s", translated("netcase: no capture is open.",
                                      "netcase：没有打开的抓包，或其中没有 netcase 能分析的报文。"));
        return NULL;
    }
    return capture;
}

/* -- Next finding ----------------------------------------------------------------------------- */

/* The nearest frame with a finding behind this one, or from the first on if there is none; 0 if none has a finding. */
static uint32_t
next_with_finding(const struct capture *capture, uint32_t selected)
{
    const GPtrArray *findings = store_findings(engine_store(capture->engine));
    uint32_t first = 0, next = 0;
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = g_ptr_array_index(findings, i);
        uint32_t number = frames_shown_number(capture->frames, finding->frame);
        if (number != 0 && (first == 0 || number < first))
            first = number;
        if (number > selected && (next == 0 || number < next))
            next = number;
    }
    return next != 0 ? next : first;
}

static void
go_to_next(ext_menubar_gui_type gui, void *window, void *data)
{
    (void)gui;
    (void)window;
    (void)data;
    const struct capture *capture = open_capture();
    if (capture == NULL)
        return;
    uint32_t next = next_with_finding(capture, selected_frame());
    if (next != 0)
        plugin_if_goto_frame(next);
    else
        message_show("%s",
                     translated("netcase: nothing was found in this capture.", "netcase：此抓包中没有诊断结果。"));
}

/* -- Report ----------------------------------------------------------------------------------- */

static void *
take_extent(capture_file *file, void *data)
{
    struct statistics_extent *extent = data;
    extent->file = file->filename != NULL && !file->is_tempfile ? g_path_get_basename(file->filename) : NULL;
    for (uint32_t number = 1; number <= file->count; number++) {
        const frame_data *frame = frame_data_sequence_find(file->provider.frames, number);
        if (frame == NULL)
            continue;
        int64_t time = packet_time(frame->abs_ts.secs, frame->abs_ts.nsecs);
        extent->first_time = extent->frames == 0 ? time : MIN(time, extent->first_time);
        extent->last_time = extent->frames == 0 ? time : MAX(time, extent->last_time);
        extent->frames++;
    }
    return NULL;
}

/* Wireshark tells the numbers of its TCP streams only to who listens when packets are dissected. */
static void
learn_streams(void)
{
    char listener; /* its address names it */
    const funnel_ops_t *window = funnel_get_funnel_ops();
    if (window == NULL || window->retap_packets == NULL)
        return;
    streams_listen(&listener);
    window->retap_packets(window->ops_id);
    remove_tap_listener(&listener);
}

static void
show_report(ext_menubar_gui_type gui, void *window, void *data)
{
    (void)gui;
    (void)window;
    (void)data;
    if (open_capture() == NULL)
        return;
    learn_streams();
    struct capture *capture = open_capture(); /* meanwhile it may have been closed */
    if (capture == NULL)
        return;
    struct statistics_extent extent = {0};
    plugin_if_get_capture_file(take_extent, &extent);
    char *page = statistics_page(capture, &extent);
    browser_show(page);
    g_free(page);
    g_free(extent.file);
}

/* -- Filter ----------------------------------------------------------------------------------- */

/* Of a frame that belongs to several conversations that of its finding, if it has one; 0 if there is none. */
static uint32_t
conversation_of(const struct capture *capture, uint32_t number)
{
    uint32_t frame = frames_by_number(capture->frames, number);
    if (frame == 0)
        return 0;
    const GPtrArray *findings = store_by_frame(engine_store(capture->engine), frame);
    const struct finding *finding = findings != NULL ? g_ptr_array_index(findings, 0) : NULL;
    return finding != NULL && finding->flow != 0 ? finding->flow : frames_flow(capture->frames, frame, 0);
}

static void
filter_conversation(ext_menubar_gui_type gui, void *window, void *data)
{
    (void)gui;
    (void)window;
    (void)data;
    const struct capture *capture = open_capture();
    if (capture == NULL)
        return;
    uint32_t flow = conversation_of(capture, selected_frame());
    if (flow == 0) {
        message_show("%s", translated("netcase: the selected packet belongs to no TCP or UDP conversation.",
                                      "netcase：所选报文不属于任何 TCP 或 UDP 会话。"));
        return;
    }
    char *filter = g_strdup_printf("netcase.flow == %u", flow);
    plugin_if_apply_filter(filter, true);
    g_free(filter);
}

/* -- Registration ----------------------------------------------------------------------------- */

static const struct {
    struct wording english, chinese;
    ext_menubar_action_cb act;
} entries[] = {
    {{"Next Finding", "Go to the next packet with a finding"},
     {"下一个诊断结果", "跳到下一个有诊断结果的报文"},
     go_to_next},
    {{"Report in the Browser", "All findings with the packets drawn"},
     {"在浏览器中打开报告", "全部诊断结果，并画出相关报文"},
     show_report},
    {{"Filter on This Conversation", "Show the conversation of the selected packet only"},
     {"按此会话过滤", "只显示所选报文所属的会话"},
     filter_conversation},
};

/* The window is made when the preferences have been read. Until then its entries are our copies, which follow the language. */
static void
follow_language(ext_menu_t *menu)
{
    size_t i = 0;
    for (GList *one = menu->children; one != NULL && i < G_N_ELEMENTS(entries); one = one->next, i++) {
        ext_menubar_t *entry = one->data;
        g_free(entry->label);
        g_free(entry->tooltip);
        entry->label = (char *)label(entries[i].english.label, entries[i].chinese.label);
        entry->tooltip = (char *)label(entries[i].english.help, entries[i].chinese.help);
    }
}

void
tools_menu_register(int protocol)
{
    if (!program_has_windows())
        return;
    ext_menu_t *menu = ext_menubar_register_menu(protocol, "Netcase", true);
    ext_menubar_set_parentmenu(menu, "Tools");
    for (size_t i = 0; i < G_N_ELEMENTS(entries); i++)
        ext_menubar_add_entry(menu, entries[i].english.label, entries[i].english.help, entries[i].act, NULL);
    follow_language(menu);
    browser_register();
}
