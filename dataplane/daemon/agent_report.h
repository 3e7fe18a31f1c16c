/* SPDX-License-Identifier: BSD-3-Clause */
/* The body of a report to control: everything that one host port knows, in JSON. */
#ifndef WEFT_DAEMON_AGENT_REPORT_H
#define WEFT_DAEMON_AGENT_REPORT_H

#include "dataplane/daemon/host_port.h"
#include "dataplane/daemon/lone_packets.h"

struct path_progress;
struct session_server;

struct agent_report {
    struct host_port *port;
    const struct session_server *server;
    uint64_t sequence, plan_epoch, plan_hash;
    const uint64_t *dead_paths; /* by the transport's number of the peer: a bit for each path */
    unsigned peers_max;
    const struct path_progress *progress;
    nsec_t now;
    const uint32_t *probed; /* addresses of peers whose paths were looked for anew */
    unsigned probed_count;
    const struct lone_packets *timed; /* of which those in this report are told */
};
/* The text, to be freed; NULL when memory is short. */
char *agent_report_write(const struct agent_report *report);

/* What control answers to one. */
enum {
    AGENT_PROBES_MAX = 64
};
struct agent_reply {
    uint64_t epoch;
    uint32_t report_every_ms, lease_ms;
    uint32_t probe[AGENT_PROBES_MAX]; /* peers to look for paths to anew */
    unsigned probe_count;
    struct lone_wish time[LONE_ERRANDS_MAX]; /* within the bounds of lone_packets.h */
    unsigned time_count;
};
/* 0, or -EINVAL with one line that says what is wrong with it. */
int agent_reply_read(const uint8_t *body, size_t bytes, struct agent_reply *reply, char error[160]);
/* Why control refuses a report, in its own words, on one line; empty: it does not say. */
void agent_reply_refusal(const uint8_t *body, size_t bytes, char text[160]);

#endif
