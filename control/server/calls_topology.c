/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "control/server/calls.h"

void calls_show_topology(struct call *call)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    bool is_written = stream != NULL && topology_write_json(call->topology, stream) == 0;
    if (stream != NULL)
        is_written &= fclose(stream) == 0;
    json_t *topology = is_written ? json_loadb(text, bytes, 0, NULL) : NULL;
    call_answer(call, 200, topology != NULL ? json_pack("{s:o}", "topology", topology) : NULL);
    free(text);
}
