/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-lab: leaf-spine fabrics of real kernel routers on one machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lab/client.h"
#include "tools/lab/lab.h"
#include "tools/lab/options.h"
#include "tools/lab/sandbox.h"

static int run_inside(void *options)
{
    return lab_run(options);
}

static int run(int count, char **arguments)
{
    static struct lab_options options;
    struct lab_error error;
    int status = lab_options_parse(count, arguments, &options, &error);
    if (status == 0)
        status = sandbox_run(run_inside, &options, &error);
    if (status < 0)
        fprintf(stderr, "weft-lab: %s\n", error.text);
    return status < 0 ? 1 : status;
}

int main(int count, char **arguments)
{
    if (count >= 2 && strcmp(arguments[1], "run") == 0)
        return run(count - 1, arguments + 1);
    if (count >= 2 && (strcmp(arguments[1], "--help") == 0 || strcmp(arguments[1], "help") == 0)) {
        printf("%s\n%s", lab_options_help, client_help);
        return 0;
    }
    int status = count >= 2 ? client_main(count - 1, arguments + 1) : -1;
    if (status < 0)
        fprintf(stderr, "%s\n%s", lab_options_help, client_help);
    return status < 0 ? 1 : status;
}
