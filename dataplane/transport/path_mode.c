/* SPDX-License-Identifier: BSD-3-Clause */
/* The path modes by name, for those who try, list or choose among them. */
#include <stddef.h>

#include "dataplane/transport/transport.h"

static const char *const names[PATH_MODES] = {
    [PATH_MODE_HASH] = "hash",       [PATH_MODE_SPRAY] = "spray",       [PATH_MODE_REPS] = "reps",
    [PATH_MODE_MPRDMA] = "mprdma-4", [PATH_MODE_ETHEREAL] = "ethereal", [PATH_MODE_WRAP] = "wrap",
    [PATH_MODE_PLANNED] = "planned"};

const char *path_mode_name(unsigned mode)
{
    return mode < PATH_MODES ? names[mode] : NULL;
}
