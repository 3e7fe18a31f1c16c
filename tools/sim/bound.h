/* SPDX-License-Identifier: BSD-3-Clause */
/* The time that no transport can beat: T* of planning.md, summed over the steps of a job's iterations, in
 * wire bytes (payload and what every packet needs around it), and one base round trip.
 *
 *     T*(step) = max over hosts of  out / C, in / C  and over leaves of  out / sum of uplinks, in / sum of
 * downlinks
 *
 * With three tiers the same over pods. Links that a fault takes down for good are left out of the sums as if
 * they had been down from the start: where one dies late, the job may be faster than this.
 */
#ifndef SIM_BOUND_H
#define SIM_BOUND_H

#include "tools/sim/topology.h"
#include "tools/sim/workload.h"

struct bound_case {
    const struct topology *topology; /* with the faults that count in effect */
    const struct workload *workload;
    const uint32_t *rank_hosts;
    unsigned iterations;
    uint32_t payload_bytes, overhead_bytes; /* of a packet */
    nsec_t base_rtt_ns;
};

double bound_ns(const struct bound_case *c);

#endif
