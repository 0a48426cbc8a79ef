/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host/findings_table.h"

#include "host/capture.h"
#include "host/headline.h"
#include "host/language.h"
#include "report/sentence.h"

#include <epan/stat_tap_ui.h>

#define TABLE "Findings"

/* So many findings of a case are listed, the others counted in one line: Qt takes long for very many. */
enum { LISTED_MAX = 1000 };

enum column { COLUMN_FRAME, COLUMN_TIME, COLUMN_SEVERITY, COLUMN_FINDING, COLUMN_SENTENCE, COLUMNS };

static stat_tap_table_item columns[COLUMNS] = {
    [COLUMN_FRAME] = {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "No.", "%u"},
    [COLUMN_TIME] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, NULL, "%s"},
    [COLUMN_SEVERITY] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, NULL, "%s"},
    [COLUMN_FINDING] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, NULL, "%s"},
    [COLUMN_SENTENCE] = {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, NULL, "%s"},
};

/* Rows of tables that were filled anew. Lines of another window that is still open point into them. */
static GPtrArray *replaced;

static void
free_row(void *row)
{
    stat_tap_table_item_type *items = row;
    for (int column = COLUMN_TIME; column < COLUMNS; column++)
        g_free((char *)items[column].value.string_value);
    g_free(items);
}

static void
reset(stat_tap_table *table)
{
    for (unsigned row = 0; row < table->num_elements; row++)
        g_ptr_array_add(replaced, table->elements[row]);
    table->num_elements = 0;
}

/* When the last window is closed. */
static void
free_item(stat_tap_table *table, unsigned row, unsigned column, stat_tap_table_item_type *item)
{
    (void)table;
    (void)row;
    if (column != COLUMN_FRAME)
        g_free((char *)item->value.string_value);
}

static void
init(stat_tap_table_ui *ui)
{
    stat_tap_table *table = stat_tap_find_table(ui, TABLE);
    if (table != NULL) {
        reset(table);
        return;
    }
    if (replaced != NULL) /* no window is open */
        g_ptr_array_unref(replaced);
    replaced = g_ptr_array_new_with_free_func(free_row);
    stat_tap_add_table(ui, stat_tap_init_table(TABLE, COLUMNS, 0, NULL));
}

static void
add_row(stat_tap_table *table, uint32_t frame, char *time, char *severity, char *name, char *sentence)
{
    stat_tap_table_item_type row[COLUMNS] = {
        [COLUMN_FRAME] = {.type = TABLE_ITEM_UINT, .value.uint_value = frame},
        [COLUMN_TIME] = {.type = TABLE_ITEM_STRING, .value.string_value = time},
        [COLUMN_SEVERITY] = {.type = TABLE_ITEM_STRING, .value.string_value = severity},
        [COLUMN_FINDING] = {.type = TABLE_ITEM_STRING, .value.string_value = name},
        [COLUMN_SENTENCE] = {.type = TABLE_ITEM_STRING, .value.string_value = sentence},
    };
    stat_tap_init_table_row(table, table->num_elements, COLUMNS, row);
}

static void
list_finding(stat_tap_table *table, const struct capture *capture, uint32_t frame, const struct finding *finding)
{
    enum language language = language_current();
    struct standing standing = store_standing(engine_store(capture->engine), finding);
    if (standing.place > LISTED_MAX + 1)
        return;
    bool rest = standing.place == LISTED_MAX + 1;
    char *sentence =
        rest ? g_strdup_printf(translated("and all others of this case, %u in all", "及此类的其余诊断结果，共 %u 个"),
                               standing.count)
             : sentence_in_capture(engine_encapsulation(capture->engine), finding, language);
    add_row(table, frame, clock_text(finding->time), g_strdup(severity_name(finding->severity, language)),
            headline_name(capture, finding, true, language), sentence);
}

static tap_packet_status
list_findings(void *data, packet_info *pinfo, epan_dissect_t *dissection, const void *findings, tap_flags_t flags)
{
    (void)dissection;
    (void)flags;
    stat_tap_table *table = stat_tap_find_table(((stat_data_t *)data)->stat_tap_data, TABLE);
    const struct capture *capture = capture_current();
    if (table == NULL || capture == NULL)
        return TAP_PACKET_DONT_REDRAW;
    GPtrArray *ordered = causes_in_order(engine_causes(capture->engine), findings);
    for (guint i = 0; i < ordered->len; i++)
        list_finding(table, capture, pinfo->num, g_ptr_array_index(ordered, i));
    g_ptr_array_unref(ordered);
    return TAP_PACKET_REDRAW;
}

void
findings_table_register(void)
{
    static stat_tap_table_ui ui = {.group = REGISTER_PACKET_STAT_GROUP_UNSORTED,
                                   .title = "Netcase Findings", /* the menu is made before the preferences are read */
                                   .tap_name = "netcase",
                                   .cli_string = "netcase_findings,table",
                                   .stat_tap_init_cb = init,
                                   .packet_func = list_findings,
                                   .stat_tap_reset_table_cb = reset,
                                   .stat_tap_free_table_item_cb = free_item,
                                   .nfields = COLUMNS,
                                   .fields = columns};
    columns[COLUMN_TIME].column_name = label("Time (UTC)", "时间 (UTC)");
    columns[COLUMN_SEVERITY].column_name = label("Severity", "严重程度");
    columns[COLUMN_FINDING].column_name = label("Finding", "诊断结果");
    columns[COLUMN_SENTENCE].column_name = label("What happened", "发生了什么");
    register_stat_tap_table_ui(&ui);
}
