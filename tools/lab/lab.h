/* SPDX-License-Identifier: BSD-3-Clause */
/* A running lab: the fabric, a dataplane on each host, the command that all this is for. */
#ifndef WEFT_LAB_LAB_H
#define WEFT_LAB_LAB_H

#include "tools/lab/options.h"
#include "tools/lab/program.h"

struct server;

struct lab {
    const struct lab_options *options;
    struct fabric fabric;
    struct program *dataplanes; /* one for each host, or NULL */
    struct program *control;    /* or NULL */
    struct server *server;
    struct event_base *events;
    struct event *grace_over;
    pid_t command; /* 0: not started, or ended */
    bool command_was_started;
    bool stopping;
    int exit_status; /* the command's, once it has ended */
};

/* Process 1 of a sandbox: brings the lab up, runs the command, takes everything down. Returns the exit
 * status: the command's; 128 + signal if one ended it; 1 if the lab could not be brought up. */
int lab_run(const struct lab_options *options);

#endif
