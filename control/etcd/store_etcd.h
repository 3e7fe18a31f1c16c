/* SPDX-License-Identifier: BSD-3-Clause */
/* The store in an etcd cluster: state that outlives the machine which control runs on. The README beside this
 * says what is kept under which key. */
#ifndef WEFT_CONTROL_ETCD_STORE_ETCD_H
#define WEFT_CONTROL_ETCD_STORE_ETCD_H

#include <stdint.h>

#include "control/core/store.h"

enum {
    ETCD_ENDPOINTS_MAX = 16,
    ETCD_PREFIX_BYTES = 256,
    ETCD_EPOCHS_RESERVED = 1024 /* plans go on for at least half as many epochs when etcd is lost */
};

struct etcd_place {
    char *const *endpoints; /* "http://HOST:PORT" or https; tried in turn */
    unsigned endpoint_count;
    const char *ca, *certificate, *key; /* PEM files, for https; NULL: the system's, none */
    const char *prefix;                 /* of all keys; begins and ends with / */
    uint32_t timeout_ms;                /* of one member's answer */
    uint32_t retry_ms;  /* no call for so long after a failed one, and twice as long each time, up to 30 s */
    uint32_t page_keys; /* read at a time; 0: 512 */
};

/* Takes over the state under the prefix, which may be empty: a control that had it before can write it no
 * more. 0, or with `error`: -EIO (nobody answers), -EUCLEAN (the prefix holds what is not weft's), -EPROTO (a
 * newer weft's), -EINVAL, -ENOMEM. */
int store_etcd_open(const struct etcd_place *place, struct store **store, char error[STORE_ERROR_BYTES]);

#endif
