/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a component, from what its flows show and others' do not. */
#ifndef WEFT_CONTROL_LOCALISER_SYNDROME_H
#define WEFT_CONTROL_LOCALISER_SYNDROME_H

#include "control/localiser/probing.h"
#include "control/localiser/suspect.h"

struct syndrome {
    enum verdict_kind kind;
    struct verdict_evidence evidence;
    struct probe_need need; /* what probes must show */
};

/* Reads the window; `s` is what suspect_find() found. */
void syndrome_read(const struct evidence *e, const struct suspicion *s, struct syndrome *syndrome);

#endif
