/* SPDX-License-Identifier: BSD-3-Clause */
/* Preloaded into a weft-dataplane that is tested: whenever the file that FORCE_ERROR names appears, all queue
 * pairs of the process are put into their error state, as an administrator or a broken NIC would, and the
 * file is removed. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <infiniband/verbs.h>

enum {
    QUEUE_PAIRS_MAX = 256,
    LOOK_US = 20000
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct ibv_qp *queue_pairs[QUEUE_PAIRS_MAX];

static void replace(struct ibv_qp *old, struct ibv_qp *new)
{
    for (unsigned i = 0; i < QUEUE_PAIRS_MAX; i++) {
        if (queue_pairs[i] != old)
            continue;
        queue_pairs[i] = new;
        return;
    }
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attributes)
{
    struct ibv_qp *(*create)(struct ibv_pd *, struct ibv_qp_init_attr *);
    *(void **)&create = dlsym(RTLD_NEXT, "ibv_create_qp");
    struct ibv_qp *qp = create(pd, attributes);
    pthread_mutex_lock(&lock);
    if (qp != NULL)
        replace(NULL, qp);
    pthread_mutex_unlock(&lock);
    return qp;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
    int (*destroy)(struct ibv_qp *);
    *(void **)&destroy = dlsym(RTLD_NEXT, "ibv_destroy_qp");
    pthread_mutex_lock(&lock);
    replace(qp, NULL);
    int result = destroy(qp);
    pthread_mutex_unlock(&lock);
    return result;
}

static void force_all(void)
{
    struct ibv_qp_attr attributes = {.qp_state = IBV_QPS_ERR};
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < QUEUE_PAIRS_MAX; i++)
        if (queue_pairs[i] != NULL)
            ibv_modify_qp(queue_pairs[i], &attributes, IBV_QP_STATE);
    pthread_mutex_unlock(&lock);
}

static void *look(void *file)
{
    for (;; usleep(LOOK_US)) {
        if (access(file, F_OK) != 0)
            continue;
        force_all();
        unlink(file);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_t thread;
    char *file = getenv("FORCE_ERROR");
    if (file != NULL && pthread_create(&thread, NULL, look, file) == 0)
        pthread_detach(thread);
}
