/* SPDX-License-Identifier: BSD-3-Clause */
/* What hosts report of dead paths, and which links that accuses, as control judges it: a dead path from leaf
 * a over spine s to leaf b accuses the links of both to s. What one link explains for several pairs of leaves
 * clears the others; where nothing tells which of the two it is, both are avoided. A pair of hosts of which
 * every path is dead accuses none: it is a host that cannot be reached. Two tiers. */
#ifndef SIM_PATH_REPORTS_H
#define SIM_PATH_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/topology.h"

struct path_reports; /* all of a fabric's hosts */

struct path_report {
    uint32_t host, other;
    unsigned path; /* spine */
    bool dead;     /* or alive again */
};

struct path_reports *path_reports_create(const struct topology *t);
void path_reports_destroy(struct path_reports *r);
void path_reports_note(struct path_reports *r, const struct path_report *report);
/* The host is gone, and what it said and what was said of it is void. */
void path_reports_forget_host(struct path_reports *r, uint32_t host);
/* accused[leaf * spines + spine] of all links between leaves and spines; true if that is other than it was.
 */
bool path_reports_judge(const struct path_reports *r, bool *accused);

#endif
