/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's control socket, as a program running inside the lab sees it: what the fabric is, what its
 * counters say, and faults. What the lab answers is checked before it is used. Every function returns 0, or
 * -1 after one line on standard error. */
#ifndef BENCH_LAB_CLIENT_H
#define BENCH_LAB_CLIENT_H

#include "tools/bench/fabric.h"
#include "tools/bench/link_load.h"
#include "tools/bench/options.h"

struct lab_client;

/* All counters since the lab started; links and hosts in the order of the fabric. */
struct lab_counters {
    unsigned link_count;
    unsigned host_count;
    uint64_t marked_packets;
    uint64_t dropped_packets;
    struct link_load links[FABRIC_LINKS_MAX];
    uint64_t host_received_bytes[FABRIC_HOSTS_MAX];
};

int lab_client_open(const char *socket_path, struct lab_client **client);
void lab_client_close(struct lab_client *client);

int lab_client_describe(struct lab_client *client, struct fabric *fabric);
int lab_client_counters(struct lab_client *client, const struct fabric *fabric,
                        struct lab_counters *counters);
int lab_client_fault(struct lab_client *client, const struct bench_fault *fault);
/* Ends whatever fault the link has. */
int lab_client_clear(struct lab_client *client, const char *link);

#endif
