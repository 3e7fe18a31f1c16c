/* SPDX-License-Identifier: BSD-3-Clause */
/* The congestion controls that can be chosen by name. */
#include "dataplane/transport/congestion.h"

#include <stddef.h>
#include <string.h>

static const struct congestion_control *const controls[] = {
    &congestion_none, &congestion_dctcp, &congestion_nscc, &congestion_swift, &congestion_powertcp_delay};

const struct congestion_control *congestion_control_at(unsigned index)
{
    return index < sizeof(controls) / sizeof(controls[0]) ? controls[index] : NULL;
}

const struct congestion_control *congestion_control_by_name(const char *name)
{
    const struct congestion_control *control;
    for (unsigned i = 0; (control = congestion_control_at(i)) != NULL; i++) {
        if (strcmp(control->name, name) == 0)
            return control;
    }
    return NULL;
}
