/* SPDX-License-Identifier: BSD-3-Clause */
/* A weft-control of the test's own, in a temporary folder, and a client of it. Everything waits for the
 * daemon's word: readiness comes as a datagram, changes as answers of long polls. */
#ifndef WEFT_TESTS_INTEGRATION_CONTROL_DAEMON_H
#define WEFT_TESTS_INTEGRATION_CONTROL_DAEMON_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <stdbool.h>
#include <sys/types.h>

#include <jansson.h>

enum {
    DAEMON_PATH_BYTES = 96
};

struct control_daemon {
    char folder[64], socket[DAEMON_PATH_BYTES], topology[DAEMON_PATH_BYTES], config[DAEMON_PATH_BYTES],
        store[DAEMON_PATH_BYTES];
    pid_t pid; /* 0: does not run */
    int notify;
    uint64_t file_bytes_max;   /* RLIMIT_FSIZE; 0: none */
    uint64_t descriptors_max;  /* RLIMIT_NOFILE; 0: as it is */
    const char *secret, *role; /* what clients show over TCP: a token, or a certificate's files */
    uint16_t port;             /* 0: clients use the Unix socket */
};

/* The program to run; before any other call. */
void daemon_program(const char *file);

/* Makes the folder, a topology of leaves x spines x hosts of a leaf, and a configuration, to which `more`
 * (lines, or "") is added. */
void daemon_prepare(struct control_daemon *d, const unsigned shape[3], const char *more);
/* Returns when it serves. */
void daemon_start(struct control_daemon *d);
/* Returns its wait status. */
int daemon_end(struct control_daemon *d, int signal);
/* Ends it and removes the folder. */
void daemon_clean(struct control_daemon *d);
/* The lines that it has written so far, to be freed. */
char *daemon_log(const struct control_daemon *d);

/* An answer of the daemon. */
struct answer {
    long status; /* 0: none came */
    char *body;
    size_t bytes;
    json_t *json; /* NULL: the body is none */
};

struct request {
    const char *method, *path; /* path with its query */
    const char *body;          /* NULL: none */
    size_t body_bytes;         /* 0: up to the zero */
    const char *content_type;  /* NULL: application/json */
    const char *header;        /* one more, or NULL */
};
/* The answer stands until the next call. */
const struct answer *api_send(const struct control_daemon *d, const struct request *request);
const struct answer *api_get(const struct control_daemon *d, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const struct answer *api_post(const struct control_daemon *d, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void api_close(void);

/* The answer is an error with this status and code, and a message. */
void assert_error(const struct answer *answer, long status, const char *code);
/* The answer is JSON with this status. */
void assert_answer(const struct answer *answer, long status);
/* Waits for the first event of this kind after *sequence, which becomes its own. */
void wait_for_event(const struct control_daemon *d, const char *kind, uint64_t *sequence);
/* The sequence of the last event. */
uint64_t last_event(const struct control_daemon *d);

#endif
