/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker: the thread that carries the packets of one port between that port, the transport and the
 * applications' memory. Everything here is called by the main thread. */
#ifndef WEFT_DAEMON_WORKER_H
#define WEFT_DAEMON_WORKER_H

#include "dataplane/daemon/command.h"
#include "dataplane/daemon/worker_session.h"

enum {
    WORKER_ERROR_BYTES = 256
};

struct worker;

struct worker_config {
    struct port *port; /* the worker's until it is destroyed, as is the transport */
    struct transport *transport;
    unsigned core;
    bool sleep; /* sleep when there is nothing to do; else poll */
    uint32_t address;
    uint32_t incarnation;
    uint16_t payload_bytes_max;
    unsigned transfers_max;
};

/* 0 or negative errno with `error` in words. */
int worker_create(const struct worker_config *config, struct worker **worker, char error[WORKER_ERROR_BYTES]);
/* Before it starts: numbered packets go by an RDMA NIC instead of the port. 0 or negative errno. */
int worker_use_carrier(struct worker *w, struct carrier *carrier);
int worker_start(struct worker *w, char error[WORKER_ERROR_BYTES]);
/* Ends the thread if it runs. Commands not answered yet never will be. */
void worker_destroy(struct worker *w);

/* Gives a command to the worker; false when too many are under way: try again after answers. */
bool worker_post(struct worker *w, struct command *command);
/* Readable when an answer, a notice or a broken session may be there. */
int worker_bell_fd(const struct worker *w);
/* The next command that has been done; NULL when there is none. */
struct command *worker_take_answer(struct worker *w);
bool worker_take_notice(struct worker *w, struct notice *notice);

/* Lets an application's doorbell (eventfd) wake the worker; to be ended before the descriptor is closed. */
int worker_watch_doorbell(struct worker *w, int doorbell_fd);
void worker_unwatch_doorbell(struct worker *w, int doorbell_fd);

#endif
