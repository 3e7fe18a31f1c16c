/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-control: one for a fabric. Knows its topology, jobs and links, plans, and answers to `weft`. */
#include <stdio.h>
#include <stdlib.h>

#include "control/server/server.h"
#include "dataplane/process/arguments.h"

static int serve(const char *config_file, struct control_config *config)
{
    struct server *server;
    log_set_level(config->log);
    if (server_create(config_file, config, &server) != 0)
        return EXIT_FAILURE;
    server_run(server);
    server_destroy(server);
    return EXIT_SUCCESS;
}

int main(int argument_count, char **arguments)
{
    struct arguments read;
    struct control_config *config;
    char error[YAML_ERROR_BYTES];
    (void)argument_count;
    if (!arguments_read("weft-control", arguments, &read))
        return EXIT_FAILURE;
    if (control_config_load(read.config_file, &config, error) != 0) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    int status = read.check_only ? EXIT_SUCCESS : serve(read.config_file, config);
    control_config_free(config);
    return status;
}
