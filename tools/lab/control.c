/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lab/topology_text.h"

#define CONTROL_CONFIG   SANDBOX_DIRECTORY "/control.yaml"
#define CONTROL_TOPOLOGY SANDBOX_DIRECTORY "/topology.yaml"
#define CONTROL_STORE    SANDBOX_DIRECTORY "/control.db"

static int control_write(const char *path, const char *text, struct lab_error *error)
{
    FILE *file = fopen(path, "we");
    bool written = file && fputs(text, file) >= 0;
    if (file && fclose(file) != 0)
        written = false;
    return written ? 0 : lab_error_set(error, -errno, "%s: %s", path, strerror(errno));
}

static int control_write_topology(const struct fabric *fabric, struct lab_error *error)
{
    char *text = topology_text_create(fabric, error);
    int status = text ? control_write(CONTROL_TOPOLOGY, text, error) : -EINVAL;
    free(text);
    return status;
}

int control_prepare(struct program *program, const struct lab_options *options, const struct fabric *fabric,
                    struct lab_error *error)
{
    snprintf(program->what, sizeof(program->what), "control");
    snprintf(program->config_path, sizeof(program->config_path), CONTROL_CONFIG);
    program->path = options->control_path;
    program->ready_line = "weft-control: ready on ";
    program->name = "control";
    int status = control_write_topology(fabric, error);
    if (status == 0)
        status = control_write(CONTROL_CONFIG,
                               "socket: " CONTROL_SOCKET "\ntopology: " CONTROL_TOPOLOGY
                               "\nstore: " CONTROL_STORE "\ngroup: root\nleaf_prefix_bits: 24\n",
                               error);
    return status;
}
