/* SPDX-License-Identifier: BSD-3-Clause */
/* A way to an etcd on which a test does something between two calls: a process that hands requests on, one
 * connection at a time, and after each answer, before the caller has it, calls the test's function in that
 * process. */
#ifndef WEFT_TESTS_CONTROL_ETCD_BETWEEN_H
#define WEFT_TESTS_CONTROL_ETCD_BETWEEN_H

#include <sys/types.h>

struct etcd_between {
    char url[64]; /* in place of the etcd's */
    pid_t process;
};

/* `answered` is given the request as it came: head and body. */
void etcd_between_open(struct etcd_between *b, const char *etcd_url, void (*answered)(const char *request));
void etcd_between_close(struct etcd_between *b);

#endif
