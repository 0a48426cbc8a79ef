/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command/reading.h"

#include "command/capture_file.h"

static void
note_packet(const struct arrival *arrival, uint32_t flow, void *reading)
{
    frames_add_packet(((struct reading *)reading)->frames, arrival->packet.frame, flow, &arrival->packet);
}

static void
count_time(struct reading *reading, int64_t time)
{
    reading->first_time = reading->count == 0 ? time : MIN(time, reading->first_time);
    reading->last_time = reading->count == 0 ? time : MAX(time, reading->last_time);
    reading->count++;
}

static void
count_link(struct reading *reading, int kind)
{
    gpointer key = GINT_TO_POINTER(kind + 1);
    guint before = GPOINTER_TO_UINT(g_hash_table_lookup(reading->links, key));
    g_hash_table_insert(reading->links, key, GUINT_TO_POINTER(before + 1));
}

static void
take_frame(struct reading *reading, const struct walk *walk, const struct captured_frame *frame)
{
    count_time(reading, frame->time);
    struct walk_frame walked = {
        .time = frame->time, .link = frame->link, .interface = frame->interface, .bytes = frame->bytes};
    walked.number =
        frames_add(reading->frames, (struct frame_place){.number = (uint32_t)reading->count, .offset = frame->offset});
    enum walk_result result = walk_frame(walk, &walked);
    reading->unread[result]++;
    if (result == WALK_LINK)
        count_link(reading, frame->kind);
}

struct reading *
reading_new(const struct settings *settings, const char *name, char **problem)
{
    struct capture_file *file = capture_file_open(name, problem);
    if (file == NULL)
        return NULL;
    struct reading *reading = g_new0(struct reading, 1);
    reading->engine = engine_new(settings);
    reading->frames = frames_new();
    reading->links = g_hash_table_new(g_direct_hash, g_direct_equal);
    struct fragments *fragments = fragments_new(&settings->hash_seed);
    const struct walk walk = {.engine = reading->engine, .fragments = fragments, .note = note_packet, .data = reading};
    struct captured_frame frame;
    while (reading->count < UINT32_MAX && capture_file_next(file, &frame, problem))
        take_frame(reading, &walk, &frame);
    fragments_free(fragments);
    capture_file_close(file);
    return reading;
}

void
reading_free(struct reading *reading)
{
    engine_free(reading->engine);
    frames_free(reading->frames);
    g_hash_table_destroy(reading->links);
    g_free(reading);
}

/* -- What was not looked at ------------------------------------------------------------------- */

static void
append_part(GString *text, enum language language, uint64_t count, const char *english, const char *chinese)
{
    if (count == 0)
        return;
    if (text->len > 0)
        g_string_append(text, language == LANGUAGE_CHINESE ? "，" : ", ");
    if (language == LANGUAGE_CHINESE)
        g_string_append_printf(text, "%" G_GUINT64_FORMAT " 个%s", count, chinese);
    else
        g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s", count, english);
}

static gint
compare_kinds(gconstpointer a, gconstpointer b)
{
    return GPOINTER_TO_INT(a) - GPOINTER_TO_INT(b);
}

static void
append_links(GString *text, const struct reading *reading, enum language language)
{
    GList *kinds = g_list_sort(g_hash_table_get_keys(reading->links), compare_kinds);
    for (GList *kind = kinds; kind != NULL; kind = kind->next) {
        const char *name = capture_file_link_name(GPOINTER_TO_INT(kind->data) - 1);
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(reading->links, kind->data));
        char *words = g_strdup_printf(language == LANGUAGE_CHINESE ? "链路层为 %s" : "of link layer %s", name);
        append_part(text, language, count, words, words);
        g_free(words);
    }
    g_list_free(kinds);
}

char *
reading_unread(const struct reading *reading, enum language language)
{
    uint64_t unread = reading->count - reading->unread[WALK_WHOLE];
    if (unread == 0)
        return NULL;
    GString *parts = g_string_new(NULL);
    append_part(parts, language, reading->unread[WALK_FRAGMENT], "fragmented", "为 IP 分片");
    append_part(parts, language, reading->unread[WALK_TUNNEL], "in tunnels of a kind that is not opened",
                "在不支持的隧道中");
    append_links(parts, reading, language);
    char *text = language == LANGUAGE_CHINESE
                     ? g_strdup_printf("未检查：%" G_GUINT64_FORMAT " 个报文中的 %" G_GUINT64_FORMAT
                                       " 个（%s）；用 tshark -z netcase 可以看到其中的内容",
                                       reading->count, unread, parts->str)
                     : g_strdup_printf("Not looked at: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
                                       " packets (%s); tshark -z netcase sees what is in them",
                                       unread, reading->count, parts->str);
    g_string_free(parts, TRUE);
    return text;
}
