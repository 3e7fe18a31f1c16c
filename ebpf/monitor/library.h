/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files weft-monitor listens to, and where in them: weft's own tracepoints, and the entries of
 * collectives of libraries whose traffic weft does not carry. */
#ifndef WEFT_EBPF_MONITOR_LIBRARY_H
#define WEFT_EBPF_MONITOR_LIBRARY_H

#include <stdbool.h>

#include "dataplane/formats/app_queue.h"

enum library_probe_kind {
    LIBRARY_TRACEPOINT,     /* a static tracepoint of weft */
    LIBRARY_SIXTH_ARGUMENT, /* a function whose sixth argument is the communicator */
    LIBRARY_CALL            /* a function of which no communicator is known */
};

struct library_probe {
    const char *name; /* of tracepoint, or symbol; NULL: end of the list */
    enum library_probe_kind kind;
    enum app_operation operation; /* of functions */
};

struct library {
    const char *file_prefix; /* what its file name begins with */
    const struct library_probe *probes;
};

/* What to listen to in a file of this name (without folders); NULL: nothing. */
const struct library *library_of_file(const char *file_name);
/* For what was configured by hand: any of weft's tracepoints may be in it. */
const struct library *library_of_weft(void);

#endif
