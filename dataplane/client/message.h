/* SPDX-License-Identifier: BSD-3-Clause */
/* A point-to-point message: one flow. */
#ifndef WEFT_CLIENT_MESSAGE_H
#define WEFT_CLIENT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/client/transfer.h"
#include "dataplane/formats/app_queue.h"

struct weft_request;

struct message {
    bool is_send;
    bool posted;
    uint32_t peer;
    uint32_t tag;    /* the application's */
    uint32_t number; /* among those with this peer, direction and tag */
    void *buffer;
    uint64_t room;   /* bytes to send, or room to receive */
    uint64_t length; /* of the message; known at the end */
};

/* See request_advance(). */
bool message_advance(struct weft_request *request);
void message_on_completion(struct weft_request *request, struct transfer *transfer,
                           const struct app_completion *completion);
void message_on_truncated(struct weft_request *request, uint64_t length);
size_t message_ready_bytes(const struct weft_request *request);

#endif
