/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/timer_table.h"

#include "engine/timers.h"
#include "host/language.h"
#include "host/message.h"

struct timer_row {
    char *vendor, *product, *name, *layer, *seconds, *end, *source;
};

static struct timer_row *timer_rows;
static guint timer_row_count;

UAT_CSTRING_CB_DEF(timer, vendor, struct timer_row)
UAT_CSTRING_CB_DEF(timer, product, struct timer_row)
UAT_CSTRING_CB_DEF(timer, name, struct timer_row)
UAT_CSTRING_CB_DEF(timer, layer, struct timer_row)
UAT_CSTRING_CB_DEF(timer, seconds, struct timer_row)
UAT_CSTRING_CB_DEF(timer, end, struct timer_row)
UAT_CSTRING_CB_DEF(timer, source, struct timer_row)

static const char end_names[][8] = {[TIMER_CLOSE] = "close", [TIMER_RESET] = "reset", [TIMER_SILENCE] = "silence"};

/* "close reset" -> bits; 0 and the wrong word if there is one. */
static unsigned
parse_ends(const char *text, char **wrong)
{
    char **words = g_strsplit_set(text, " ,", -1);
    unsigned ends = 0;
    *wrong = NULL;
    for (char **word = words; *word != NULL && *wrong == NULL; word++) {
        if (**word == '\0')
            continue;
        bool known = false;
        for (unsigned end = 0; end < G_N_ELEMENTS(end_names); end++)
            if (strcmp(*word, end_names[end]) == 0) {
                ends |= 1u << end;
                known = true;
            }
        if (!known)
            *wrong = g_strdup(*word);
    }
    g_strfreev(words);
    return ends;
}

static double
parse_seconds(const char *text)
{
    char *end;
    double seconds = g_ascii_strtod(text, &end);
    return *text != '\0' && *end == '\0' && seconds > 0 && seconds <= 86400 * 30 ? seconds : 0;
}

static void *
timer_copy(void *to, const void *from, size_t size)
{
    struct timer_row *copy = to;
    const struct timer_row *row = from;
    (void)size;
    *copy =
        (struct timer_row){g_strdup(row->vendor),  g_strdup(row->product), g_strdup(row->name),  g_strdup(row->layer),
                           g_strdup(row->seconds), g_strdup(row->end),     g_strdup(row->source)};
    return to;
}

static void
timer_free(void *item)
{
    struct timer_row *row = item;
    g_free(row->vendor);
    g_free(row->product);
    g_free(row->name);
    g_free(row->layer);
    g_free(row->seconds);
    g_free(row->end);
    g_free(row->source);
}

static pref_bool
timer_update(void *item, char **error)
{
    const struct timer_row *row = item;
    char *wrong;

    *error = NULL;
    if (parse_seconds(row->seconds) == 0) {
        *error = message_text(translated("netcase known timer \"%s %s\": \"%s\" is not a number of seconds above 0",
                                         "netcase 已知定时器“%s %s”：“%s”不是大于 0 的秒数"),
                              row->product, row->name, row->seconds);
        return FALSE;
    }
    parse_ends(row->end, &wrong);
    if (wrong != NULL) {
        *error = message_text(translated("netcase known timer \"%s %s\": \"%s\" is none of close, reset, silence",
                                         "netcase 已知定时器“%s %s”：“%s”不是 close、reset、silence 之一"),
                              row->product, row->name, wrong);
        g_free(wrong);
        return FALSE;
    }
    return TRUE;
}

static uat_field_t timer_fields[] = {
    UAT_FLD_CSTRING(timer, vendor, "Vendor", "Who makes it"),
    UAT_FLD_CSTRING(timer, product, "Product", "Load balancer, firewall, server, ..."),
    UAT_FLD_CSTRING(timer, name, "Timer", "Name of the setting"),
    UAT_FLD_CSTRING(timer, layer, "Layer", "TCP, TLS or HTTP: compared with idle TCP connections; others are not"),
    UAT_FLD_CSTRING(timer, seconds, "Seconds", "Value in seconds"),
    UAT_FLD_CSTRING(timer, end, "Ends by", "How it shows: close, reset, silence, or several of them"),
    UAT_FLD_CSTRING(timer, source, "Source", "Where the value is documented"),
    UAT_END_FIELDS,
};
static const struct wording timer_headings[] = {
    {"厂商", "由谁提供"},       {"产品", "负载均衡、防火墙、服务器等"},
    {"定时器", "配置项的名称"}, {"层次", "TCP、TLS 或 HTTP：与空闲的 TCP 连接比较；其他的不比较"},
    {"秒", "以秒为单位的值"},   {"结束方式", "表现为 close（关闭）、reset（重置）、silence（静默丢弃），可以有多个"},
    {"来源", "该值的出处"},
};

static char *
ends_text(unsigned ends)
{
    GString *text = g_string_new(NULL);
    for (unsigned end = 0; end < G_N_ELEMENTS(end_names); end++)
        if (ends & 1u << end)
            g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", end_names[end]);
    return g_string_free(text, FALSE);
}

/* The table starts as what is documented; once the user has saved one of his own, that is the table. */
static void
seed_timers(uat_t *table)
{
    char *saved = saved_table(table);
    for (size_t i = 0; saved == NULL && i < known_timer_count; i++) {
        const struct known_timer *timer = &known_timers[i];
        struct timer_row row = {.vendor = g_strdup(timer->vendor),
                                .product = g_strdup(timer->product),
                                .name = g_strdup(timer->name),
                                .layer = g_strdup(timer->layer),
                                .seconds = g_strdup_printf("%g", timer->seconds),
                                .end = ends_text(timer->ends),
                                .source = g_strdup(timer->source)};
        uat_add_record(table, &row, TRUE);
        timer_free(&row);
    }
    g_free(saved);
}

void
timer_table_register(module_t *module)
{
    label_headings(timer_fields, timer_headings);
    uat_t *timers = uat_new(label("netcase known timers", "netcase 已知定时器"), sizeof(struct timer_row),
                            "netcase_timers", FALSE, &timer_rows, &timer_row_count, UAT_AFFECTS_DISSECTION, NULL,
                            timer_copy, timer_update, timer_free, NULL, NULL, timer_fields);
    seed_timers(timers);
    prefs_register_uat_preference(
        module, "timers", label("Known timers", "已知定时器"),
        label("Documented timers, and those of your own devices", "有文档记载的定时器，以及您自己设备上的定时器"),
        timers);
}

/* What the table does not show is known of the built-in rows; NULL for a row of the user's own. */
static const struct known_timer *
built_in_timer(const struct timer_row *row, double seconds)
{
    for (size_t i = 0; i < known_timer_count; i++)
        if (known_timers[i].seconds == seconds && strcmp(known_timers[i].product, row->product) == 0 &&
            strcmp(known_timers[i].name, row->name) == 0)
            return &known_timers[i];
    return NULL;
}

static void
fill_timer(struct settings *settings, const struct timer_row *row)
{
    char *wrong;
    unsigned ends = parse_ends(row->end, &wrong);
    double seconds = parse_seconds(row->seconds);
    g_free(wrong);
    const struct known_timer *known = built_in_timer(row, seconds);
    struct known_timer timer = {.id = "table",
                                .vendor = row->vendor,
                                .product = row->product,
                                .name = row->name,
                                .layer = row->layer,
                                .seconds = seconds,
                                .ends = ends,
                                .sourced = known == NULL || known->sourced,
                                .source = row->source,
                                .state = known != NULL ? known->state : TIMER_SESSION};
    if (seconds > 0)
        g_array_append_val(settings->timers, timer);
}

void
timer_table_fill(struct settings *settings)
{
    g_array_set_size(settings->timers, 0);
    for (guint i = 0; i < timer_row_count; i++)
        fill_timer(settings, &timer_rows[i]);
}
