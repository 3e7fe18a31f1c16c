/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of the libibverbs of nothing, shared by the files null_verbs*.c. */
#ifndef WEFT_TESTS_NULL_VERBS_STATE_H
#define WEFT_TESTS_NULL_VERBS_STATE_H

#include <stdbool.h>

#include "tests/unit/nic/null_verbs.h"

/* rdma-core has macros in place of some functions, to keep old programs running. */
#undef ibv_query_port
#undef ibv_reg_mr
#undef ibv_get_device_list

enum {
    NULL_QUEUE_PAIRS_MAX = 1 << 16,
    NULL_ENTRIES_MAX = 32768,
    NULL_RECEIVES_MAX = 32768
};

struct null_cq {
    struct ibv_cq cq;
    struct ibv_wc entries[NULL_ENTRIES_MAX];
    unsigned first, count;
};

struct null_srq {
    struct ibv_srq srq;
    struct ibv_recv_wr work[NULL_RECEIVES_MAX];
    struct ibv_sge pieces[NULL_RECEIVES_MAX];
    unsigned first, count;
};

struct null_qp {
    struct ibv_qp qp;
    enum ibv_qp_state state;
    enum null_cut cut;
    uint32_t peer;
};

/* ---- null_verbs_device.c ---- */

unsigned null_verbs_device_index(const struct ibv_device *device);
/* Whether null_verbs_refuse() meant this; errno says why. */
bool null_verbs_is_refused(void);

/* ---- null_verbs_memory.c ---- */

bool null_verbs_may_write(uint32_t key, uint64_t address, uint32_t length);

/* ---- null_verbs_queue.c ---- */

struct null_qp *null_verbs_queue_pair(uint32_t number);
void null_verbs_complete(struct ibv_cq *cq, const struct ibv_wc *entry);
/* What of a context is called through pointers. */
int null_verbs_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *work, struct ibv_recv_wr **bad);
int null_verbs_poll_cq(struct ibv_cq *cq, int count, struct ibv_wc *entries);
int null_verbs_req_notify_cq(struct ibv_cq *cq, int solicited_only);

/* ---- null_verbs_work.c ---- */

/* What is held of a queue pair ends as flushed, or without a word. */
void null_verbs_flush(struct null_qp *qp);
void null_verbs_forget(struct null_qp *qp);
int null_verbs_post_send(struct ibv_qp *qp, struct ibv_send_wr *work, struct ibv_send_wr **bad);

#endif
