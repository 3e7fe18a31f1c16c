/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/formats/step_shape.h"

#include <string.h>

static const char *const names[STEP_SHAPES] = {[STEP_SHAPE_ANY] = "any",
                                               [STEP_SHAPE_RING] = "ring",
                                               [STEP_SHAPE_HALVING_DOUBLING] = "halving_doubling",
                                               [STEP_SHAPE_ALL_TO_ALL] = "all_to_all",
                                               [STEP_SHAPE_TREE] = "tree"};

const char *step_shape_name(enum step_shape shape)
{
    return shape < STEP_SHAPES ? names[shape] : "unknown";
}

bool step_shape_by_name(const char *name, enum step_shape *shape)
{
    for (unsigned i = 0; i < STEP_SHAPES; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *shape = (enum step_shape)i;
        return true;
    }
    return false;
}
