/* SPDX-License-Identifier: BSD-3-Clause */
/* What an application and the dataplane say to each other on the Unix socket (SOCK_SEQPACKET), off the packet
 * path.
 *
 * The application asks, the daemon answers each request with one session_reply, in order. File descriptors
 * travel as SCM_RIGHTS with the reply. Closing the socket ends the session: the daemon frees everything it
 * held, and the ranks of communicators that were still open are reported dead to their peers.
 */
#ifndef WEFT_FORMATS_SESSION_H
#define WEFT_FORMATS_SESSION_H

#include <assert.h>
#include <stdint.h>

enum {
    SESSION_VERSION = 1,
    SESSION_RANKS_MAX = 4096,
    SESSION_NAME_BYTES = 32,
    SESSION_TEXT_BYTES = 160
};

enum session_request_kind {
    SESSION_ATTACH = 1, /* first request. reply: 3 descriptors: app_queue memfd, submission doorbell eventfd
                           (application writes), completion doorbell eventfd (application reads) */
    SESSION_REGION_CREATE =
        2, /* value = bytes. reply: value = region id, 1 descriptor: sealed memfd to map */
    SESSION_REGION_DESTROY = 3,     /* value = region id. Refused (-EBUSY) while a transfer uses it */
    SESSION_COMMUNICATOR_OPEN = 4,  /* reply: value = handle */
    SESSION_COMMUNICATOR_CLOSE = 5, /* value = handle. What is in progress is cancelled */
    /* From a monitor, which does not attach, with SESSION_TEXT_BYTES of text after the request: those who
     * have the communicator open are told, unasked, by a reply of this kind. reply: value = how many were */
    SESSION_TELL = 6
};

/* How the flows of a communicator are put on paths; DEFAULT takes the daemon's configuration. */
enum session_path_mode {
    SESSION_PATH_MODE_DEFAULT = 0,
    SESSION_PATH_MODE_HASH = 1,     /* each pair of hosts on the one path that a five-tuple hash would give */
    SESSION_PATH_MODE_SPRAY = 2,    /* every packet on a path of its own, at random */
    SESSION_PATH_MODE_ETHEREAL = 3, /* whole flows round-robin, the remainder split into equal pieces */
    SESSION_PATH_MODE_WRAP = 4,     /* the same loads with the fewest pieces: wrap-around cutting */
    SESSION_PATH_MODE_PLANNED = 5,  /* as control plans; WRAP as long as there is no plan */
    SESSION_PATH_MODE_REPS = 6,     /* sprayed, but paths whose packets came unmarked are used again */
    SESSION_PATH_MODE_MPRDMA = 7,   /* each pair of hosts on four hashed paths, each with its own window */
    SESSION_PATH_MODE_MAX = SESSION_PATH_MODE_MPRDMA
};

struct session_request {
    uint32_t kind;
    uint32_t version; /* SESSION_VERSION */
    uint64_t value;
    char name[SESSION_NAME_BYTES]; /* ATTACH: what the operator sees; NUL-terminated */
    /* COMMUNICATOR_OPEN only, and TELL the first, else zero: */
    uint64_t communicator; /* identity, equal on all ranks, unique on the fabric */
    uint32_t rank;         /* of the caller */
    uint32_t
        rank_count; /* 1 .. SESSION_RANKS_MAX; as many addresses follow this struct in the same datagram */
    uint32_t path_mode; /* enum session_path_mode */
    uint32_t hash_seed; /* HASH, MPRDMA: varies the choice, as different ephemeral ports would */
};

/* One rank's host port, as it follows a COMMUNICATOR_OPEN request: IPv4 address, host byte order. */
typedef uint32_t session_rank_address;

struct session_reply {
    int32_t status; /* 0, or negative errno */
    uint32_t kind;  /* of the request */
    uint64_t value;
    /* ATTACH: */
    uint32_t address;           /* IPv4 address of the host port that carries this session, host byte order */
    uint32_t payload_bytes_max; /* of one data packet: chunk sizes are best a multiple of it */
    /* status != 0: what is wrong and the remedy; TELL: one line for the job's people. NUL-terminated */
    char text[SESSION_TEXT_BYTES];
};

static_assert(sizeof(struct session_request) == 72, "session_request");
static_assert(sizeof(struct session_reply) == 184, "session_reply");

#endif
