/* SPDX-License-Identifier: BSD-3-Clause */
/* A collective as an application has called it, on its way to being a request. */
#ifndef WEFT_CLIENT_COLLECTIVE_CALL_H
#define WEFT_CLIENT_COLLECTIVE_CALL_H

#include "dataplane/client/communicator.h"

struct collective_call {
    const char *function; /* for error texts */
    struct weft_communicator *communicator;
    enum app_operation operation;
    enum weft_algorithm algorithm;
    enum weft_type type;
    enum weft_reduction reduction;
    uint32_t root;
    const void *in; /* broadcast: equal to out */
    void *out;
    uint64_t count;
    uint64_t in_blocks, out_blocks; /* lengths of in and out, as multiples of `count` */
    const size_t *in_counts, *in_displacements, *out_counts, *out_displacements; /* all_to_all_v only */
    struct weft_request **request;
};

/* Bytes of `in` and of `out`, from their start to the end of their last block. */
struct collective_extent {
    uint64_t in_bytes;
    uint64_t out_bytes;
};

/* 0 and the lengths of the buffers, or a weft_error with its text set. */
int collective_call_check(const struct collective_call *call, struct collective_extent *extent);
/* Does in equal out, for all_gather at the caller's block? */
bool collective_call_is_in_place(const struct collective_call *call, const struct collective_extent *extent);
/* Wrong for the reason given. */
int collective_call_refuse(const struct collective_call *call, const char *problem);

/* Checks it, plans it, posts its first steps. 0 and *call->request, or a weft_error with its text set. */
int collective_call_start(const struct collective_call *call);

#endif
