/* SPDX-License-Identifier: BSD-3-Clause */
/* An etcd on a port of this machine that was free, in a folder of its own: alone, or a member of several. */
#ifndef WEFT_TESTS_CONTROL_ETCD_SERVER_H
#define WEFT_TESTS_CONTROL_ETCD_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct etcd_server {
    char folder[64], url[64], peer_url[64];
    const char *token; /* makes it another cluster */
    char name[16], cluster[256];
    int log;                       /* until it answers */
    char certificate[96], key[96]; /* its own, and its clients'; the authority too. "": no TLS */
    pid_t process;                 /* 0: not running */
    pid_t reader;                  /* of its log */
};

/* False: there is no etcd to run. */
bool etcd_server_is_there(void);
/* Makes folder and places; it does not run yet. */
void etcd_server_open(struct etcd_server *e, const char *token);
/* Until it answers. */
void etcd_server_start(struct etcd_server *e);
/* The same of several that are one cluster: none answers before most of them run. */
void etcd_cluster_open(struct etcd_server *members, unsigned count, const char *token);
/* From its next start on it wants its clients' certificates. False: there is no openssl to make any. */
bool etcd_server_secure(struct etcd_server *e);
void etcd_server_run(struct etcd_server *e);
void etcd_server_wait(struct etcd_server *e);
void etcd_server_kill(struct etcd_server *e);
/* All it keeps is gone. */
void etcd_server_forget(struct etcd_server *e);
void etcd_server_close(struct etcd_server *e);

#endif
