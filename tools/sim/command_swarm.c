/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tools/sim/command.h"
#include "tools/sim/swarm.h"

struct swarm_options {
    uint64_t first, seeds;
    bool verbose, keep_going;
};

static const char usage[] = "usage: weft-sim swarm [--seeds N] [--first S] [--keep-going]\n"
                            "       weft-sim swarm --seed S [--verbose]\n";

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    *number = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0')
        return true;
    fprintf(stderr, "weft-sim: '%s' is no number\n", text);
    return false;
}

static bool parse(int argc, char **argv, struct swarm_options *o)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"first", required_argument, NULL, 'f'},
        {"seed", required_argument, NULL, 's'},  {"keep-going", no_argument, NULL, 'k'},
        {"verbose", no_argument, NULL, 'v'},     {0}};
    *o = (struct swarm_options){.first = 1, .seeds = 100};
    bool good = true;
    for (int c; good && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'n')
            good = parse_number(optarg, &o->seeds);
        else if (c == 'f' || c == 's')
            good = parse_number(optarg, &o->first);
        else if (c == '?')
            good = false;
        o->seeds = c == 's' ? 1 : o->seeds;
        o->verbose |= c == 'v';
        o->keep_going |= c == 'k';
    }
    return good && optind == argc;
}

static void report(const struct swarm_case *c, const struct swarm_outcome *outcome)
{
    swarm_describe(c, stdout);
    for (unsigned i = 0; i < outcome->complaints.count && i < COMPLAINTS_KEPT; i++)
        printf("  %s\n", outcome->complaints.text[i]);
    if (outcome->complaints.count > COMPLAINTS_KEPT)
        printf("  and %u more\n", outcome->complaints.count - COMPLAINTS_KEPT);
    printf("replay: weft-sim swarm --seed %" PRIu64 " --verbose\n", c->seed);
}

int command_swarm(int argc, char **argv)
{
    struct swarm_options o;
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 1;
    }
    static struct swarm_case c;
    static struct swarm_outcome outcome;
    uint64_t bad = 0, with_failed_jobs = 0, hops = 0, digest = 0;
    for (uint64_t i = 0; i < o.seeds && (bad == 0 || o.keep_going); i++) {
        swarm_draw(&c, o.first + i);
        if (o.verbose)
            swarm_describe(&c, stdout);
        swarm_run(&c, o.verbose ? stdout : NULL, &outcome);
        hops += outcome.hops;
        digest ^= outcome.digest;
        with_failed_jobs += outcome.failed_jobs;
        if (outcome.complaints.count > 0) {
            bad++;
            report(&c, &outcome);
        }
    }
    printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " wrong; in %" PRIu64
           " jobs failed as they may; %" PRIu64 " packet hops, digest %016" PRIx64 "\n",
           o.seeds, o.first, bad, with_failed_jobs, hops, digest);
    return bad > 0 ? 2 : 0;
}
