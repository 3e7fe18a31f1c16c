/* SPDX-License-Identifier: BSD-3-Clause */
/* What only the device counts. There are no such counters of one queue pair, and each driver has its own
 * names. */
#include <stdio.h>

#include "nic/verbs/state.h"

/* Each says that a NIC began to send again what it had sent: after a timeout, or as the peer missed
 * something. */
static const char *const AGAIN[] = {
    "completer_retry_err",                        /* Soft-RoCE */
    "local_ack_timeout_err",                      /* mlx5 */
    "packet_seq_err",                             /* mlx5 */
    "to_retransmits",        "seq_err_naks_rcvd", /* bnxt_re */
};

static bool read_counter(const struct verbs *v, const char *name, uint64_t *count)
{
    char path[IBV_SYSFS_PATH_MAX + 64];
    unsigned long long value;
    snprintf(path, sizeof(path), "%s/ports/%u/hw_counters/%s", v->context->device->ibdev_path, v->gid.port,
             name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool is_there = fscanf(file, "%llu", &value) == 1;
    fclose(file);
    if (is_there)
        *count += value;
    return is_there;
}

bool verbs_retransmits(const struct verbs *v, uint64_t *count)
{
    bool any = false;
    *count = 0;
    for (unsigned i = 0; i < sizeof(AGAIN) / sizeof(AGAIN[0]); i++)
        any |= read_counter(v, AGAIN[i], count);
    return any;
}
