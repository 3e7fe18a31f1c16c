/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a worker, for its own files only:
 *     worker.c           the thread, its round, and how it sleeps
 *     worker_packets.c   port <-> transport, payload <-> applications' memory
 *     worker_requests.c  applications' batches -> transport, events -> applications' completions
 *     worker_commands.c  what the main thread asks
 */
#ifndef WEFT_DAEMON_WORKER_STATE_H
#define WEFT_DAEMON_WORKER_STATE_H

#include <pthread.h>

#include "dataplane/daemon/carrier.h"
#include "dataplane/daemon/loopback.h"
#include "dataplane/daemon/mailbox.h"
#include "dataplane/daemon/region_table.h"
#include "dataplane/daemon/transfer_table.h"
#include "dataplane/daemon/worker.h"

enum {
    WORKER_BURST = 32,
    WORKER_LOOPBACK_PACKETS = 128,
    WORKER_COMMANDS_MAX = 1024,
    WORKER_NOTICES_MAX = 4096
};

struct worker {
    struct worker_config config;
    struct carrier *carrier; /* of an RDMA NIC; NULL: all packets go by the port */
    pthread_t thread;
    bool running; /* main: rw */
    bool stop;    /* main: rw, worker: ro */

    /* shared with the main thread */
    struct mailbox *commands; /* struct command *, from main */
    struct mailbox *answers;  /* struct command *, to main */
    struct mailbox *notices;  /* struct notice, to main */
    unsigned commands_out;    /* main: rw; bounds the answers, so that there is always room for one */
    bool asleep;              /* worker sets, either clears: a post must ring worker_bell */
    int worker_bell;          /* eventfd, main rings */
    int main_bell;            /* eventfd, worker rings */
    int doorbells;            /* epoll: worker_bell and the applications' doorbells */

    /* worker only */
    nsec_t clock_base, now;
    bool main_bell_due;
    bool slept_in_vain;
    struct worker_session *sessions[WORKER_SESSIONS_MAX];
    unsigned session_end; /* beyond the last slot in use */
    struct region_table regions;
    struct transfer_table transfers;
    uint64_t finished;                        /* transfers that have ended */
    uint64_t plan_epoch;                      /* of the plan that is followed; 0: none */
    uint16_t spine_of_path[PACKET_PATHS_MAX]; /* for timing: the plan's numbers, else our own */
    struct submission_batch batch;
    struct loopback loopback;
    struct packet_probe probe_header;
    struct outgoing_packet outgoing[WORKER_BURST];
    struct sent_frame
        frames[WORKER_BURST * CARRIER_DATAGRAM_COPIES_MAX]; /* to the port; their headers are in `outgoing` */
    unsigned frame_first, frame_count;                      /* not taken by the port yet */
    uint64_t rounds, sleeps, notices_lost, loopback_packets;
};

/* Each does a bounded amount of work and returns how much that was; 0: nothing. */
unsigned worker_receive_packets(struct worker *w);
unsigned worker_send_packets(struct worker *w);
unsigned worker_take_submissions(struct worker *w);
unsigned worker_do_commands(struct worker *w);

nsec_t worker_read_clock(const struct worker *w);
void worker_send_probes(struct worker *w, const struct path_probe *probes, unsigned count);
void worker_take_session(struct worker *w, struct worker_session *session);
/* Tells the applications, and the main thread, what the transport has to say. */
void worker_deliver_events(struct worker *w);
void worker_publish_completions(struct worker *w);
/* Spines get the numbers that the plan has for them; NULL: those of our own paths. */
void worker_number_spines(struct worker *w, const struct path_plan *plan);
/* Answers the commands that wait for transfers to end. */
void worker_answer_waiting(struct worker *w);
bool worker_has_submissions(const struct worker *w);
bool worker_has_blocked_session(const struct worker *w);

void worker_answer(struct worker *w, struct command *command, int64_t result);
/* False when the main thread is late: the notice is lost. */
bool worker_notify(struct worker *w, const struct notice *notice);

#endif
