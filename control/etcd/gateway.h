/* SPDX-License-Identifier: BSD-3-Clause */
/* One call at a time to etcd's JSON gateway (/v3/kv/...): from a list of members, whichever answers. Waits
 * for the answer, but never for long: who has not answered is left alone for a while, in which calls fail at
 * once.
 *
 * What answers must be the cluster that answered first, as far on as it was: a member of another one, or a
 * cluster that was restored from an older copy, is refused. */
#ifndef WEFT_CONTROL_ETCD_GATEWAY_H
#define WEFT_CONTROL_ETCD_GATEWAY_H

#include <jansson.h>
#include <stdint.h>

#include "control/core/store.h"
#include "control/etcd/store_etcd.h"

struct etcd_gateway;

/* Connects to nobody yet. 0, -EINVAL or -ENOMEM with `error`. */
int etcd_gateway_create(const struct etcd_place *place, struct etcd_gateway **gateway,
                        char error[STORE_ERROR_BYTES]);
void etcd_gateway_destroy(struct etcd_gateway *gateway); /* NULL is allowed */

/* Sends `body`, of which it takes over the reference; NULL means that there was no memory for it. 0 and the
 * answer, an object that is the caller's; or with `error`:
 *     -EIO         nobody answers, or not as etcd does
 *     -ESTALE      another cluster, or an older state of this one, answers
 *     -ESTRPIPE    the revision asked for has been compacted away
 *     -EFBIG       the request is too large for etcd
 *     -ENOMEM */
int etcd_gateway_call(struct etcd_gateway *gateway, const char *path, json_t *body, json_t **answer,
                      char error[STORE_ERROR_BYTES]);
/* The newest revision that any answer told. */
uint64_t etcd_gateway_revision(const struct etcd_gateway *gateway);
/* The members, as lines in errors name them. */
const char *etcd_gateway_name(const struct etcd_gateway *gateway);

/* etcd writes 64-bit numbers as strings. 0 where there is none. */
uint64_t etcd_number(const json_t *object, const char *key);

/* Says what is wrong, and returns `result`. */
int etcd_fail(char error[STORE_ERROR_BYTES], int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
