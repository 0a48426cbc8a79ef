/* Templates and formats. SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes_of.h"
#include "report/text.h"

static const struct case_info sample = {
    .id = "idle.reset",
    .severity = SEVERITY_ERROR,
    .english =
        {
            .title = "Reset after {idle} of silence",
            .summary = "{client} sent to {server} after {idle}[, {retransmissions} times], and got RST.",
            .causes = "[Timer: {timer}.]\n\n  A device in between.  \n[{?keepalive}Keepalive found it.]",
            .checks = NULL,
            .disproof = "[{!keepalive}A probe that was answered.]",
        },
};

static struct finding *
sample_finding(void)
{
    struct finding *finding = finding_new(&sample, CONFIDENCE_LIKELY, 7, 3);
    const struct fact facts[] = {
        {.name = FACT_client, .endpoint = {ipv4(192, 0, 2, 1), 51968}},
        {.name = FACT_server, .endpoint = {ipv4(115, 28, 115, 126), 88}},
        {.name = FACT_idle, .number = MILLISECONDS(14664)},
        {.name = FACT_timer, .text = g_strdup("nginx keepalive_timeout (15 s)")},
        {.name = FACT_timer, .text = g_strdup("ALB idle (15 s)")},
        {.name = FACT_attempts, .number = 3},
        {.name = FACT_attempts, .number = 4},
    };
    g_array_append_vals(finding->facts, facts, G_N_ELEMENTS(facts));
    return finding;
}

static void
filled(void **state)
{
    (void)state;
    static const struct {
        const char *template_text, *text;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"{idle}", "14.66 s"},
        {"{client} to {server}", "192.0.2.1:51968 to 115.28.115.126:88"},
        {"nc {server.address} {server.port}", "nc 115.28.115.126 88"},
        {"{closer.address}", "?"},
        {"{closer.port}", "?"},
        {"a[ b {closer.port}] c", "a c"},
        {"{idle.port}", "{idle.port}"},
        {"{server.name}", "{server.name}"},
        {"{server.}", "{server.}"},
        {"{server.port", "{server.port"},
        {"[{?server.port}]", "{?server.port}"},
        {"{timer}", "nginx keepalive_timeout (15 s); ALB idle (15 s)"},
        {"{attempts}", "3"},
        {"a[ b {idle}] c", "a b 14.66 s c"},
        {"a[ b {quiet}] c", "a c"},
        {"a[ {idle} {quiet}] c", "a c"},
        {"a[ b] c", "a b c"},
        {"[{?idle}yes][{?quiet}no]", "yes"},
        {"[{!idle}no][{!quiet}yes]", "yes"},
        {"[{!quiet}{idle}]", "14.66 s"},
        {"[{?idle}{?quiet}no]", ""},
        {"{{idle}}", "{idle}"},
        {"[[x]] {{}}", "[x] {}"},
        {"[a]]b {idle}]", "a]b 14.66 s"},
        {"[[[{idle}]", "[14.66 s"},
        {"{quiet}", "?"},
        {"{unknown}", "{unknown}"},
        {"{idle", "{idle"},
        {"{Idle}", "{Idle}"},
        {"{ idle}", "{ idle}"},
        {"{}", "{}"},
        {"[open {idle}", "[open 14.66 s"},
        {"a] b", "a] b"},
        {"[a [{idle}] b]", "[a 14.66 s b]"},
        {"空闲 {idle}，[关闭方：{closer}]", "空闲 14.66 s，"},
    };
    struct finding *finding = sample_finding();
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *text = text_fill(rows[i].template_text, finding, LANGUAGE_ENGLISH, MARKUP_NONE);
        assert_string_equal(text, rows[i].text);
        g_free(text);
    }
    finding_free(finding);
}

static void
parts(void **state)
{
    (void)state;
    struct finding *finding = sample_finding();
    char *text = finding_text(finding, TEXT_SUMMARY, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_string_equal(text, "192.0.2.1:51968 sent to 115.28.115.126:88 after 14.66 s, and got RST.");
    g_free(text);
    text = text_fill("空闲 {idle} 后被重置[，匹配的定时器：{timer}]", finding, LANGUAGE_CHINESE, MARKUP_NONE);
    assert_string_equal(text, "空闲 14.66 秒 后被重置，匹配的定时器：nginx keepalive_timeout (15 s)；ALB idle (15 s)");
    g_free(text);
    text = finding_text(finding, TEXT_CHECKS, LANGUAGE_ENGLISH, MARKUP_NONE); /* not written */
    assert_string_equal(text, "");
    g_free(text);
    text = finding_text(finding, TEXT_DISPROOF, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_string_equal(text, "A probe that was answered.");
    g_free(text);
    finding_free(finding);
}

static void
lines(void **state)
{
    (void)state;
    struct finding *finding = sample_finding();
    char **causes = finding_lines(finding, TEXT_CAUSES, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_int_equal(g_strv_length(causes), 2);
    assert_string_equal(causes[0], "Timer: nginx keepalive_timeout (15 s); ALB idle (15 s).");
    assert_string_equal(causes[1], "A device in between.");
    g_strfreev(causes);
    GPtrArray *checks = finding_checks(finding, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_int_equal(checks->len, 0);
    g_ptr_array_unref(checks);
    finding_free(finding);
}

/* What rests on one direction says so first, whatever the case, unless the case itself does. */
static void
one_direction(void **state)
{
    (void)state;
    static const char *const begins[] = {[LANGUAGE_ENGLISH] = "Capture or mirror what 115.28.115.126:88 sends as well",
                                         [LANGUAGE_CHINESE] = "同时抓取或镜像 115.28.115.126:88 发出的报文"};
    struct finding *finding = sample_finding();
    finding_add_fact(finding, (struct fact){.name = FACT_unseen, .endpoint = {ipv4(115, 28, 115, 126), 88}});
    for (enum language language = LANGUAGE_ENGLISH; language <= LANGUAGE_CHINESE; language++) {
        GPtrArray *checks = finding_checks(finding, language, MARKUP_NONE);
        assert_int_equal(checks->len, 1);
        const struct check *check = g_ptr_array_index(checks, 0);
        assert_true(g_str_has_prefix(check->words, begins[language]));
        assert_null(check->command);
        g_ptr_array_unref(checks);
    }
    finding_add_fact(finding, (struct fact){.name = FACT_one_way, .number = 1});
    GPtrArray *checks = finding_checks(finding, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_int_equal(checks->len, 0);
    g_ptr_array_unref(checks);
    finding_free(finding);
}

static const struct case_info hostile_sample = {
    .id = "dns.failed",
    .severity = SEVERITY_ERROR,
    .english = {.summary = "{zone}{zone} *is* <b>[ {?zone}www.a.b]</b> of {name}; {timer}.",
                .checks = "Now: `dig @{server.address} -q {name} -t {query_type}`\n"
                          "Glued: `curl --data-urlencode name={name} {server}`\n"
                          "In quotes: `tcpdump 'port {server.port} and host {client.address}'`\n"
                          "[Left out: `cat`{?idle}]\n"
                          "[Shown: `cat`{!idle}]\n"
                          "Part: `tshark[ | grep -e {zone}][ {idle}] | sort`\n"
                          "Missing: `dig -q {server_name} {closer.address}`\n"
                          "Console: rules of {name}\n"
                          "`true`"},
};

static struct finding *
hostile_finding(void)
{
    struct finding *finding = finding_new(&hostile_sample, CONFIDENCE_LIKELY, 7, 3);
    const struct ip_address ipv6 = {.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    const struct fact facts[] = {
        {.name = FACT_client, .endpoint = {ipv4(192, 0, 2, 1), 51968}},
        {.name = FACT_server, .endpoint = {ipv6, 443}},
        {.name = FACT_name, .text = g_strdup("$(x): `y` 'z'")},
        {.name = FACT_zone, .text = g_strdup("-e")},
        {.name = FACT_zone, .text = g_strdup("second")},
        {.name = FACT_query_type, .text = g_strdup("AAAA")},
        {.name = FACT_timer, .text = g_strdup("a_b *c*")},
    };
    g_array_append_vals(finding->facts, facts, G_N_ELEMENTS(facts));
    return finding;
}

/* A value is one word of the command, whatever it holds; only the mark of the template says where the command begins. */
static void
commands(void **state)
{
    (void)state;
    static const struct {
        const char *words, *command;
    } rows[] = {
        {"Now: ", "dig @2001:db8::1 -q '$(x): `y` '\\''z'\\''' -t AAAA"},
        {"Glued: ", "curl --data-urlencode name='$(x): `y` '\\''z'\\''' '[2001:db8::1]:443'"},
        {"In quotes: ", "tcpdump 'port 443 and host 192.0.2.1'"},
        {"Shown: ", "cat"},
        {"Part: ", "tshark | grep -e '-e' | sort"},
        {"Missing: ", "dig -q '?' '?'"},
        {"Console: rules of $(x): `y` 'z'", NULL},
        {"", "true"},
    };
    struct finding *finding = hostile_finding();
    GPtrArray *checks = finding_checks(finding, LANGUAGE_ENGLISH, MARKUP_NONE);
    assert_int_equal(checks->len, G_N_ELEMENTS(rows));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct check *check = g_ptr_array_index(checks, i);
        assert_string_equal(check->words, rows[i].words);
        if (rows[i].command == NULL)
            assert_null(check->command);
        else
            assert_string_equal(check->command, rows[i].command);
        char *line = check_text(check), *both = g_strconcat(rows[i].words, rows[i].command, NULL);
        assert_string_equal(line, both);
        g_free(line);
        g_free(both);
    }
    g_ptr_array_unref(checks);
    finding_free(finding);
}

/* Text of the capture is code, words come out as they are. */
static void
in_markdown(void **state)
{
    (void)state;
    struct finding *finding = hostile_finding();
    char *summary = finding_text(finding, TEXT_SUMMARY, LANGUAGE_ENGLISH, MARKUP_MARKDOWN);
    assert_string_equal(summary, "`-e`; `second` `-e`; `second` \\*is\\* \\<b> www\\.a.b\\</b> of ``$(x): `y` 'z'``; "
                                 "a_b \\*c\\*.");
    GPtrArray *checks = finding_checks(finding, LANGUAGE_ENGLISH, MARKUP_MARKDOWN);
    const struct check *console = g_ptr_array_index(checks, 6), *glued = g_ptr_array_index(checks, 1);
    assert_string_equal(console->words, "Console: rules of ``$(x): `y` 'z'``");
    assert_string_equal(glued->command, "curl --data-urlencode name='$(x): `y` '\\''z'\\''' '[2001:db8::1]:443'");
    g_ptr_array_unref(checks);
    g_free(summary);
    finding_free(finding);
}

static void
checked(void **state)
{
    (void)state;
    static const struct {
        const char *template_text, *problem; /* NULL = none */
    } rows[] = {
        {"", NULL},
        {"See: `ss -tn 'port {server.port} and host {client.address}'`", NULL},
        {"See: `dig -q {name} a={name} {server}`\nand words {idle}", NULL},
        {"[See: `dig -q {name}`{?idle}{!zone}]\n[See: `ls`]", NULL},
        {"See: `dig[ -q {name}] | sort`", NULL},
        {"See: `awk '{{print \"[[$1]]\"}}\\n' \"it's {server.port}\"`", NULL},
        {"See: `ss '{reporter} {server.address}'`", NULL},
        {"See: `dig -q '{name}'`", "inside of quotes"},
        {"See: `dig -q \"{name}\"`", "inside of quotes"},
        {"See: `dig -q \"'{name}'\"`", "inside of quotes"},
        {"See: `ss 'dst {server}'`", "inside of quotes"},
        {"See: `ss '{idle}'`", "inside of quotes"},
        {"See: `ss '{timer}'`", "inside of quotes"},
        {"See: `ss '[{name}]'`", "inside of quotes"},
        {"See: `ss 'a`", "quote without end"},
        {"See: `ss 'a[ b' c]d'`", "only the part in brackets"},
        {"See: `ss[ 'a{?idle}] b'`", "only the part in brackets"},
        {"See: `ss", "command without end"},
        {"See: `ss\nor not`", "command without end"},
        {"See: ``", "empty"},
        {"See: `ss` or `ls`", "behind a command"},
        {"See: `ss``ls`", "two commands"},
        {"See: `ss`.", "behind a command"},
        {"See: `ss` {{", "behind a command"},
        {"See: `ss`{idle}", "behind a command"},
        {"See: `ss`[ now]", "behind a command"},
        {"[See: `ss]`", "half in brackets"},
        {"See: [`ss`]x", "behind a command"},
        {"See: `a \\; b`", "backslash"},
        {"See: `a \"\\n\"`", "backslash"},
        {"See: `a $'b'`", "in front of a quote"},
        {"[a\nb]", "line break"},
        {"{idle}[ {?quiet}{!closer}x] {{}} [[y]]", NULL},
        {"[a]]b]", NULL},
        {"{unknown}", "placeholder"},
        {"{idle", "placeholder"},
        {"{}", "placeholder"},
        {"[{?unknown}x]", "placeholder"},
        {"idle}", "brace"},
        {"{?idle}", "outside"},
        {"[x", "without end"},
        {"[x [y] z]", "without end"},
        {"x]", "without an opening"},
        {"[x] y]", "without an opening"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        char *problem = NULL;
        bool good = text_check(rows[i].template_text, TEXT_CHECKS, &problem);
        if (good != (rows[i].problem == NULL) || good != (problem == NULL) ||
            (!good && strstr(problem, rows[i].problem) == NULL)) {
            fail_msg("%s: %s", rows[i].template_text, problem);
        }
        g_free(problem);
    }
}

/* Commands are checks. */
static void
only_checks_have_commands(void **state)
{
    (void)state;
    for (int part = TEXT_TITLE; part <= TEXT_DISPROOF; part++) {
        char *problem = NULL;
        assert_int_equal(text_check("See: `ls`", (enum text_part)part, &problem), part == TEXT_CHECKS);
        g_free(problem);
    }
}

static void
formats(void **state)
{
    (void)state;
    static const struct {
        enum fact_name name;
        int64_t number;
        const char *english, *chinese;
    } rows[] = {
        {FACT_idle, MILLISECONDS(14664), "14.66 s", "14.66 秒"},
        {FACT_idle, MILLISECONDS(14665), "14.67 s", "14.67 秒"},
        {FACT_idle, MILLISECONDS(119890), "119.89 s", "119.89 秒"},
        {FACT_idle, MILLISECONDS(119999), "120.00 s", "120.00 秒"},
        {FACT_idle, 0, "0.00 ms", "0.00 毫秒"},
        {FACT_idle, 350000, "0.35 ms", "0.35 毫秒"},
        {FACT_idle, MILLISECONDS(10) - 1, "10.00 ms", "10.00 毫秒"},
        {FACT_idle, MILLISECONDS(10), "0.01 s", "0.01 秒"},
        {FACT_idle, SECONDS(600) - 1, "600.00 s", "600.00 秒"},
        {FACT_idle, SECONDS(600), "10.0 min", "10.0 分钟"},
        {FACT_idle, SECONDS(903), "15.1 min", "15.1 分钟"},
        {FACT_idle, SECONDS(7199), "120.0 min", "120.0 分钟"},
        {FACT_idle, SECONDS(7200), "2.0 h", "2.0 小时"},
        {FACT_idle, SECONDS(432000), "120.0 h", "120.0 小时"},
        {FACT_idle, -350000, "-0.35 ms", "-0.35 毫秒"},
        {FACT_idle, INT64_MIN, "-2562047.8 h", "-2562047.8 小时"},
        {FACT_attempts, 0, "0", "0"},
        {FACT_attempts, 999, "999", "999"},
        {FACT_attempts, 1000, "1,000", "1,000"},
        {FACT_attempts, 1234567, "1,234,567", "1,234,567"},
        {FACT_attempts, -123456, "-123,456", "-123,456"},
        {FACT_bytes, 1, "1 byte", "1 字节"},
        {FACT_cut, 96, "96 bytes", "96 字节"},
        {FACT_bytes, 65536, "65,536 bytes", "65,536 字节"},
        {FACT_bit_rate, 999, "999 bit/s", "999 bit/s"},
        {FACT_bit_rate, 412149, "412.1 kbit/s", "412.1 kbit/s"},
        {FACT_bit_rate, 19560000, "19.6 Mbit/s", "19.6 Mbit/s"},
        {FACT_bit_rate, 10000000000, "10.0 Gbit/s", "10.0 Gbit/s"},
        {FACT_keepalive, 1, "", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fact fact = {.name = rows[i].name, .number = rows[i].number};
        char *english = fact_text(&fact, LANGUAGE_ENGLISH), *chinese = fact_text(&fact, LANGUAGE_CHINESE);
        assert_string_equal(english, rows[i].english);
        assert_string_equal(chinese, rows[i].chinese);
        g_free(english);
        g_free(chinese);
    }
}

static void
endpoints(void **state)
{
    (void)state;
    const struct ip_address ipv6 = {.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
    const struct {
        enum fact_name name;
        struct endpoint endpoint;
        const char *text;
    } rows[] = {
        {FACT_client, {ipv4(192, 0, 2, 1), 443}, "192.0.2.1:443"},
        {FACT_client, {ipv4(192, 0, 2, 1), 0}, "192.0.2.1"},
        {FACT_client, {ipv6, 443}, "[2001:db8::1]:443"},
        {FACT_client, {ipv6, 0}, "2001:db8::1"},
        {FACT_address, {ipv6, 443}, "2001:db8::1"},
        {FACT_address, {{0}, 0}, "?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        struct fact fact = {.name = rows[i].name, .endpoint = rows[i].endpoint};
        char *text = fact_text(&fact, LANGUAGE_ENGLISH);
        assert_string_equal(text, rows[i].text);
        g_free(text);
    }
}

static void
names(void **state)
{
    (void)state;
    assert_string_equal(severity_name(SEVERITY_CHAT, LANGUAGE_ENGLISH), "chat");
    assert_string_equal(severity_name(SEVERITY_ERROR, LANGUAGE_ENGLISH), "error");
    assert_string_equal(severity_name(SEVERITY_ERROR, LANGUAGE_CHINESE), "错误");
    assert_string_equal(confidence_name(CONFIDENCE_POSSIBLE), "possible");
    assert_string_equal(confidence_name(CONFIDENCE_CONFIRMED), "confirmed");
    assert_string_equal(fact_infos[FACT_idle].name, "idle");
    assert_int_equal(fact_infos[FACT_timer].type, TYPE_TEXT);
    for (size_t i = 0; i < FACT_COUNT; i++) {
        assert_non_null(fact_infos[i].name);
    }
}

/* Words are told in the language of the reader; names and numbers have but one form. */
static void
words_of_a_language(void **state)
{
    (void)state;
    const struct fact words = {.name = FACT_signal, .text = (char *)"talks on", .chinese = (char *)"仍继续通信"};
    const struct fact name = {.name = FACT_name, .text = (char *)"www.example.com"};
    const struct fact *facts[] = {&words, &words, &name, &name};
    static const char *const expected[] = {"talks on", "仍继续通信", "www.example.com", "www.example.com"};
    for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
        char *text = fact_text(facts[i], i % 2 == 0 ? LANGUAGE_ENGLISH : LANGUAGE_CHINESE);
        assert_string_equal(text, expected[i]);
        g_free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filled),        cmocka_unit_test(parts),    cmocka_unit_test(lines),
        cmocka_unit_test(one_direction), cmocka_unit_test(commands), cmocka_unit_test(in_markdown),
        cmocka_unit_test(checked),       cmocka_unit_test(formats),  cmocka_unit_test(only_checks_have_commands),
        cmocka_unit_test(endpoints),     cmocka_unit_test(names),    cmocka_unit_test(words_of_a_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
