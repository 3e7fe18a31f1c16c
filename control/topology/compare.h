/* SPDX-License-Identifier: BSD-3-Clause */
/* The topology as it is meant to be against what is seen of it: cables by LLDP, routers by probes. */
#ifndef WEFT_TOPOLOGY_COMPARE_H
#define WEFT_TOPOLOGY_COMPARE_H

#include "control/topology/observation.h"
#include "control/topology/topology.h"

enum {
    TOPOLOGY_FINDING_BYTES = 512
};

enum topology_finding_kind {
    TOPOLOGY_MISWIRED, /* a cable ends elsewhere */
    TOPOLOGY_MISSING,  /* a link of the file that nobody sees */
    TOPOLOGY_EXTRA,    /* something seen that the file does not have */
    TOPOLOGY_FINDING_KINDS
};

struct topology_finding {
    enum topology_finding_kind kind;
    uint32_t link; /* that the file has; TOPOLOGY_NONE: none */
    char text[TOPOLOGY_FINDING_BYTES];
};

/* All zero: nothing compared yet. Comparisons add to it, miswired and extra ones before missing ones. */
struct topology_findings {
    struct topology_finding *list;
    size_t count, room;
    uint32_t confirmed_links; /* seen by LLDP as the file has them */
    uint32_t unseen_links;    /* neither end was asked */
};

/* A router that answered a probe on its way up, as dataplanes send them; IPv4, host byte order. */
struct observed_hop {
    uint32_t port_address, router_address;
};

/* Both 0 or -ENOMEM. Equal observations, in whatever order, give equal findings. */
int topology_compare_cables(const struct topology *topology, const struct observed_cables *cables,
                            struct topology_findings *findings);
/* A spine is only missed from a leaf whose hosts hear other spines. */
int topology_compare_hops(const struct topology *topology, const struct observed_hop *hops, size_t count,
                          struct topology_findings *findings);

const char *topology_finding_name(enum topology_finding_kind kind); /* "miswired", "missing", "extra" */
void topology_findings_clear(struct topology_findings *findings);

/* For comparisons: 0 or -ENOMEM. */
int topology_findings_add(struct topology_findings *findings, enum topology_finding_kind kind, uint32_t link,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
