/* What names are asked for (api/dns.h).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/dns.h"

unsigned
dns_name_labels(const char *name)
{
    unsigned count = 1;
    for (; *name != '\0'; name++)
        count += *name == '.';
    return count;
}

static bool
is_one_of(const char *word, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(word, length, words) is_one_of(word, length, words, sizeof(words) / sizeof *(words))

static const char *
top_level(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

/* Top-level domains that local networks use for themselves, and that are search domains therefore. */
bool
dns_name_is_local(const char *name)
{
    static const char *const tops[] = {"local", "localdomain", "lan",     "home",     "internal",
                                       "corp",  "intranet",    "private", "localnet", "box"};
    const char *top = top_level(name);
    return IS_ONE_OF(top, strlen(top), tops);
}

/* An IPv4 address in front, digits first or last: what blacklists are asked for (RFC 5782, 2.1). */
static bool
begins_with_address(const char *name)
{
    for (unsigned octets = 0; octets < 4; octets++) {
        size_t digits = strspn(name, "0123456789");
        if (digits == 0 || digits > 3 || name[digits] != '.')
            return false;
        name += digits + 1;
    }
    return true;
}

/* A label of a blacklist's domain: "zen.spamhaus.org", "dnsbl.example.net". */
static bool
is_blacklist_label(const char *label, size_t length)
{
    static const char *const labels[] = {"dbl", "rbl", "bl", "zen", "surbl", "uribl", "dnswl", "sbl", "xbl", "pbl"};
    return (length >= 5 && memcmp(label, "dnsbl", 5) == 0) || IS_ONE_OF(label, length, labels);
}

/* Programs find out whether their network makes up addresses for names that don't exist: browsers with one label of 7
 * to 15 random letters (Chromium, intranet redirect detector), others with a long identifier. */
bool
dns_name_is_random(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz");
    return strchr(name, '.') == NULL && ((length >= 7 && length <= 15 && name[length] == '\0') || strlen(name) > 30);
}

/* Names that are asked for in order to find out whether they exist: proxies, IPv6 tunnels, services, mDNS names,
 * and those by which a network tells browsers to leave its resolver alone. */
static bool
is_probe(const char *name)
{
    static const char *const heads[] = {"wpad", "isatap"};
    static const char *const names[] = {"use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com"};
    return IS_ONE_OF(name, strcspn(name, "."), heads) || IS_ONE_OF(name, strlen(name), names) ||
           (dns_name_labels(name) <= 2 && strcmp(top_level(name), "local") == 0);
}

bool
dns_name_may_be_missing(const char *name)
{
    if (*name == '\0' || strcmp(top_level(name), "arpa") == 0 || begins_with_address(name) || is_probe(name))
        return true;
    for (const char *label = name; label != NULL; label = strchr(label, '.')) {
        label += *label == '.';
        if (*label == '_' || (label != name && is_blacklist_label(label, strcspn(label, "."))))
            return true;
    }
    return false;
}
