/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of link_service.c, worker_links.c and what they use where rdma-core was missing when weft was
 * built. */
#include <errno.h>
#include <stdio.h>

#include "dataplane/daemon/link_service.h"
#include "dataplane/daemon/worker_links.h"

int link_service_open(const char *device, uint32_t address, struct link_service **service,
                      char error[LINK_SERVICE_ERROR_BYTES])
{
    (void)address;
    (void)service;
    snprintf(error, LINK_SERVICE_ERROR_BYTES,
             "verbs:%s: weft was built without rdma-core: install libibverbs-dev and build it again", device);
    return -ENOTSUP;
}

int link_service_start(struct link_service *s, const struct link_service_start *start,
                       char error[LINK_SERVICE_ERROR_BYTES])
{
    (void)s;
    (void)start;
    (void)error;
    return -ENOTSUP;
}

void link_service_destroy(struct link_service *s)
{
    (void)s;
}

const char *link_service_interface(const struct link_service *s)
{
    (void)s;
    return "";
}

uint32_t link_service_address(const struct link_service *s)
{
    (void)s;
    return 0;
}

struct carrier *link_service_create_carrier(struct link_service *s, const struct carrier_config *config)
{
    (void)s;
    (void)config;
    return NULL;
}

void link_service_destroy_carrier(struct carrier *carrier)
{
    (void)carrier;
}

int link_service_register(struct link_service *s, void *base, uint64_t bytes, struct verbs_memory **memory,
                          struct region_keys *keys, char error[LINK_SERVICE_ERROR_BYTES])
{
    (void)s;
    (void)base;
    (void)bytes;
    (void)memory;
    (void)keys;
    (void)error;
    return -ENOTSUP;
}

void link_service_release(struct verbs_memory *memory)
{
    (void)memory;
}

int link_service_add_peers(struct link_service *s, const uint32_t *addresses, unsigned count)
{
    (void)s;
    (void)addresses;
    (void)count;
    return 0;
}

void link_service_on_notice(struct link_service *s, const struct notice *notice)
{
    (void)s;
    (void)notice;
}

bool link_service_retransmits(const struct link_service *s, uint64_t *count)
{
    (void)s;
    (void)count;
    return false;
}

void link_service_paths_changed(struct link_service *s)
{
    (void)s;
}

int worker_use_carrier(struct worker *w, struct carrier *carrier)
{
    (void)w;
    (void)carrier;
    return -ENOTSUP;
}

unsigned worker_links_poll(struct worker *w)
{
    (void)w;
    return 0;
}

bool worker_links_send(struct worker *w, const struct outgoing_packet *packet)
{
    (void)w;
    (void)packet;
    return false;
}

void worker_links_flush(struct worker *w)
{
    (void)w;
}

unsigned worker_links_copies(const struct worker *w, const struct outgoing_packet *packet)
{
    (void)w;
    (void)packet;
    return 1;
}

uint16_t worker_links_port(struct worker *w, const struct outgoing_packet *packet)
{
    (void)w;
    return packet->source_port;
}

bool worker_links_see(struct worker *w, const struct received_frame *frame)
{
    (void)w;
    (void)frame;
    return false;
}

void worker_links_on_looped_back(struct worker *w, const uint8_t *header)
{
    (void)w;
    (void)header;
}

bool worker_links_arm(struct worker *w)
{
    (void)w;
    return false;
}

void worker_links_tell(struct worker *w)
{
    (void)w;
}

bool worker_links_get_counters(const struct worker *w, struct carrier_counters *counters)
{
    (void)w;
    (void)counters;
    return false;
}

int64_t worker_links_command(struct worker *w, const struct command *command)
{
    (void)w;
    (void)command;
    return -ENOTSUP;
}

void worker_links_add_region(struct worker *w, uint32_t region, const struct region_keys *keys)
{
    (void)w;
    (void)region;
    (void)keys;
}

bool worker_links_use_region(const struct worker *w, uint32_t region)
{
    (void)w;
    (void)region;
    return false;
}

bool worker_links_use_region_of(const struct worker *w, uint32_t owner)
{
    (void)w;
    (void)owner;
    return false;
}

void worker_links_forget_region(struct worker *w, uint32_t region)
{
    (void)w;
    (void)region;
}
