/* SPDX-License-Identifier: BSD-3-Clause */
/* The tc program of ebpf/link.bpf.c, loaded once for the whole lab and attached to many interfaces. */
#ifndef WEFT_LAB_LINK_PROGRAM_H
#define WEFT_LAB_LINK_PROGRAM_H

#include "ebpf/link.h"
#include "tools/lab/error.h"

struct link_program;

/* For interfaces with an index below `index_end`. 0 or negative errno with `error`. */
int link_program_load(struct link_program **program, unsigned index_end, struct lab_error *error);
void link_program_unload(struct link_program *program);

enum link_program_hook {
    LINK_PROGRAM_DEPARTURE, /* the interface's own link */
    LINK_PROGRAM_ARRIVAL    /* the link of the interface's peer */
};

/* The interface is in the caller's network namespace. 0 or negative errno with `error`. */
int link_program_attach(struct link_program *program, unsigned index, enum link_program_hook hook,
                        struct lab_error *error);

/* `index`: of the transmitting interface. 0 or negative errno. */
int link_program_set(struct link_program *program, unsigned index, const struct link_settings *settings);
int link_program_get_state(struct link_program *program, unsigned index, struct link_state *state);

#endif
