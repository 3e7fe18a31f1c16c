/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes as a scenario: it is refused with file, line, column and words, or it is an experiment whose
 * parts fit each other. The loader reads files, so the bytes become one, in memory. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"
#include "tools/sim/scenario.h"

enum {
    FILE_BYTES_MAX = 1 << 16
};

static void check_jobs(const struct experiment *e, uint32_t hosts)
{
    char wrong[128];
    assert(e->job_count > 0);
    for (unsigned i = 0; i < e->job_count; i++) {
        const struct experiment_job *j = &e->jobs[i];
        assert(workload_is_valid(&j->workload, wrong, sizeof(wrong)));
        assert(j->iterations > 0);
        for (uint32_t rank = 0; rank < j->workload.ranks; rank++)
            assert(j->hosts[rank] < hosts);
    }
}

static void check_faults(const struct experiment *e, uint32_t hosts)
{
    for (unsigned i = 0; i < e->fault_count; i++) {
        const struct sim_fault *f = &e->faults[i];
        assert(f->kind < SIM_FAULT_KINDS && f->at >= EXPERIMENT_START_NS && f->until > f->at);
        assert(f->host < hosts);
    }
}

/* "NAME:LINE:COLUMN: words" */
static void check_error(const char *error, const char *name)
{
    unsigned line, column;
    int words = 0;
    size_t length = strlen(name);
    assert(strncmp(error, name, length) == 0);
    assert(sscanf(error + length, ":%u:%u: %n", &line, &column, &words) == 2);
    assert(line >= 1 && column >= 1 && words > 0 && error[length + (size_t)words] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char name[32], error[YAML_ERROR_BYTES] = "";
    int fd = memfd_create("scenario", 0);
    length = length < FILE_BYTES_MAX ? length : FILE_BYTES_MAX;
    assert(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    struct scenario *s = scenario_load(name, error);
    if (s == NULL) {
        check_error(error, name);
    } else {
        const struct experiment *e = scenario_experiment(s);
        const struct topology_shape *shape = &e->config.topology.shape;
        uint32_t hosts = shape->pods * shape->leaves * shape->hosts;
        check_jobs(e, hosts);
        check_faults(e, hosts);
        scenario_free(s);
    }
    close(fd);
    return 0;
}
