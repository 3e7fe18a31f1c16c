/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults of links, as people name them. */
#ifndef WEFT_LAB_FAULT_H
#define WEFT_LAB_FAULT_H

#include "tools/lab/fabric.h"

struct fault_request {
    const char *link;      /* "leaf0-spine1", "leaf0-host3" */
    const char *kind;      /* "down", "black_hole", "loss", "rate", "delay"; "clear" mends all of them */
    const char *value;     /* loss: "1%", rate: "50M", delay: "2ms"; others: "" */
    const char *direction; /* "both", "up", "down" */
};

/* 0 or negative errno with `error`; a fault that could not be set leaves the link as it was. */
int fault_apply(struct fabric *fabric, const struct fault_request *request, struct lab_error *error);

#endif
