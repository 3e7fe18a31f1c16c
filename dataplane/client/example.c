/* SPDX-License-Identifier: BSD-3-Clause */
/* All-reduce of 1M floats. Start one per rank, each beside a weft-dataplane (or several beside one):
 *     weft-example IDENTITY RANK ADDRESS_OF_RANK_0 ADDRESS_OF_RANK_1 ...
 * IDENTITY is a number that all ranks share and that no run before has used. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/client/weft.h"

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "weft-example: %s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv)
{
    enum {
        COUNT = 1 << 20,
        RANKS_MAX = 64
    };
    uint32_t addresses[RANKS_MAX], ranks = (uint32_t)argc - 3;
    if (argc < 4 || ranks > RANKS_MAX)
        return complain("usage", "IDENTITY RANK ADDRESS...");
    for (uint32_t i = 0; i < ranks; i++)
        addresses[i] = ntohl(inet_addr(argv[3 + i]));
    struct weft_communicator_config config = {.identity = strtoull(argv[1], NULL, 0),
                                              .rank = (uint32_t)atoi(argv[2]),
                                              .rank_count = ranks,
                                              .addresses = addresses};
    struct weft_context *weft;
    struct weft_communicator *communicator;
    struct weft_request *request;
    void *memory;
    if (weft_attach(NULL, "example", &weft) < 0)
        return complain("attach", weft_attach_error_text());
    if (weft_region_create(weft, COUNT * sizeof(float), &memory) < 0 ||
        weft_communicator_create(weft, &config, &communicator) < 0)
        return complain("setup", weft_error_text(weft));
    float *vector = memory;
    for (int i = 0; i < COUNT; i++)
        vector[i] = (float)config.rank;
    if (weft_all_reduce(communicator, vector, vector, COUNT, WEFT_FLOAT32, WEFT_SUM, WEFT_ALGORITHM_AUTO,
                        &request) < 0 ||
        weft_wait(request) < 0)
        return complain("all-reduce", weft_error_text(weft));
    printf("rank %u of %u: sum of ranks = %g\n", config.rank, ranks, vector[COUNT - 1]);
    weft_detach(weft);
    return 0;
}
