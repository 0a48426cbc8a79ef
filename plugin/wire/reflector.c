/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "api/reflector.h"

#include <string.h>

/* By port. */
static const struct reflector services[] = {
    {7, "Echo", .factor = "2-3"},
    {17, .name = "QOTD"},
    {19, "CharGEN", .factor = "358"},
    {53, "DNS", .factor = "28-54", .changing = 2, .many_at_a_time = true},
    {111, "Portmap", .changing = 4},
    {123, "NTP", .factor = "556"},
    {137, "NetBIOS", .changing = 2, .searched = true},
    {161, "SNMP", .factor = "6-9", .many_at_a_time = true},
    {389, "CLDAP", .factor = "56-70", .many_at_a_time = true},
    {500, .name = "IKE"},
    {520, .name = "RIP"},
    {1900, "SSDP", .factor = "30", .searched = true},
    {3702, "WS-Discovery", .factor = "150", .searched = true},
    {4500, .name = "IKE", .marked = true},
    {5353, "mDNS", .factor = "10", .changing = 2, .searched = true},
    {5683, "CoAP", .factor = "10-50", .changing = 4, .searched = true},
    {11211, "memcached", .factor = "10,000-51,000", .changing = 2},
    {27015, "Steam", .factor = "5", .many_at_a_time = true, .streams = true},
    {37810, .name = "DVR discovery", .searched = true},
    {47808, .name = "BACnet", .searched = true},
};

const struct reflector *
reflector_of(uint16_t port)
{
    size_t first = 0, end = sizeof services / sizeof *services;
    if (port > services[end - 1].port)
        return NULL;
    while (end - first > 1) {
        size_t middle = (first + end) / 2;
        if (services[middle].port > port)
            end = middle;
        else
            first = middle;
    }
    return services[first].port == port ? &services[first] : NULL;
}

const struct reflector *
reflector_at(uint16_t port, const struct payload *payload)
{
    static const uint8_t marker[4] = {0};
    const struct reflector *service = reflector_of(port);
    bool other = service != NULL && service->marked &&
                 (payload->captured < sizeof marker || memcmp(payload->bytes, marker, sizeof marker) != 0);
    return other ? NULL : service;
}
