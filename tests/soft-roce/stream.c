/* SPDX-License-Identifier: BSD-3-Clause */
/* What ib_write_bw measures, over weft: messages of 1 MiB both ways between two ranks, so many under way at a
 * time, none waiting for the other rank. Prints the sum of both directions in Mb/s.
 *     stream IDENTITY RANK MESSAGES DEPTH ADDRESS_OF_RANK_0 ADDRESS_OF_RANK_1 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dataplane/client/weft.h"

enum {
    MESSAGE_BYTES = 1 << 20,
    DEPTH_MAX = 128,
    TAG = 1
};

struct stream {
    struct weft_context *weft;
    struct weft_communicator *communicator;
    uint32_t other;
    unsigned messages, depth;
    uint8_t *out, *in; /* MESSAGE_BYTES each, the same for all messages, as ib_write_bw has it */
    struct weft_request *sends[DEPTH_MAX], *receives[DEPTH_MAX];
};

static void fail(const struct stream *s, const char *what)
{
    fprintf(stderr, "stream: %s: %s\n", what,
            s->weft != NULL ? weft_error_text(s->weft) : weft_attach_error_text());
    exit(1);
}

static void open_stream(struct stream *s, const struct weft_communicator_config *config)
{
    void *memory;
    if (weft_attach(NULL, "stream", &s->weft) < 0)
        fail(s, "attach");
    if (weft_region_create(s->weft, 2 * MESSAGE_BYTES, &memory) < 0 ||
        weft_communicator_create(s->weft, config, &s->communicator) < 0)
        fail(s, "setup");
    s->out = memory;
    s->in = s->out + MESSAGE_BYTES;
    s->other = 1 - config->rank;
}

static void start(struct stream *s, unsigned slot)
{
    if (weft_receive(s->communicator, s->in, MESSAGE_BYTES, s->other, TAG, &s->receives[slot]) < 0 ||
        weft_send(s->communicator, s->out, MESSAGE_BYTES, s->other, TAG, &s->sends[slot]) < 0)
        fail(s, "message");
}

static void end(struct stream *s, unsigned slot)
{
    if (weft_wait(s->receives[slot]) < 0 || weft_wait(s->sends[slot]) < 0)
        fail(s, "message");
}

static void run(struct stream *s)
{
    for (unsigned i = 0; i < s->messages + s->depth; i++) {
        if (i >= s->depth)
            end(s, i % s->depth);
        if (i < s->messages)
            start(s, i % s->depth);
    }
}

static void synchronise(struct stream *s)
{
    struct weft_request *request;
    if (weft_barrier(s->communicator, &request) < 0 || weft_wait(request) < 0)
        fail(s, "barrier");
}

static double read_clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct stream s = {.messages = argc == 7 ? (unsigned)atoi(argv[3]) : 0,
                       .depth = argc == 7 ? (unsigned)atoi(argv[4]) : 0};
    if (s.depth < 1 || s.depth > DEPTH_MAX || s.messages < s.depth) {
        fprintf(stderr, "usage: stream IDENTITY RANK MESSAGES DEPTH ADDRESS ADDRESS; 1 <= DEPTH <= 128, "
                        "DEPTH <= MESSAGES\n");
        return 1;
    }
    uint32_t addresses[] = {ntohl(inet_addr(argv[5])), ntohl(inet_addr(argv[6]))};
    open_stream(&s, &(struct weft_communicator_config){.identity = strtoull(argv[1], NULL, 0),
                                                       .rank = (uint32_t)atoi(argv[2]),
                                                       .rank_count = 2,
                                                       .addresses = addresses});
    run(&s); /* queue pairs are connected, memory is touched */
    synchronise(&s);
    double began_s = read_clock_s();
    run(&s);
    printf("%.0f\n", 2.0 * s.messages * MESSAGE_BYTES * 8 / 1e6 / (read_clock_s() - began_s));
    weft_detach(s.weft);
    return 0;
}
