/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/sim/command.h"
#include "tools/sim/commit.h"
#include "tools/sim/swarm.h"

enum {
    JOBS_MAX = 256
};

struct swarm_options {
    uint64_t first, seeds, jobs;
    bool verbose, keep_going;
};

/* What a process has found; shared with the one that has started it. */
struct swarm_sum {
    uint64_t at; /* seed that is being run */
    uint64_t bad, with_failed_jobs, hops, digest;
};

static const char usage[] =
    "usage: weft-sim swarm [--seeds N] [--first S] [--jobs PROCESSES] [--keep-going]\n"
    "       weft-sim swarm --seed S [--verbose]\n";

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0)
        return true;
    fprintf(stderr, "weft-sim: '%s' is no number\n", text);
    return false;
}

static bool parse(int argc, char **argv, struct swarm_options *o)
{
    static const struct option options[] = {{"seeds", required_argument, NULL, 'n'},
                                            {"first", required_argument, NULL, 'f'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"keep-going", no_argument, NULL, 'k'},
                                            {"verbose", no_argument, NULL, 'v'},
                                            {0}};
    *o = (struct swarm_options){.first = 1, .seeds = 100, .jobs = 1};
    bool good = true;
    for (int c; good && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'n')
            good = parse_number(optarg, &o->seeds);
        else if (c == 'f' || c == 's')
            good = parse_number(optarg, &o->first);
        else if (c == 'j')
            good = parse_number(optarg, &o->jobs);
        else if (c == '?')
            good = false;
        o->seeds = c == 's' ? 1 : o->seeds;
        o->verbose |= c == 'v';
        o->keep_going |= c == 'k';
    }
    return good && optind == argc && o->jobs >= 1 && o->jobs <= JOBS_MAX;
}

static void print_replay(uint64_t seed)
{
    printf("replay, at commit %s: weft-sim swarm --seed %" PRIu64 " --verbose\n", SIM_COMMIT, seed);
}

static void report(const struct swarm_case *c, const struct swarm_outcome *outcome)
{
    swarm_describe(c, stdout);
    for (unsigned i = 0; i < outcome->complaints.count && i < COMPLAINTS_KEPT; i++)
        printf("  %s\n", outcome->complaints.text[i]);
    if (outcome->complaints.count > COMPLAINTS_KEPT)
        printf("  and %u more\n", outcome->complaints.count - COMPLAINTS_KEPT);
    print_replay(c->seed);
}

/* Every `o->jobs`-th seed from the `number`-th on. */
static void run_share(const struct swarm_options *o, uint64_t number, struct swarm_sum *sum)
{
    static struct swarm_case c;
    static struct swarm_outcome outcome;
    for (uint64_t i = number; i < o->seeds && (sum->bad == 0 || o->keep_going); i += o->jobs) {
        sum->at = o->first + i;
        swarm_draw(&c, sum->at);
        if (o->verbose)
            swarm_describe(&c, stdout);
        swarm_run(&c, o->verbose ? stdout : NULL, &outcome);
        sum->hops += outcome.hops;
        sum->digest ^= outcome.digest;
        sum->with_failed_jobs += outcome.failed_jobs;
        if (outcome.complaints.count > 0) {
            sum->bad++;
            report(&c, &outcome);
            fflush(stdout);
        }
    }
}

static pid_t start_share(const struct swarm_options *o, uint64_t number, struct swarm_sum *sum)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    run_share(o, number, sum);
    fflush(stdout);
    _exit(0);
}

/* A process that did not come to its end died in the case it was running: an assertion, or a bad access. */
static void await_share(pid_t child, struct swarm_sum *sum)
{
    int status;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    sum->bad++;
    printf("%s\n", child > 0 ? "the simulator crashed" : strerror(EAGAIN));
    print_replay(sum->at);
}

static void run_shares(const struct swarm_options *o, struct swarm_sum *sums)
{
    pid_t children[JOBS_MAX];
    fflush(stdout);
    for (uint64_t i = 0; i < o->jobs; i++)
        children[i] = start_share(o, i, &sums[i]);
    for (uint64_t i = 0; i < o->jobs; i++)
        await_share(children[i], &sums[i]);
}

static void print_total(const struct swarm_options *o, const struct swarm_sum *sums, struct swarm_sum *all)
{
    *all = (struct swarm_sum){0};
    for (uint64_t i = 0; i < o->jobs; i++) {
        all->bad += sums[i].bad;
        all->with_failed_jobs += sums[i].with_failed_jobs;
        all->hops += sums[i].hops;
        all->digest ^= sums[i].digest;
    }
    printf("%" PRIu64 " seeds from %" PRIu64 ": %" PRIu64 " wrong; in %" PRIu64
           " jobs failed as they may; %" PRIu64 " packet hops, digest %016" PRIx64 "\n",
           o->seeds, o->first, all->bad, all->with_failed_jobs, all->hops, all->digest);
}

int command_swarm(int argc, char **argv)
{
    struct swarm_options o;
    struct swarm_sum all;
    if (!parse(argc, argv, &o)) {
        fputs(usage, stderr);
        return 1;
    }
    size_t bytes = JOBS_MAX * sizeof(all);
    struct swarm_sum *sums = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sums == MAP_FAILED) {
        perror("weft-sim: memory for the counts of the swarm");
        return 1;
    }
    if (o.jobs > 1)
        run_shares(&o, sums);
    else
        run_share(&o, 0, sums);
    print_total(&o, sums, &all);
    munmap(sums, bytes);
    return all.bad > 0 ? 2 : 0;
}
