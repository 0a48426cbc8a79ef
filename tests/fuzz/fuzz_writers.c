/* Hostile text in everything that is written. An input is how often its text is repeated, the number of a case, and text of any
 * bytes: it becomes all texts of a finding of that case, the name of a VNI, and the cells of a table. What is written must be
 * fit for a terminal, whatever it is made of, and take time in proportion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/catalogue.h"
#include "findings/printable.h"
#include "fuzz.h"
#include "report/columns.h"
#include "report/wrap.h"
#include "shown.h"

enum { COPIES_MAX = 64, TEXT_MAX = 65536 };

static const char *hostile;

/* As the host makes it of the user's table. */
static char *
hostile_name(uint32_t vni)
{
    return vni == 1 ? printable_text(hostile) : g_strdup("");
}

static void
give_fact(struct finding *finding, enum fact_name name)
{
    const struct endpoint endpoint = {.address = {.family = 4, .bytes = {192, 0, 2, 1}}, .port = 443};
    switch (fact_infos[name].type) {
    case TYPE_TEXT:
    case TYPE_CAPTURED:
        report_text(finding, name, hostile);
        report_localized(finding, name, hostile, hostile);
        break;
    case TYPE_ENDPOINT:
        report_endpoint(finding, name, &endpoint);
        break;
    case TYPE_ADDRESS:
        report_address(finding, name, &endpoint.address);
        break;
    case TYPE_DURATION:
        report_duration(finding, name, SECONDS(61));
        break;
    case TYPE_FLAG:
        report_flag(finding, name);
        break;
    default:
        report_count(finding, name, 1);
    }
}

/* The case with every fact: all that its texts can show is shown. */
static struct finding *
finding_of(const struct case_info *info)
{
    struct finding *finding = finding_new(info, CONFIDENCE_LIKELY, 1, 0);
    finding->time = SECONDS(1532866814);
    for (unsigned name = 0; name < FACT_COUNT; name++)
        give_fact(finding, (enum fact_name)name);
    return finding;
}

/* Sessions with the VNIs 1, whose name is hostile, and 2. */
static void
add_sessions(struct engine *engine)
{
    const struct ip_address source = {.family = 4, .bytes = {10, 0, 0, 1}},
                            target = {.family = 4, .bytes = {10, 0, 0, 2}};
    const struct place outside = {0};
    for (uint32_t vni = 1; vni <= 2; vni++)
        encapsulation_enter(engine_encapsulation(engine), &outside, SESSION_VXLAN, &source, &target, vni, 100);
}

/* What takes UTF-8 takes any of it. */
static void
write_lines(void)
{
    char *text = g_utf8_make_valid(hostile, -1);
    char **lines = wrap_words(text, 40);
    GPtrArray *rows = g_ptr_array_new();
    char *const heading[] = {(char *)"one", (char *)"two", NULL}, *const cells[] = {text, (char *)"-", NULL};
    g_ptr_array_add(rows, (void *)heading);
    g_ptr_array_add(rows, (void *)cells);
    char *table = columns_table(rows);
    fuzz_check(lines[0] != NULL && g_utf8_validate(table, -1, NULL));
    for (char **line = lines; *line != NULL; line++)
        fuzz_check(g_utf8_validate(*line, -1, NULL));
    g_free(table);
    g_ptr_array_unref(rows);
    g_strfreev(lines);
    g_free(text);
}

static char *
repeated(const uint8_t *data, size_t size, unsigned copies)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < copies && text->len + size < TEXT_MAX; i++)
        g_string_append_len(text, (const char *)data, (gssize)size);
    return g_string_free(text, FALSE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct settings settings;
    char *text = repeated(data + 2, size - 2, 1 + (data[0] < 250 ? 0 : data[0] % COPIES_MAX * 16u));
    hostile = text;
    settings_init(&settings);
    struct engine *engine = engine_new(&settings);
    add_sessions(engine);
    store_add(engine_store(engine), finding_of(catalogue_case(data[1] % catalogue_case_count())), NULL);
    shown_check(engine, 1, hostile_name);
    write_lines();
    engine_free(engine);
    settings_clear(&settings);
    g_free(text);
    return 0;
}
