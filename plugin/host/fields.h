/* The fields and expert infos of netcase, made from the tables of the core.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NETCASE_HOST_FIELDS_H
#define NETCASE_HOST_FIELDS_H

#include "findings/finding.h"
#include "host/host_compat.h"

/* Identifiers that Wireshark gave. Those of facts are by enum fact_name. */
struct fields {
#define FIELD(member, name, type, base, label, help, chinese_label, chinese_help) int member;
#include "host/fields.def"
#undef FIELD
    int fact[FACT_COUNT];
    int tree, tree_finding, tree_mirror, tree_related, tree_cause;
};

extern struct fields fields;

void fields_register(int protocol);

/* The expert info of a case at this severity: filter name `netcase.<case id>`. */
expert_field *fields_expert(const struct case_info *info, enum severity severity);

#endif
