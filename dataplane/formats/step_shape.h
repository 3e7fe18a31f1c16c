/* SPDX-License-Identifier: BSD-3-Clause */
/* The pattern that the flows of a step make over all ranks. Applications name it with each batch; a plan has
 * a table for each, because the same two ranks may be neighbours of a ring and partners of an exchange. */
#ifndef WEFT_FORMATS_STEP_SHAPE_H
#define WEFT_FORMATS_STEP_SHAPE_H

#include <stdbool.h>

enum step_shape {
    STEP_SHAPE_ANY = 0,              /* none of those below, or not known */
    STEP_SHAPE_RING = 1,             /* each rank to the next one */
    STEP_SHAPE_HALVING_DOUBLING = 2, /* each rank with the one whose number differs in one bit */
    STEP_SHAPE_ALL_TO_ALL = 3,       /* each rank to all others */
    STEP_SHAPE_TREE = 4,             /* along the edges of a tree */
    STEP_SHAPES
};

/* As JSON writes it; "unknown" for what is none. */
const char *step_shape_name(enum step_shape shape);
bool step_shape_by_name(const char *name, enum step_shape *shape);

#endif
