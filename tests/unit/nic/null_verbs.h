/* SPDX-License-Identifier: BSD-3-Clause */
/* A libibverbs of nothing: devices, queue pairs and memory of this process, linked instead of the real
 * library. What one queue pair posts, the one that it is connected to has at once. Only what weft uses is
 * there. */
#ifndef WEFT_TESTS_NULL_VERBS_H
#define WEFT_TESTS_NULL_VERBS_H

#include <infiniband/verbs.h>

enum {
    NULL_VERBS_DEVICES = 2 /* "null0" is 10.0.0.1, "null1" 10.0.0.2; both on the loopback interface */
};

/* Work that is posted from now on is kept back, until null_verbs_let_go(). */
void null_verbs_hold(void);
void null_verbs_let_go(void);
/* What befalls the work of one queue pair from now on: nothing; its packets get lost; they arrive, but nobody
 * learns of it. Its NIC waits, until it gives up or the cut is mended and let go. */
enum null_cut {
    NULL_CUT_NONE,
    NULL_CUT_PACKETS,
    NULL_CUT_ACKS
};
void null_verbs_cut(uint32_t queue_pair, enum null_cut cut);
unsigned null_verbs_held(uint32_t queue_pair);
void null_verbs_give_up(uint32_t queue_pair);
/* The next work request that is carried out fails so. */
void null_verbs_fail(enum ibv_wc_status status);
/* No work is taken any more, with this errno; 0: it is again. */
void null_verbs_refuse_work(int error);
/* The next registration of memory, or making of a queue pair, is refused with this errno. */
void null_verbs_refuse(int error);
/* How large devices are from now on: 0: as large as can be. */
void null_verbs_limit_receives(int receives);
/* Where the device `index` is in the file system. */
void null_verbs_set_folder(unsigned index, const char *folder);
void null_verbs_tell(enum ibv_event_type event);
/* Where in its table each device has its GID from now on, 1 to 3 (1 at first); 0: nowhere. */
void null_verbs_put_gid(int entry);

/* A completion queue that was armed rings; how often one was armed so far. */
void null_verbs_ring(void);
extern unsigned null_verbs_arms;

/* What was asked of the last queue pair that was connected. */
extern struct ibv_ah_attr null_verbs_route;
/* Receives that are with the device `index` and unused; sends that found none. */
unsigned null_verbs_receives(unsigned index);
extern unsigned null_verbs_not_ready;
/* Sends and receives that were posted so far. */
extern unsigned long null_verbs_work;
/* Sends raw work, as a foreign peer might. */
void null_verbs_send_raw(uint32_t to_queue_pair, const void *bytes, uint32_t length, int with_immediate,
                         uint32_t immediate);

#endif
