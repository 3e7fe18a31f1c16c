/* SPDX-License-Identifier: BSD-3-Clause */
/* The host ports whose records this monitor hears, each with its outbox. Grows as ports are heard of, up to
 * TIMING_ADDRESSES_MAX: a host has few, a lab all of its hosts'. */
#ifndef WEFT_EBPF_MONITOR_PORT_TABLE_H
#define WEFT_EBPF_MONITOR_PORT_TABLE_H

#include <stdbool.h>

#include "ebpf/monitor/outbox.h"
#include "ebpf/timing_maps.h"

struct port_table {
    struct outbox outboxes[TIMING_ADDRESSES_MAX];
    unsigned count;
    uint32_t records_max;
    uint64_t refused; /* records that no port may tell */
};

void port_table_init(struct port_table *table, uint32_t records_max);
void port_table_free(struct port_table *table);
/* Puts the record into the outbox of the port that tells it. A record of another library's call has no
 * address: it becomes that of the first port. False: it is not one that may be told, and is counted as
 * refused. */
bool port_table_add(struct port_table *table, struct timing_record *record);

#endif
