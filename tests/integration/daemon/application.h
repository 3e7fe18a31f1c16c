/* SPDX-License-Identifier: BSD-3-Clause */
/* An application that speaks the session protocol itself, so that it can also speak it wrongly. */
#ifndef WEFT_TESTS_INTEGRATION_DAEMON_APPLICATION_H
#define WEFT_TESTS_INTEGRATION_DAEMON_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/formats/app_queue.h"
#include "dataplane/formats/session.h"

struct application {
    int socket, submission_doorbell, completion_doorbell;
    struct app_queue *queue;
    uint32_t tail, head;        /* of submissions, of completions */
    struct session_reply reply; /* to the last request */
};

/* Each returns 0 or a negative errno: the daemon's, or ours when it does not answer. */
int application_connect(struct application *a, const char *socket_path);
int application_attach(struct application *a, const char *socket_path);
void application_detach(struct application *a);
/* Sends a request and does not wait for its reply. */
int application_send(struct application *a, const struct session_request *request, const uint32_t *addresses);
/* Sends a request and takes its reply, with up to 3 descriptors. */
int application_request(struct application *a, const struct session_request *request,
                        const uint32_t *addresses, int descriptors[3]);

struct application_region {
    uint8_t *memory;
    size_t bytes;
    uint32_t number;
};
int application_create_region(struct application *a, size_t bytes, struct application_region *region);
int application_destroy_region(struct application *a, struct application_region *region);

/* Rank `rank` of as many as there are addresses; writes the handle. */
struct application_group {
    uint64_t identity;
    const uint32_t *addresses;
    uint32_t rank, rank_count;
};
int application_open(struct application *a, const struct application_group *group, uint32_t *handle);
int application_close(struct application *a, uint32_t handle);

/* Writes an entry at the tail, unpublished. */
void application_put(struct application *a, const union app_submission *entry);
/* Publishes the tail and rings if the daemon sleeps. */
void application_publish(struct application *a);
/* A batch of one flow: the usual case. */
void application_submit(struct application *a, uint32_t kind, uint32_t handle, const struct app_flow *flow);

/* Takes the next completion; false when none comes for ten seconds or the session has ended. */
bool application_wait(struct application *a, struct app_completion *completion);
/* Waits until the daemon closes the socket; false when it does not for ten seconds. */
bool application_wait_end(struct application *a);

#endif
