/* The command `netcase`: the reports of tshark -z netcase without tshark, at the speed at which captures can be read.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command/capture_file.h"
#include "command/preference.h"
#include "command/reading.h"
#include "findings/printable.h"
#include "report/brief.h"
#include "report/sessions.h"
#include "report/timers.h"
#include "report/words.h"
#include "json/endings_json.h"
#include "json/report_json.h"

/* FAILED: a capture can't be read, or not to its end; or nobody can read what is printed. FOUND: what --fail-on asks for; no status of tshark. */
enum status { STATUS_GOOD = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_FOUND = 20 };

/* How many findings a report has is all that is asked of some. */
struct printing {
    const struct reading *reading;
    struct report *report;
    struct report_view view;
};

/* -- What can be printed ---------------------------------------------------------------------- */

/* Names of VNIs stand in a table that only Wireshark's windows edit. */
static char *
no_name(uint32_t vni)
{
    (void)vni;
    return g_strdup("");
}

static const struct report_names no_names = {.vni_name = no_name};

static void
print_own(char *text)
{
    fputs(text, stdout);
    g_free(text);
}

static void
print_text(const struct printing *printing)
{
    print_own(report_brief(printing->report, &printing->view));
}

static void
print_long(const struct printing *printing)
{
    print_own(report_words(printing->report, &printing->view));
}

static void
print_markdown(const struct printing *printing)
{
    struct report_view view = printing->view;
    view.markdown = true;
    print_own(report_words(printing->report, &view));
}

static void
print_json(const struct printing *printing)
{
    report_json_write(stdout, printing->report, &printing->view, &no_names, FORM_FIRST);
}

static void
print_json_all(const struct printing *printing)
{
    report_json_write(stdout, printing->report, &printing->view, &no_names, FORM_ALL);
}

static void
print_json_brief(const struct printing *printing)
{
    report_json_write(stdout, printing->report, &printing->view, &no_names, FORM_BRIEF);
}

static void
print_page(const struct printing *printing)
{
    print_own(report_page(printing->report, &printing->view, &no_names));
}

static void
print_endings(const struct printing *printing)
{
    struct endings *endings = endings_new(printing->reading->engine, NULL, NULL);
    print_own(endings_text(endings, printing->reading->engine, printing->view.language));
    endings_free(endings);
}

static void
print_endings_json(const struct printing *printing)
{
    struct endings *endings = endings_new(printing->reading->engine, NULL, NULL);
    endings_json_write(stdout, endings, printing->reading->engine, printing->view.language);
    endings_free(endings);
}

static void
print_sessions(const struct printing *printing)
{
    print_own(session_report(engine_encapsulation(printing->reading->engine), no_name, printing->view.language));
}

static void
print_timers(const struct printing *printing)
{
    print_own(timer_report(printing->reading->engine, printing->view.language));
}

/* -- Options ---------------------------------------------------------------------------------- */

struct options {
    gboolean long_text, markdown, json, json_all, json_brief, page, endings, endings_json, sessions, timers, version;
    char *language, *fail_on;
    char **preferences, **files;
};

/* One of them, or the report in brief. */
static const struct {
    size_t chosen; /* the offset of its option */
    void (*print)(const struct printing *printing);
} forms[] = {
    {G_STRUCT_OFFSET(struct options, long_text), print_long},
    {G_STRUCT_OFFSET(struct options, markdown), print_markdown},
    {G_STRUCT_OFFSET(struct options, json), print_json},
    {G_STRUCT_OFFSET(struct options, json_all), print_json_all},
    {G_STRUCT_OFFSET(struct options, json_brief), print_json_brief},
    {G_STRUCT_OFFSET(struct options, page), print_page},
    {G_STRUCT_OFFSET(struct options, endings), print_endings},
    {G_STRUCT_OFFSET(struct options, endings_json), print_endings_json},
    {G_STRUCT_OFFSET(struct options, sessions), print_sessions},
    {G_STRUCT_OFFSET(struct options, timers), print_timers},
};

static const char DESCRIPTION[] =
    "Without an option for the form: the report for a terminal. The forms are those of tshark -z netcase, and say the same; numbers of "
    "Wireshark's TCP streams are not in them. - is standard input.\n\n"
    "What the command can't open it says in the report: use tshark for those captures. It opens Ethernet with VLAN tags, PPPoE and MPLS, "
    "Linux cooked captures, raw IP, loopback and PPP; IPv4 and IPv6, IPIP, 6in4, GRE, ERSPAN, VXLAN and GENEVE.\n\n"
    "Exit status: 0; 1 if a capture can't be read, or not to its end; 2 for wrong options; 20 for what --fail-on asks for.\n";

/* NULL if there is nothing to do any more; `status` tells how that ended. */
static bool
parse(struct options *options, int *count, char ***words, int *status)
{
    const GOptionEntry entries[] = {
        {"long", 0, 0, G_OPTION_ARG_NONE, &options->long_text, "Everything, as text", NULL},
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &options->markdown, "Everything, as Markdown for a ticket", NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "JSON", NULL},
        {"json-all", 0, 0, G_OPTION_ARG_NONE, &options->json_all, "JSON with every finding", NULL},
        {"json-brief", 0, 0, G_OPTION_ARG_NONE, &options->json_brief, "JSON with a finding a problem", NULL},
        {"html", 0, 0, G_OPTION_ARG_NONE, &options->page, "One page for a browser, with the packets drawn", NULL},
        {"endings", 0, 0, G_OPTION_ARG_NONE, &options->endings, "How connections ended, by server", NULL},
        {"endings-json", 0, 0, G_OPTION_ARG_NONE, &options->endings_json, "The same as JSON", NULL},
        {"sessions", 0, 0, G_OPTION_ARG_NONE, &options->sessions, "Mirror and tunnel sessions", NULL},
        {"timers", 0, 0, G_OPTION_ARG_NONE, &options->timers, "Idle times by server", NULL},
        {"preference", 'o', 0, G_OPTION_ARG_STRING_ARRAY, &options->preferences,
         "A preference, by its name in Wireshark", "netcase.NAME:VALUE"},
        {"language", 0, 0, G_OPTION_ARG_STRING, &options->language, "en or zh_CN; else that of the system", "LANGUAGE"},
        {"fail-on", 0, 0, G_OPTION_ARG_STRING, &options->fail_on,
         "End with 20 if there is a finding at least that grave: chat, note, warning or error", "SEVERITY"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version", NULL},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL, "CAPTURE..."},
        {0},
    };
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_summary(context, "Names documented failure patterns in captures.");
    g_option_context_set_description(context, DESCRIPTION);
    g_option_context_add_main_entries(context, entries, NULL);
    GError *error = NULL;
    bool parsed = g_option_context_parse(context, count, words, &error);
    g_option_context_free(context);
    if (!parsed) {
        char *message = printable_text(error->message);
        fprintf(stderr, "netcase: %s\n", message);
        g_free(message);
        g_error_free(error);
        *status = STATUS_USAGE;
        return false;
    }
    if (options->version) {
        printf("netcase %s\n", NETCASE_VERSION);
        *status = STATUS_GOOD;
        return false;
    }
    return true;
}

static bool
is_chosen(const struct options *options, size_t offset)
{
    return G_STRUCT_MEMBER(gboolean, options, offset);
}

/* The form that was asked for; NULL if it is more than one. */
static void (*form_of(const struct options *options))(const struct printing *printing)
{
    void (*print)(const struct printing *printing) = print_text;
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        if (!is_chosen(options, forms[i].chosen))
            continue;
        if (print != print_text)
            return NULL;
        print = forms[i].print;
    }
    return print;
}

static bool
language_of(const struct options *options, enum language *language)
{
    if (options->language == NULL)
        *language = language_of_system();
    else if (strcmp(options->language, "en") == 0)
        *language = LANGUAGE_ENGLISH;
    else if (strcmp(options->language, "zh_CN") == 0)
        *language = LANGUAGE_CHINESE;
    else
        return false;
    return true;
}

/* `severity` is one more than the highest where nothing is asked for. */
static bool
severity_of(const struct options *options, int *severity)
{
    *severity = SEVERITY_ERROR + 1;
    if (options->fail_on == NULL)
        return true;
    for (*severity = 0; *severity <= SEVERITY_ERROR; ++*severity)
        if (strcmp(options->fail_on, severity_name((enum severity) * severity, LANGUAGE_ENGLISH)) == 0)
            return true;
    return false;
}

/* -- Captures --------------------------------------------------------------------------------- */

struct task {
    void (*print)(const struct printing *printing);
    enum language language;
    int fail_on; /* enum severity */
    struct preferences preferences;
};

static bool
is_wanted(const struct finding *finding, void *data)
{
    (void)finding;
    (void)data;
    return true;
}

static uint32_t
shown_frame(uint32_t frame, void *reading)
{
    return frames_shown_number(((const struct reading *)reading)->frames, frame);
}

static bool
packet_of_frame(uint32_t frame, void *reading, struct seen_packet *packet)
{
    return frames_packet(((const struct reading *)reading)->frames, frame, packet);
}

static char *
shown_name(const char *file)
{
    if (strcmp(file, "-") == 0)
        return NULL;
    char *name = g_path_get_basename(file), *printable = printable_text(name);
    g_free(name);
    return printable;
}

static bool
is_found(const struct report *report, int severity)
{
    for (int one = severity; one <= SEVERITY_ERROR; one++)
        if (report->by_severity[one] > 0)
            return true;
    return false;
}

static enum status
print_reading(const struct task *task, struct reading *reading, const char *file)
{
    char *name = shown_name(file), *unread = reading_unread(reading, task->language);
    const struct report_origin origin = {
        .file = name,
        .version = NETCASE_VERSION,
        .host = "libwiretap " G_STRINGIFY(WIRESHARK_MAJOR) "." G_STRINGIFY(WIRESHARK_MINOR),
        .options = (char *const *)task->preferences.options->pdata,
        .unread = unread,
        .frames = reading->count,
        .first_time = reading->first_time,
        .last_time = reading->last_time,
    };
    struct printing printing = {.reading = reading,
                                .report = report_new(reading->engine, is_wanted, NULL),
                                .view = {.language = task->language,
                                         .origin = &origin,
                                         .shown_frame = shown_frame,
                                         .packet = packet_of_frame,
                                         .data = reading,
                                         .frames = reading->frames}};
    task->print(&printing);
    enum status status = is_found(printing.report, task->fail_on) ? STATUS_FOUND : STATUS_GOOD;
    report_free(printing.report);
    g_free(name);
    g_free(unread);
    return status;
}

/* What was read of a capture that ends badly is reported all the same. */
static enum status
report_file(const struct task *task, const char *file)
{
    char *problem = NULL;
    enum status status = STATUS_FAILED;
    struct reading *reading = reading_new(&task->preferences.settings, file, &problem);
    if (reading != NULL) {
        status = print_reading(task, reading, file);
        reading_free(reading);
    }
    if (problem != NULL) {
        fflush(stdout);
        fprintf(stderr, "netcase: %s\n", problem);
        g_free(problem);
        return STATUS_FAILED;
    }
    return status;
}

static enum status
report_files(const struct task *task, char **files)
{
    enum status worst = STATUS_GOOD;
    for (char **file = files; *file != NULL; file++) {
        if (file != files)
            putchar('\n');
        enum status status = report_file(task, *file);
        if (status == STATUS_FAILED || (status == STATUS_FOUND && worst == STATUS_GOOD))
            worst = status;
    }
    /* A report that nobody can read is none. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "netcase: standard output can't be written: %s\n", g_strerror(errno));
        return STATUS_FAILED;
    }
    return worst;
}

static bool
set_preferences(struct preferences *preferences, char **settings)
{
    for (char **one = settings; one != NULL && *one != NULL; one++) {
        char *problem = NULL;
        if (!preferences_set(preferences, *one, &problem)) {
            fprintf(stderr, "netcase: %s\n", problem);
            g_free(problem);
            return false;
        }
    }
    preferences_finish(preferences);
    return true;
}

/* NULL, or what is wrong with the options. */
static const char *
fill_task(struct task *task, const struct options *options)
{
    task->print = form_of(options);
    if (task->print == NULL)
        return "one form at a time";
    if (options->files == NULL)
        return "no capture is named; see --help";
    if (!language_of(options, &task->language))
        return "--language is en or zh_CN";
    if (!severity_of(options, &task->fail_on))
        return "--fail-on is chat, note, warning or error";
    return NULL;
}

static enum status
run(const struct options *options)
{
    struct task task = {0};
    const char *problem = fill_task(&task, options);
    if (problem != NULL) {
        fprintf(stderr, "netcase: %s\n", problem);
        return STATUS_USAGE;
    }
    enum status status = STATUS_USAGE;
    preferences_init(&task.preferences);
    if (set_preferences(&task.preferences, options->preferences)) {
        capture_files_init();
        status = report_files(&task, options->files);
    }
    preferences_clear(&task.preferences);
    return status;
}

int
main(int count, char **words)
{
    struct options options = {0};
    int status;
    setlocale(LC_ALL, "");
    if (parse(&options, &count, &words, &status))
        status = run(&options);
    g_free(options.language);
    g_free(options.fail_on);
    g_strfreev(options.preferences);
    g_strfreev(options.files);
    return status;
}
