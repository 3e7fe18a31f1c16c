/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/dataplane.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tools/lab/sandbox.h"

/* The cores this process may use, in turn. */
static unsigned dataplane_core(unsigned host)
{
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof(cores), &cores) < 0 || CPU_COUNT(&cores) == 0)
        return 0;
    unsigned wanted = host % (unsigned)CPU_COUNT(&cores), core = 0;
    while (!CPU_ISSET(core, &cores) || wanted-- > 0)
        core++;
    return core;
}

static int dataplane_write_config(const char *path, const struct dataplane_config *config,
                                  const struct dataplane_host *host, struct lab_error *error)
{
    FILE *file = fopen(path, "we");
    int status = file ? dataplane_config_write(config, host, file) : -errno;
    if (file)
        fclose(file);
    return status ? lab_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}

int dataplane_prepare(struct program *program, const struct lab_options *options, const struct fabric *fabric,
                      unsigned host, struct lab_error *error)
{
    char socket[PROGRAM_TEXT_BYTES];
    const struct namespace *node = &fabric->hosts[host];
    snprintf(socket, sizeof(socket), SANDBOX_DIRECTORY "/%s.sock", node->name);
    snprintf(program->what, sizeof(program->what), "the dataplane of %s", node->name);
    snprintf(program->config_path, sizeof(program->config_path), SANDBOX_DIRECTORY "/%s.yaml", node->name);
    program->path = options->dataplane_path;
    program->ready_line = "weft-dataplane: ready on ";
    program->name = node->name;
    program->node = node;
    struct dataplane_host described = {
        .name = node->name,
        .socket = socket,
        .address = shape_host_address(&fabric->shape, host),
        .rate_bps = options->profile.host_link.rate_bps,
        .core = dataplane_core(host),
    };
    return dataplane_write_config(program->config_path, &options->config, &described, error);
}
