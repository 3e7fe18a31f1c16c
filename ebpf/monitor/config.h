/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration file of weft-monitor; ../README.md describes every key. */
#ifndef WEFT_EBPF_MONITOR_CONFIG_H
#define WEFT_EBPF_MONITOR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/process/http_place.h"
#include "dataplane/process/log.h"
#include "dataplane/process/yaml_position.h"
#include "ebpf/timing_maps.h"

struct monitor_config {
    char *socket; /* where it answers */
    char *group;  /* of that socket; NULL: weft, if there is such a group */
    char *runtime_folder;
    char **address_texts; /* host ports to listen to; none: all */
    unsigned address_count;
    uint32_t addresses[TIMING_ADDRESSES_MAX];
    char **dataplanes; /* their sockets, by which applications are told of hangs */
    unsigned dataplane_count;
    bool sees_all_ranks; /* all ranks of a communicator are on this host, as in a lab */
    char **files;        /* to listen to beside those that are found */
    unsigned file_count;
    bool only_files; /* nothing else is listened to */
    uint32_t leaf_prefix_bits;
    uint32_t ring_kib;
    uint32_t window_ms;
    uint32_t records_max; /* kept for control, of each port */
    uint32_t scan_ms;
    uint32_t hang_ms;
    bool perf_buffer;
    enum log_level log;
    struct http_place control;
};

/* All defaults for a `file` of NULL. 0, -ENOMEM, or -EINVAL with `error` = "FILE:LINE:COLUMN: what is wrong".
 */
int monitor_config_load(const char *file, struct monitor_config **config, char error[YAML_ERROR_BYTES]);
/* NULL is allowed. */
void monitor_config_free(struct monitor_config *config);

#endif
