/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a topology file: refused with one line, or a topology that survives being written and read. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct topology_error error;
    struct topology *topology;
    int result = topology_parse("fuzz.yaml", (const char *)bytes, length, &topology, &error);
    check_result(result, topology, &error);
    return 0;
}
