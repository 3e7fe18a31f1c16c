/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a verbs device, shared by the files of this folder. */
#ifndef WEFT_NIC_VERBS_STATE_H
#define WEFT_NIC_VERBS_STATE_H

#include <net/if.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include <infiniband/verbs.h>

#include "nic/verbs/verbs.h"

enum {
    VERBS_CREDIT_WRITES = 2,  /* of one link, under way */
    VERBS_INLINE_BYTES = 220, /* asked for; the header's length is the least */
    VERBS_WORK_REQUESTS = 2 * VERBS_LINK_MESSAGES + VERBS_CREDIT_WRITES,
    VERBS_BUFFER_BYTES = 128, /* of a received header */
    VERBS_LINK_COMPLETIONS = 2 * VERBS_LINK_MESSAGES + VERBS_CREDIT_WRITES
};

/* The GID that the port is known by. */
struct verbs_gid {
    uint8_t port;
    int index;
    uint32_t address;
    unsigned interface;
    union ibv_gid raw;
};

struct verbs {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_comp_channel *channel;
    struct ibv_cq *cq;
    bool is_armed; /* worker: the next completion rings, or has rung */
    struct ibv_srq *srq;
    struct verbs_gid gid;
    enum ibv_mtu mtu;
    unsigned links_max;
    bool ports_by_numbers;
    void *driver;                                             /* a library, as dlopen() has it */
    int (*set_source_port)(struct ibv_qp *qp, uint16_t port); /* of the driver; NULL: the flow label does */
    LIST_HEAD(, verbs_memory) memories;

    /* received headers: links_max * VERBS_LINK_MESSAGES buffers, all with the NIC or being read */
    uint8_t *buffers;
    struct ibv_mr *buffers_mr;
    uint32_t buffer_count;

    /* Peers write here, a word a link, how many of our messages they have read. */
    _Atomic uint64_t *read_by_peer;
    struct ibv_mr *words_mr;

    uint32_t *free_slots; /* main */
    uint32_t free_count, next_serial;
    struct verbs_link **by_slot;   /* worker: NULL where no link has begun */
    struct verbs_link **by_number; /* worker: open addressing by queue pair number */
    uint32_t number_mask;
    LIST_HEAD(, verbs_link) refused; /* worker: links whose work the NIC did not take, and nobody knows yet */
    struct verbs_counters counters;  /* worker */
};

struct verbs_link {
    struct verbs *verbs;
    struct ibv_qp *qp; /* main: NULL once stopped */
    uint32_t number;   /* of the queue pair */
    uint32_t slot, serial;
    uint32_t packet_number;
    uint32_t inline_bytes;
    struct verbs_end remote;
    void *owner;
    bool failed;      /* nothing more is posted */
    bool told_failed; /* by a completion */
    bool is_refused;  /* on the list of these */
    LIST_ENTRY(verbs_link) refused;
    uint32_t credit_writes; /* under way */
    uint64_t sent, sent_done;
    uint64_t received, received_told; /* messages of the peer that were read; what it knows of them */
};

/* What a work request was for: in its wr_id, with slot and serial of the link. */
enum verbs_work {
    VERBS_WORK_SEND,
    VERBS_WORK_WRITE,
    VERBS_WORK_CREDIT
};

/* The first GID of RoCE v2 for `address` (0: any IPv4). 0 or -EADDRNOTAVAIL. */
int verbs_find_gid(struct ibv_context *context, uint32_t address, struct verbs_gid *gid);
/* The flow label that rdma-core's rule turns into this UDP source port; never 0. */
uint32_t verbs_flow_label(uint16_t source_port);
/* What the kernel makes of both queue pairs' numbers where there is no flow label. */
uint16_t verbs_port_of_numbers(uint32_t one, uint32_t other);
/* Looks for the driver's own way to set source ports. */
void verbs_find_source_port_setter(struct verbs *v);
void verbs_forget_source_port_setter(struct verbs *v);

/* Deregisters all that is left: what is released later is only forgotten. */
void verbs_memories_end(struct verbs *v);

int verbs_error(char error[VERBS_ERROR_BYTES], int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Gives a received header's buffer to the NIC. */
void verbs_post_buffer(struct verbs *v, uint32_t buffer);

#endif
