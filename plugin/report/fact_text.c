/* Measured values, severities and confidences as words. Decimals are built from whole numbers: the
 * host sets a locale, and printf would follow it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include "wire/packet_time.h"

/* `value` in units of `unit` nanoseconds, rounded to this many decimals. */
static char *
with_decimals(uint64_t value, uint64_t unit, unsigned decimals, const char *name)
{
    uint64_t scale = decimals == 2 ? 100 : 10;
    /* Value and unit are reduced first, so that times of centuries do not overflow. */
    uint64_t whole = value / unit, parts = (value % unit * scale + unit / 2) / unit;
    whole += parts / scale;
    parts %= scale;
    return g_strdup_printf("%" G_GUINT64_FORMAT ".%0*" G_GINT64_MODIFIER "u %s", whole, (int)decimals, parts, name);
}

char *
duration_text(int64_t nanoseconds, enum language language)
{
    static const char *const units[][4] = {{"ms", "s", "min", "h"}, {"毫秒", "秒", "分钟", "小时"}};
    const char *const *names = units[language == LANGUAGE_CHINESE];
    uint64_t size = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
    uint64_t second = (uint64_t)NANOSECONDS_PER_SECOND;
    char *words;
    if (size < second / 100) {
        words = with_decimals(size, second / 1000, 2, names[0]);
    } else if (size < 600 * second) {
        words = with_decimals(size, second, 2, names[1]);
    } else if (size < 7200 * second) {
        words = with_decimals(size, 60 * second, 1, names[2]);
    } else {
        words = with_decimals(size, 3600 * second, 1, names[3]);
    }
    if (nanoseconds < 0) {
        char *negative = g_strconcat("-", words, NULL);
        g_free(words);
        return negative;
    }
    return words;
}

/* "1,234,567" */
static char *
count_text(int64_t count)
{
    char digits[24];
    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, count);
    GString *out = g_string_new(digits);
    gssize first = digits[0] == '-' ? 1 : 0;
    for (gssize at = (gssize)out->len - 3; at > first; at -= 3) {
        g_string_insert_c(out, at, ',');
    }
    return g_string_free(out, FALSE);
}

static char *
bytes_text(int64_t count, enum language language)
{
    const char *unit = language == LANGUAGE_CHINESE ? "字节" : count == 1 ? "byte" : "bytes";
    char *number = count_text(count);
    char *words = g_strdup_printf("%s %s", number, unit);
    g_free(number);
    return words;
}

/* "19.6 Mbit/s" */
static char *
bit_rate_text(int64_t bits_per_second)
{
    static const struct {
        uint64_t size;
        const char *name;
    } units[] = {{1000000000, "Gbit/s"}, {1000000, "Mbit/s"}, {1000, "kbit/s"}};
    uint64_t rate = bits_per_second > 0 ? (uint64_t)bits_per_second : 0;
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
        if (rate >= units[i].size)
            return with_decimals(rate, units[i].size, 1, units[i].name);
    }
    return g_strdup_printf("%" G_GUINT64_FORMAT " bit/s", rate);
}

char *
address_text(const struct ip_address *address)
{
    char words[ADDRESS_TEXT_SIZE];
    address_format(address, words);
    return g_strdup(words);
}

char *
endpoint_text(const struct endpoint *endpoint)
{
    char *address = address_text(&endpoint->address);
    if (endpoint->port == 0) {
        return address;
    }
    const char *format = endpoint->address.family == 6 ? "[%s]:%u" : "%s:%u";
    char *words = g_strdup_printf(format, address, (unsigned)endpoint->port);
    g_free(address);
    return words;
}

char *
fact_text(const struct fact *fact, enum language language)
{
    switch (fact_infos[fact->name].type) {
    case TYPE_DURATION:
        return duration_text(fact->number, language);
    case TYPE_COUNT:
        return count_text(fact->number);
    case TYPE_BYTES:
        return bytes_text(fact->number, language);
    case TYPE_BIT_RATE:
        return bit_rate_text(fact->number);
    case TYPE_ENDPOINT:
        return endpoint_text(&fact->endpoint);
    case TYPE_ADDRESS:
        return address_text(&fact->endpoint.address);
    case TYPE_TEXT:
    case TYPE_CAPTURED:
        if (language == LANGUAGE_CHINESE && fact->chinese != NULL)
            return g_strdup(fact->chinese);
        return g_strdup(fact->text != NULL ? fact->text : "");
    case TYPE_FRAME:
        return g_strdup_printf("%" G_GINT64_FORMAT, fact->number);
    case TYPE_FLAG:
        break;
    }
    return g_strdup("");
}

/* `decimals` of a second behind it: 3 or 6. */
static char *
moment_text(int64_t time, const char *format, int decimals, const char *end)
{
    GDateTime *date = time < PACKET_TIME_MAX ? g_date_time_new_from_unix_utc(time / NANOSECONDS_PER_SECOND) : NULL;
    if (date == NULL)
        return g_strdup("-");
    char *seconds = g_date_time_format(date, format);
    int64_t unit = decimals == 3 ? 1000000 : 1000;
    char *text = g_strdup_printf("%s.%0*d%s", seconds, decimals, (int)(time % NANOSECONDS_PER_SECOND / unit), end);
    g_free(seconds);
    g_date_time_unref(date);
    return text;
}

char *
time_text(int64_t time)
{
    return moment_text(time, "%Y-%m-%dT%H:%M:%S", 3, "Z");
}

char *
time_text_exact(int64_t time)
{
    return moment_text(time, "%Y-%m-%dT%H:%M:%S", 6, "Z");
}

char *
clock_text(int64_t time)
{
    return moment_text(time, "%H:%M:%S", 3, "");
}

const char *
severity_name(enum severity severity, enum language language)
{
    static const char *const names[][4] = {
        {"chat", "note", "warning", "error"},
        {"提示", "注意", "警告", "错误"},
    };
    return names[language == LANGUAGE_CHINESE][severity];
}

const char *
confidence_name(enum confidence confidence)
{
    static const char *const names[] = {"possible", "likely", "confirmed"};
    return names[confidence];
}

const char *
confidence_word(enum confidence confidence, enum language language)
{
    static const char *const chinese[] = {"可能", "很可能", "已证实"};
    return language == LANGUAGE_CHINESE ? chinese[confidence] : confidence_name(confidence);
}
