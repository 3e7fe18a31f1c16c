/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

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

static struct topology_finding *add(struct topology_findings *findings)
{
    if (findings->count == findings->room) {
        size_t room = findings->room ? 2 * findings->room : 16;
        struct topology_finding *grown = realloc(findings->list, room * sizeof(*grown));
        if (!grown)
            return NULL;
        findings->list = grown;
        findings->room = room;
    }
    return &findings->list[findings->count++];
}

int topology_findings_add(struct topology_findings *findings, enum topology_finding_kind kind, uint32_t link,
                          const char *format, ...)
{
    struct topology_finding *finding = add(findings);
    va_list arguments;
    if (!finding)
        return -ENOMEM;
    finding->kind = kind;
    finding->link = link;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    return 0;
}
