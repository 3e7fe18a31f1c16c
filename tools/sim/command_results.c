/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/command.h"
#include "tools/sim/results.h"

static const char usage[] = "usage: weft-sim results [--full] [FILE]\n";

int command_results(int argc, char **argv)
{
    bool full = argc > 1 && strcmp(argv[1], "--full") == 0;
    const char *file = argc > 1 + full ? argv[1 + full] : NULL;
    if (argc > 2 + full || (file != NULL && file[0] == '-')) {
        fputs(usage, stderr);
        return 1;
    }
    FILE *out = file != NULL ? fopen(file, "w") : stdout;
    if (out == NULL) {
        fprintf(stderr, "weft-sim: %s: %s\n", file, strerror(errno));
        return 1;
    }
    results_write(out, full, stderr);
    if (out != stdout && fclose(out) != 0) {
        fprintf(stderr, "weft-sim: %s: %s\n", file, strerror(errno));
        return 1;
    }
    return 0;
}
