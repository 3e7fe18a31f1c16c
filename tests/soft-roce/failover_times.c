/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded into a weft-dataplane that is tested: tells on stderr, in this host's monotonic time, how long
 * the NIC took to give a queue pair up, counted from the post of the oldest work that it never confirmed, and
 * how long weft then took to post some of that payload on another one. The first of both is the NIC's, the
 * second ours. Where all of it had arrived after all, and only its acknowledgements were lost, there is
 * nothing to send again, and no second one. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <infiniband/verbs.h>

enum {
    QUEUE_PAIRS = 1024, /* by the low bits of their numbers */
    POSTS = 128         /* of one queue pair that are not confirmed; more than weft has */
};

struct payload {
    uint64_t address;
    uint32_t bytes; /* 0: none */
};

/* Posts that ask for a completion, in order; each covers the write before it, which does not. */
static struct queue_pair {
    struct post {
        double posted_ms;
        struct payload payload;
    } posts[POSTS];
    unsigned first, end;
    struct payload payload; /* what is posted and covered by none of these */
} queue_pairs[QUEUE_PAIRS];

/* The queue pair that failed last, and what it had not confirmed. */
static struct {
    uint32_t number; /* 0: none, or some of it has been sent again */
    double at_ms;
    struct payload payloads[POSTS];
    unsigned count;
} failed;

static int (*real_post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
static int (*real_poll_cq)(struct ibv_cq *, int, struct ibv_wc *);

static double read_clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct queue_pair *queue_pair_of(uint32_t number)
{
    return &queue_pairs[number % QUEUE_PAIRS];
}

static bool was_lost(const struct payload *p)
{
    for (unsigned i = 0; i < failed.count; i++) {
        const struct payload *lost = &failed.payloads[i];
        if (p->address < lost->address + lost->bytes && lost->address < p->address + p->bytes)
            return true;
    }
    return false;
}

static void note_post(struct ibv_qp *qp, const struct ibv_send_wr *work, double now_ms)
{
    struct queue_pair *q = queue_pair_of(qp->qp_num);
    if (work->opcode == IBV_WR_RDMA_WRITE && !(work->send_flags & IBV_SEND_INLINE))
        q->payload = (struct payload){work->sg_list[0].addr, work->sg_list[0].length};
    if (failed.number != 0 && qp->qp_num != failed.number && q->payload.bytes > 0 && was_lost(&q->payload)) {
        fprintf(stderr, "failover: payload on another queue pair after %.1f ms\n", now_ms - failed.at_ms);
        failed.number = 0;
    }
    if (work->send_flags & IBV_SEND_SIGNALED && q->end - q->first < POSTS) {
        q->posts[q->end++ % POSTS] = (struct post){now_ms, q->payload};
        q->payload.bytes = 0;
    }
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *work, struct ibv_send_wr **bad)
{
    double now_ms = read_clock_ms();
    for (const struct ibv_send_wr *w = work; w != NULL; w = w->next)
        note_post(qp, w, now_ms);
    return real_post_send(qp, work, bad);
}

static void note_failure(const struct queue_pair *q, uint32_t number)
{
    failed.count = 0;
    for (unsigned i = q->first; i != q->end; i++)
        if (q->posts[i % POSTS].payload.bytes > 0)
            failed.payloads[failed.count++] = q->posts[i % POSTS].payload;
    if (failed.count == 0)
        return;
    failed.at_ms = read_clock_ms();
    failed.number = number;
    fprintf(stderr, "failover: queue pair %u given up by the NIC after %.1f ms\n", number,
            failed.at_ms - q->posts[q->first % POSTS].posted_ms);
}

static void note_completion(const struct ibv_wc *wc)
{
    struct queue_pair *q = queue_pair_of(wc->qp_num);
    if (wc->status == IBV_WC_RETRY_EXC_ERR)
        note_failure(q, wc->qp_num);
    if (wc->status != IBV_WC_SUCCESS)
        q->first = q->end;
    else if (!(wc->opcode & IBV_WC_RECV) && q->first != q->end)
        q->first++;
}

static int poll_cq(struct ibv_cq *cq, int max, struct ibv_wc *wc)
{
    int count = real_poll_cq(cq, max, wc);
    for (int i = 0; i < count; i++)
        note_completion(&wc[i]);
    return count;
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
    struct ibv_context *(*open_device)(struct ibv_device *);
    *(void **)&open_device = dlsym(RTLD_NEXT, "ibv_open_device");
    struct ibv_context *context = open_device(device);
    if (context == NULL)
        return NULL;
    real_post_send = context->ops.post_send;
    real_poll_cq = context->ops.poll_cq;
    context->ops.post_send = post_send;
    context->ops.poll_cq = poll_cq;
    return context;
}
