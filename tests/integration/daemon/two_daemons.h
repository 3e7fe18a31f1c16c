/* SPDX-License-Identifier: BSD-3-Clause */
/* A dataplane on each of two hosts (tests/integration/nic/two_hosts.h), as child processes. */
#ifndef WEFT_TESTS_INTEGRATION_DAEMON_TWO_DAEMONS_H
#define WEFT_TESTS_INTEGRATION_DAEMON_TWO_DAEMONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "tests/integration/nic/two_hosts.h"

enum {
    TWO_DAEMONS_B_ADDRESS = 0x0a020001,
    TWO_DAEMONS_LINE_BYTES = 512
};

struct daemon_process {
    pid_t process;
    int log; /* what it writes to stderr */
    int network;
    char socket[64], config[64];
};

struct two_daemons {
    struct two_hosts hosts;
    struct daemon_process a, b;
};

struct two_daemons_config {
    const char *program;
    const char *device; /* such as "af_xdp:eth0" */
    const char *extra;  /* more lines of YAML */
};
/* Builds the hosts and starts both. 0 or negative errno: -EPERM without privileges. */
int two_daemons_start(struct two_daemons *d, const struct two_daemons_config *config);
/* Starts one (again). True when it says that it is ready. */
bool daemon_process_start(struct daemon_process *p, const char *program);
/* Reads its log until a line contains `text`; false when it ends, or is silent for ten seconds. */
bool daemon_process_wait_line(struct daemon_process *p, const char *text);
/* Ends it by SIGTERM. Its wait status, or -1 when it does not end and had to be killed. */
int daemon_process_stop(struct daemon_process *p);

/* Of a test that is called with WEFT-DATAPLANE and DEVICE. */
extern const char *daemon_test_program, *daemon_test_device;
/* Reads them. 0, or the status to exit with, and stderr has the reason: also without root. */
int daemon_test_arguments(int count, char **arguments);

#endif
