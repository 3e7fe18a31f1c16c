/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept under which key of etcd, as JSON; the README lists them. Values may have been edited: reading
 * passes over what does not fit. */
#ifndef WEFT_CONTROL_ETCD_VALUES_H
#define WEFT_CONTROL_ETCD_VALUES_H

#include <jansson.h>
#include <stdbool.h>

#include "control/core/store.h"

/* Keys and values travel as base64. NULL: no memory. */
json_t *etcd_base64(const void *bytes, size_t count);
/* From malloc(), with a zero after the last byte. NULL: not base64, or no memory. */
char *etcd_from_base64(const json_t *text, size_t *count);

/* Values as texts from malloc(); NULL: no memory. */
char *etcd_write_link(const struct store_link *link);
char *etcd_write_paths(const struct store_path *paths, unsigned count);
char *etcd_write_events(const struct store_event *events, unsigned count);

/* False: not what was written. The name of a link is its key's. */
bool etcd_read_link(const char *name, const char *value, struct store_link *link);
void etcd_read_paths(const char *value, const struct store_visitor *visit);
/* Events from *sequence on, ascending; *sequence is then the one after the last. */
void etcd_read_events(const char *value, uint64_t *sequence, const struct store_visitor *visit);
/* How many events the value has, of whatever kind. */
unsigned etcd_count_events(const char *value, uint64_t *last_sequence);

#endif
