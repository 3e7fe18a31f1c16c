/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-control: one for a fabric. Knows its topology, jobs and links, plans, and answers to `weft`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/server/server.h"

static int usage(void)
{
    fprintf(stderr, "usage: weft-control CONFIG.yaml [--check-config]\n");
    return EXIT_FAILURE;
}

/* One configuration file and, before or after it, perhaps --check-config. */
static bool read_arguments(char **arguments, const char **config_file, bool *check_only)
{
    for (char **argument = arguments + 1; *argument != NULL; argument++) {
        if (strcmp(*argument, "--check-config") == 0)
            *check_only = true;
        else if (**argument == '-' || *config_file != NULL)
            return false;
        else
            *config_file = *argument;
    }
    return *config_file != NULL;
}

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
    const char *config_file = NULL;
    bool check_only = false;
    struct control_config *config;
    char error[YAML_ERROR_BYTES];
    (void)argument_count;
    if (!read_arguments(arguments, &config_file, &check_only))
        return usage();
    if (control_config_load(config_file, &config, error) != 0) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    int status = check_only ? EXIT_SUCCESS : serve(config_file, config);
    control_config_free(config);
    return status;
}
