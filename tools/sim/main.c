/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-sim: the transport in virtual time. */
#include <stdio.h>
#include <string.h>

#include "tools/sim/command.h"

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *does;
} verbs[] = {
#ifdef SIM_HAS_SCENARIOS
    {"run", command_run, "runs a scenario from a YAML file: times, bounds, links"},
    {"compare", command_compare, "runs a scenario under several path modes and congestion controls"},
    {"results", command_results, "measures path modes and congestion controls, and writes Markdown"},
#endif
    {"swarm", command_swarm, "draws cases with faults from seeds, and checks every byte of them"},
};

static void print_help(FILE *out)
{
    fputs("usage: weft-sim VERB [OPTION]...\n\n", out);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].does);
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_help(stdout);
        return 0;
    }
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    }
    print_help(stderr);
    return 1;
}
