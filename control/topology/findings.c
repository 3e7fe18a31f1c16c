/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "control/topology/array_room.h"
#include "control/topology/compare.h"

const char *topology_finding_name(enum topology_finding_kind kind)
{
    static const char *const names[TOPOLOGY_FINDING_KINDS] = {"miswired", "missing", "extra"};
    return names[kind];
}

void topology_findings_clear(struct topology_findings *findings)
{
    free(findings->list);
    *findings = (struct topology_findings){.list = NULL};
}

int topology_findings_add(struct topology_findings *findings, enum topology_finding_kind kind, uint32_t link,
                          const char *format, ...)
{
    struct topology_finding *list =
        array_with_room(findings->list, findings->count, &findings->room, sizeof(*list));
    va_list arguments;
    if (!list)
        return -ENOMEM;
    findings->list = list;
    struct topology_finding *finding = &list[findings->count++];
    finding->kind = kind;
    finding->link = link;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    return 0;
}
