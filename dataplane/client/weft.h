/* SPDX-License-Identifier: BSD-3-Clause */
/* libweft: attach to the dataplane of this host, share memory with it, and run collectives over the fabric.
 *
 *     weft_attach()  ->  weft_region_create()  ->  weft_communicator_create()
 *     -> weft_all_reduce() and the like, each with a weft_wait()  ->  weft_detach()
 *
 * A context and everything made from it belong to one thread at a time; a process may have several contexts.
 * Nothing here starts threads or installs signal handlers: what is in progress advances inside weft_test()
 * and weft_wait() of any request of the context, and in between as far as the dataplane alone can take it.
 *
 * Functions return 0 or a negative enum weft_error; weft_error_text() puts the last one of a context in
 * words, with the place and the remedy.
 *
 * Environment: WEFT_SOCKET (see weft_attach()), WEFT_SPIN_US (weft_wait() looks for so long before it sleeps;
 * 0, which suits shared cores).
 */
#ifndef WEFT_H
#define WEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_context;
struct weft_communicator;
/* An operation in progress. The weft_wait() or weft_test() that reports its end frees it. */
struct weft_request;

enum weft_error {
    WEFT_ERROR_INVALID = -1,        /* an argument is wrong, or ranks called a collective differently */
    WEFT_ERROR_NO_MEMORY = -2,      /* here or in the dataplane */
    WEFT_ERROR_NO_DATAPLANE = -3,   /* no daemon on the socket, or it went away */
    WEFT_ERROR_VERSION = -4,        /* library and daemon do not speak the same version */
    WEFT_ERROR_NOT_REGISTERED = -5, /* a buffer does not lie in one region of this context */
    WEFT_ERROR_TRUNCATED = -6,      /* a message was longer than the room for it; only that message failed */
    WEFT_ERROR_PEER_DEAD = -7,      /* a rank died: weft_communicator_dead_rank() names it */
    WEFT_ERROR_TIMEOUT = -8,        /* nothing moved for timeout_ms; weft_error_text() names who is awaited */
    WEFT_ERROR_RESOURCES = -9       /* a table of the dataplane is full: its configuration can be raised */
};

enum weft_type {
    WEFT_FLOAT32,
    WEFT_FLOAT64,
    WEFT_FLOAT16,
    WEFT_BFLOAT16,
    WEFT_INT32,
    WEFT_INT64
};

enum weft_reduction {
    WEFT_SUM,
    WEFT_PRODUCT,
    WEFT_MIN,
    WEFT_MAX,
    WEFT_AVERAGE /* integers: the sum divided by the rank count, rounded toward zero */
};

enum weft_algorithm {
    WEFT_ALGORITHM_AUTO,
    WEFT_ALGORITHM_RING,
    WEFT_ALGORITHM_HALVING_DOUBLING, /* any rank count; a power of two is best */
    WEFT_ALGORITHM_DIRECT            /* every rank exchanges with every other at once */
};

enum weft_path_mode {
    WEFT_PATH_DEFAULT, /* as the dataplane is configured */
    WEFT_PATH_HASH,
    WEFT_PATH_SPRAY,
    WEFT_PATH_ETHEREAL,
    WEFT_PATH_WRAP,
    WEFT_PATH_PLANNED, /* as control plans; WEFT_PATH_WRAP as long as there is no plan */
    WEFT_PATH_REPS,
    WEFT_PATH_MPRDMA
};

/* Attaches to the daemon listening on `socket_path` (NULL: $WEFT_SOCKET, else /run/weft/dataplane.sock).
 * `name` is shown to the operator. On failure *context is NULL and the error is in words in
 * weft_attach_error_text(). */
int weft_attach(const char *socket_path, const char *name, struct weft_context **context);
const char *weft_attach_error_text(void);
/* Ends the session. Requests are cancelled and freed, communicators destroyed, regions unmapped. */
void weft_detach(struct weft_context *context);
/* The last error of this context in words; valid until the next call on it. */
const char *weft_error_text(const struct weft_context *context);
/* The IPv4 address, host byte order, by which peers name this host. */
uint32_t weft_address(const struct weft_context *context);

/* Memory shared with the dataplane: the only memory that messages may be sent from and received into. Page
 * aligned, zeroed. */
int weft_region_create(struct weft_context *context, size_t bytes, void **memory);
/* Frees a region by its address. Refused (WEFT_ERROR_INVALID) while an operation uses it. */
int weft_region_destroy(struct weft_context *context, void *memory);

struct weft_communicator_config {
    uint64_t identity; /* equal on all ranks, never used before on this fabric */
    uint32_t rank;     /* of the caller */
    uint32_t rank_count;
    const uint32_t *addresses; /* rank_count IPv4 addresses in host byte order: where each rank is; copied */
    enum weft_path_mode path_mode;
    uint32_t hash_seed;  /* WEFT_PATH_HASH and WEFT_PATH_MPRDMA only */
    uint32_t timeout_ms; /* of one operation without any progress; 0: 60,000 */
};
/* Local: does not wait for the other ranks, the first operation does.
 *
 * Any error of an operation but WEFT_ERROR_TRUNCATED ends the communicator: all that is in progress on it
 * ends with the same error, and so does every later call. A rank that gives up (by WEFT_ERROR_TIMEOUT, say)
 * counts as dead to the others, so all ranks hear of a failure whoever noticed it first. */
int weft_communicator_create(struct weft_context *context, const struct weft_communicator_config *config,
                             struct weft_communicator **communicator);
/* What is in progress is cancelled, and then this rank counts as dead to the others; its requests end with
 * WEFT_ERROR_INVALID. Without any, the rank simply leaves. */
void weft_communicator_destroy(struct weft_communicator *communicator);
/* The rank whose death ended this communicator, or -1. */
int64_t weft_communicator_dead_rank(const struct weft_communicator *communicator);

/* Tagged messages. Messages to the same peer with the same tag arrive in the order in which they were sent; a
 * rank may send to itself. Non-blocking: the buffer must not be touched until the request has ended. A send
 * ends when the message is in the receiver's memory, so not before the receive is posted. bytes: 0 .. 4 GiB.
 */
int weft_send(struct weft_communicator *communicator, const void *buffer, size_t bytes, uint32_t peer,
              uint32_t tag, struct weft_request **request);
int weft_receive(struct weft_communicator *communicator, void *buffer, size_t bytes, uint32_t peer,
                 uint32_t tag, struct weft_request **request);

/* Collectives. Every rank calls the same ones in the same order with the same arguments, buffers apart.
 * Non-blocking; several may be in progress. `count` is in elements, to which buffers must be aligned. `in`
 * may equal `out` (in place) where their lengths agree; otherwise they must not overlap, and `in` is only
 * read.
 *
 *   all_reduce      in[count] -> out[count]
 *   reduce_scatter  in[count * ranks] -> out[count]: the caller's block of the reduced vector
 *   all_gather      in[count] -> out[count * ranks]; in place: in == out + rank * count elements
 *   broadcast       buffer[count] of `root` -> buffer of everyone
 *   all_to_all      block i of in goes to rank i; block j of out comes from rank j; blocks of count elements
 *   all_to_all_v    the same with counts and displacements per rank, in elements; the arrays are copied
 *
 * All ranks get the same bits, and get them again whenever the arguments, the ranks and the algorithm are the
 * same: the order of additions does not depend on who is fast. MIN and MAX give NaN if any rank has one.
 * WEFT_ALGORITHM_AUTO takes halving-doubling below 64 KiB in total, else ring.
 */
int weft_all_reduce(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, enum weft_reduction reduction, enum weft_algorithm algorithm,
                    struct weft_request **request);
int weft_reduce_scatter(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                        enum weft_type type, enum weft_reduction reduction, enum weft_algorithm algorithm,
                        struct weft_request **request);
int weft_all_gather(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, enum weft_algorithm algorithm, struct weft_request **request);
int weft_broadcast(struct weft_communicator *communicator, void *buffer, size_t count, enum weft_type type,
                   uint32_t root, struct weft_request **request);
int weft_all_to_all(struct weft_communicator *communicator, const void *in, void *out, size_t count,
                    enum weft_type type, struct weft_request **request);
int weft_all_to_all_v(struct weft_communicator *communicator, const void *in, const size_t *in_counts,
                      const size_t *in_displacements, void *out, const size_t *out_counts,
                      const size_t *out_displacements, enum weft_type type, struct weft_request **request);
int weft_barrier(struct weft_communicator *communicator, struct weft_request **request);

/* Takes what has completed and posts what has become possible, then returns at once. *done: the request has
 * ended and is freed; the return value is then its outcome. */
int weft_test(struct weft_request *request, bool *done);
/* The same, sleeping until the request has ended. */
int weft_wait(struct weft_request *request);
/* The same two for a weft_receive(), which also say how long the message was. */
int weft_test_receive(struct weft_request *request, bool *done, size_t *bytes);
int weft_wait_receive(struct weft_request *request, size_t *bytes);
/* Bytes from the start of `out` (or of the receive buffer) that are final already, so that an application may
 * compute on them before the request ends. Parts become final in the order in which they arrive, but only
 * what is final from the start on is counted: for an all_reduce it may stay 0 for long. all_to_all_v tells
 * only the end. As of the last weft_test(). */
size_t weft_ready_bytes(const struct weft_request *request);

size_t weft_type_bytes(enum weft_type type);

#ifdef __cplusplus
}
#endif

#endif
