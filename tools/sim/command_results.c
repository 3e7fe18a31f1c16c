/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures what the results page shows, and writes the page. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "dataplane/formats/units.h"
#include "tools/sim/command.h"
#include "tools/sim/results_page.h"

static const char usage[] = "usage: weft-sim results [OPTION]... [PAGE.md]\n"
                            "  --full          adds what takes long\n"
                            "  --only TEXT     only cases with this in their names\n"
                            "  --cases FOLDER  of the scenarios (default tools/sim/cases)\n"
                            "  --data FOLDER   writes results.csv and iterations.csv there, for plots\n"
                            "  --processes N   side by side (default 1)\n";

struct command_options {
    struct results_options measure;
    const char *data, *page;
};

static bool parse(int argc, char **argv, struct command_options *o)
{
    static const struct option options[] = {{"full", no_argument, NULL, 'f'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"cases", required_argument, NULL, 'c'},
                                            {"data", required_argument, NULL, 'd'},
                                            {"processes", required_argument, NULL, 'p'},
                                            {0}};
    uint64_t processes = 1;
    bool good = true;
    *o = (struct command_options){.measure = {.folder = "tools/sim/cases"}};
    for (int c; good && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'c')
            o->measure.folder = optarg;
        else if (c == 'o')
            o->measure.only = optarg;
        else if (c == 'd')
            o->data = optarg;
        else if (c == 'p')
            good = units_parse_size(optarg, &processes) == 0 && processes > 0;
        else if (c == '?')
            good = false;
        o->measure.full |= c == 'f';
    }
    o->measure.processes = (unsigned)processes;
    o->page = argv[optind];
    return good && optind + 1 >= argc;
}

static int write_page(const struct results *results, const char *file)
{
    FILE *out = file != NULL ? fopen(file, "w") : stdout;
    if (out != NULL)
        results_page_write(results, out);
    if (out == NULL || (out != stdout && fclose(out) != 0)) {
        fprintf(stderr, "weft-sim: %s: %s\n", file, strerror(errno));
        return 1;
    }
    return 0;
}

int command_results(int argc, char **argv)
{
    struct command_options o;
    struct results results;
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 1;
    }
    int status = results_measure(&results, &o.measure);
    if (status == 0)
        status = write_page(&results, o.page);
    if (status == 0 && o.data != NULL)
        status = results_data_write(&results, o.data);
    results_clear(&results);
    return status;
}
