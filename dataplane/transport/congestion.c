/* SPDX-License-Identifier: BSD-3-Clause */
/* The congestion controls that can be chosen by name. */
#include "dataplane/transport/congestion.h"

#include <stddef.h>
#include <string.h>

static const struct congestion_control *const controls[] = {&congestion_none, &congestion_dctcp,
                                                            &congestion_nscc};

const struct congestion_control *congestion_control_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
        if (strcmp(controls[i]->name, name) == 0)
            return controls[i];
    }
    return NULL;
}
