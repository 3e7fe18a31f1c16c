/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the etcd store share. */
#ifndef WEFT_CONTROL_ETCD_STATE_H
#define WEFT_CONTROL_ETCD_STATE_H

#include <jansson.h>

#include "control/etcd/gateway.h"

enum {
    ETCD_KEY_BYTES = ETCD_PREFIX_BYTES + STORE_NAME_BYTES + 32,
    ETCD_OWNER_BYTES = 128
};

struct etcd_store {
    struct store store;
    struct etcd_gateway *gateway;
    char prefix[ETCD_PREFIX_BYTES];
    char owner[ETCD_OWNER_BYTES]; /* the value of the key that says whose the state is */
    bool lost;                    /* another control has it now */
    uint64_t reserved_epoch;      /* kept: epochs up to it may be used */
    uint64_t opened_at;           /* revision; makes the keys of paths our own */
    unsigned path_batches;
    uint32_t page_keys;
};

/* PREFIX + name, as base64. NULL: no memory. */
json_t *etcd_key(const struct etcd_store *s, const char *name);
/* store_operations.load */
int etcd_store_load(struct store *store, unsigned events_max, const struct store_visitor *visit,
                    char error[STORE_ERROR_BYTES]);

#endif
