/* SPDX-License-Identifier: BSD-3-Clause */
/* One attached application, as the main thread sees it.
 *
 * A session is CONNECTED, ATTACHED once its first request has been answered, ENDING from the moment its
 * socket closes (or it breaks a rule) and until the worker has let go of its memory, and then it is freed.
 * Requests are served one at a time and answered in order; while one is being served nothing is read from the
 * socket, only its end is noticed.
 */
#ifndef WEFT_DAEMON_SESSION_H
#define WEFT_DAEMON_SESSION_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "dataplane/daemon/host_port.h"
#include "dataplane/daemon/shared_memory.h"
#include "dataplane/formats/session.h"

struct session_server;

enum session_state {
    SESSION_CONNECTED,
    SESSION_ATTACHED,
    SESSION_ENDING
};

struct session_region {
    SLIST_ENTRY(session_region) link;
    uint32_t number;
    struct shared_memory memory;
    struct verbs_memory *registered; /* with an RDMA NIC; NULL: there is none */
};

struct session_communicator {
    SLIST_ENTRY(session_communicator) link;
    uint32_t handle;
    uint64_t identity;
    uint32_t rank, rank_count;
    enum path_mode path_mode;
    uint32_t *addresses;  /* of the ranks */
    uint16_t *rank_peers; /* lent to the transport until the communicator is closed */
    bool has_demand[STEP_SHAPES];
    uint64_t demand_bytes[STEP_SHAPES]; /* of the longest flow that was sent in steps of the shape */
};

/* The request that is being served. */
struct session_work {
    bool busy;
    struct session_request request;
    uint32_t *addresses; /* COMMUNICATOR_OPEN: of the ranks */
    struct session_region *region;
    struct session_communicator *communicator;
    struct path_waiter paths;
    bool waits_for_paths;
};

struct session {
    LIST_ENTRY(session) link;
    struct session_server *server;
    struct host_port *port;
    enum session_state state;
    unsigned number; /* for the log */
    int socket;
    struct event *readable, *hung_up;
    struct ucred peer;
    char name[SESSION_NAME_BYTES];
    struct shared_memory queue;
    int submission_doorbell, completion_doorbell; /* eventfd; -1: none */
    struct worker_session *worker_session;
    uint64_t region_bytes;
    SLIST_HEAD(, session_region) regions;
    SLIST_HEAD(, session_communicator) communicators;
    struct session_work work;
};

/* Takes over the socket of an application that has just connected; when memory is short, closes it. */
void session_create(struct session_server *server, struct host_port *port, int socket);
/* Ends the session for a reason of ours, in words, or (NULL) because the application has gone. */
void session_end(struct session *s, const char *reason);
/* Frees it and all its memory, which no worker may use any more. */
void session_abandon(struct session *s);
/* Ends it if the worker has found its rings malformed. */
void session_check_broken(struct session *s);

/* ---- for session_requests.c ---- */

/* Serves one request, whose addresses (COMMUNICATOR_OPEN) have been checked for number. Ends in
 * session_answer(), now or later. */
void session_serve(struct session *s, const struct session_request *request, const uint32_t *addresses);

struct session_answer {
    int status; /* 0 or negative errno */
    uint64_t value;
    const char *text; /* status != 0: what is wrong and the remedy */
    const int *descriptors;
    unsigned descriptor_count;
};
/* Ends the request being served and goes on with the next. An attached session is still there afterwards; one
 * that is not may be freed. */
void session_answer(struct session *s, const struct session_answer *answer);

#endif
