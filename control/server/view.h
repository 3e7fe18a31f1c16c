/* SPDX-License-Identifier: BSD-3-Clause */
/* What the answers of several calls are made of: names, addresses and times as API.md writes them. */
#ifndef WEFT_CONTROL_VIEW_H
#define WEFT_CONTROL_VIEW_H

#include "control/server/call.h"
#include "dataplane/formats/address.h"

json_t *view_address(uint32_t address);
json_t *view_identity(uint64_t identity);
/* Seconds since 1970, of the time of the core's events; of the monotonic clock's. */
double view_seconds(uint64_t ns);

json_t *view_link(const struct call *call, uint32_t link);
json_t *view_plan(const struct call *call, const struct core_plan_info *info, bool with_jobs);
/* A spine by its index among the topology's. */
const char *view_spine_name(const struct call *call, uint32_t spine);
/* The name of the host that has a port with this address; its address where the topology does not know it. */
const char *view_host_name(const struct call *call, uint32_t address, char text[ADDRESS_TEXT_BYTES]);

/* The call's word as a link, host port or job; false, and the call has failed. */
bool view_find_link(struct call *call, const char *name, uint32_t *link);
bool view_find_host(struct call *call, const char *name, uint32_t *host);
/* The second word as the address of a host port. */
bool view_find_agent(struct call *call, uint32_t *address);

struct diagnosed;
json_t *view_verdict(const struct core *core, const struct diagnosed *verdict);

#endif
