/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as Slurm's topology.conf: as a topology file, refused with one line or a sound topology. */
#include "control/topology/import.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct topology_error error;
    struct topology *topology;
    char *text = malloc(length + 1);
    assert(text);
    memcpy(text, bytes, length);
    text[length] = '\0';
    int result = topology_import_slurm_text("topology.conf", text, length, 400000000000, &topology, &error);
    check_result(result, topology, &error);
    free(text);
    return 0;
}
