/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon of the lab, as a process: a host's dataplane, or control.
 *
 * It is stopped; it is started and is then starting until it says that clients may connect; then it is ready,
 * until it ends, on request or by itself, and is stopped again. */
#ifndef WEFT_LAB_PROGRAM_H
#define WEFT_LAB_PROGRAM_H

#include <event2/bufferevent.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tools/lab/error.h"
#include "tools/lab/namespace.h"

enum program_state {
    PROGRAM_STOPPED,
    PROGRAM_STARTING,
    PROGRAM_READY
};

enum {
    PROGRAM_TEXT_BYTES = 96
};

struct program {
    const char *path;
    const char *ready_line; /* how the line begins that says that it is ready */
    const char *name;       /* before each of its lines */
    char what[PROGRAM_TEXT_BYTES];
    char config_path[PROGRAM_TEXT_BYTES]; /* its one argument */
    const struct namespace *node;         /* NULL: the lab's own */
    bool verbose;
    struct event_base *events;
    /* Called when it has become ready, and when it has ended. */
    void (*on_changed)(struct program *program, void *context);
    void *context;

    enum program_state state;
    bool end_is_wanted;
    pid_t process; /* 0: stopped */
    struct bufferevent *output;
    struct evbuffer *recent; /* the last of what it printed */
};

/* All return 0 or negative errno with `error`. */
int program_start(struct program *program, struct lab_error *error);
int program_kill(struct program *program, struct lab_error *error);
int program_pause(struct program *program, struct lab_error *error);
int program_resume(struct program *program, struct lab_error *error);

/* Asks it to end cleanly. */
void program_terminate(struct program *program);

/* Its process has ended with this wait status. */
void program_on_ended(struct program *program, int wait_status);

#endif
