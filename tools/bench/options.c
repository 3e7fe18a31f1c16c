/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/units.h"
#include "tools/bench/complain.h"

const char *const options_modes[] = {
    [WEFT_PATH_DEFAULT] = "default",   [WEFT_PATH_HASH] = "hash",       [WEFT_PATH_SPRAY] = "spray",
    [WEFT_PATH_ETHEREAL] = "ethereal", [WEFT_PATH_WRAP] = "wrap",       [WEFT_PATH_PLANNED] = "planned",
    [WEFT_PATH_REPS] = "reps",         [WEFT_PATH_MPRDMA] = "mprdma-4", NULL};
const char *const options_algorithms[] = {[WEFT_ALGORITHM_AUTO] = "auto",
                                          [WEFT_ALGORITHM_RING] = "ring",
                                          [WEFT_ALGORITHM_HALVING_DOUBLING] = "halving-doubling",
                                          [WEFT_ALGORITHM_DIRECT] = "direct",
                                          NULL};
const char *const options_types[] = {[WEFT_FLOAT32] = "float32",
                                     [WEFT_FLOAT64] = "float64",
                                     [WEFT_FLOAT16] = "float16",
                                     [WEFT_BFLOAT16] = "bfloat16",
                                     [WEFT_INT32] = "int32",
                                     [WEFT_INT64] = "int64",
                                     NULL};
const char *const options_reductions[] = {[WEFT_SUM] = "sum", [WEFT_PRODUCT] = "product", [WEFT_MIN] = "min",
                                          [WEFT_MAX] = "max", [WEFT_AVERAGE] = "average", NULL};

const char options_usage[] =
    "usage: weft-bench COLLECTIVE [OPTION]...\n"
    "  COLLECTIVE: all_reduce reduce_scatter all_gather all_to_all broadcast barrier send_receive\n"
    "  -b SIZE, -e SIZE, -f N   from this size to that, each N times the one before (16M, as -b, 2)\n"
    "  -n N, -w N               measured iterations and warm-up iterations of each size (5, 1)\n"
    "  --pause MS               between iterations, as training computes (0)\n"
    "  --check                  verify every byte of every iteration\n"
    "  --mode MODE              default hash spray reps mprdma-4 ethereal wrap planned (default: the\n"
    "                           dataplane's)\n"
    "  --algorithm NAME         auto ring halving-doubling direct (auto)\n"
    "  --type NAME              float32 float64 float16 bfloat16 int32 int64 (float32)\n"
    "  --reduction NAME         sum product min max average (sum)\n"
    "  --ranks N                in a lab: number of ranks (one for each host)\n"
    "  --jobs N                 in a lab: so many jobs at once, which share the ranks in order (1)\n"
    "  --placement WHERE        in a lab: block, scattered, or the seed of a random placement (block)\n"
    "  --seed N                 varies the choices of --mode hash (0)\n"
    "  --fault LINK KIND [VALUE] --fault-at MS\n"
    "                           in a lab: down, black_hole, loss 1%, rate 50M, delay 2ms on that link,\n"
    "                           MS after measuring began\n"
    "  --hosts FILE, --rank N   outside a lab: the ranks' addresses, one a line, and the rank of this "
    "process\n"
    "  -j                       one JSON object a line\n"
    "Inside `weft-lab run SHAPE -- weft-bench ...` one command runs all ranks and reads the links' "
    "counters.\n"
    "Outside, start one process for each rank (srun, mpirun, ssh): see tools/README.md.\n";

enum {
    OPTION_CHECK = 256,
    OPTION_PAUSE,
    OPTION_MODE,
    OPTION_ALGORITHM,
    OPTION_TYPE,
    OPTION_REDUCTION,
    OPTION_RANKS,
    OPTION_JOBS,
    OPTION_PLACEMENT,
    OPTION_SEED,
    OPTION_FAULT,
    OPTION_FAULT_AT,
    OPTION_HOSTS,
    OPTION_RANK,
    OPTION_HELP,
    OPTIONS_ITERATIONS_MAX = 1000000,
    OPTIONS_PAUSE_MS_MAX = 60000,
    OPTIONS_RANKS_MAX = 4096 /* libweft's */
};

static const struct option options_long[] = {{"check", no_argument, NULL, OPTION_CHECK},
                                             {"pause", required_argument, NULL, OPTION_PAUSE},
                                             {"mode", required_argument, NULL, OPTION_MODE},
                                             {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
                                             {"type", required_argument, NULL, OPTION_TYPE},
                                             {"reduction", required_argument, NULL, OPTION_REDUCTION},
                                             {"ranks", required_argument, NULL, OPTION_RANKS},
                                             {"jobs", required_argument, NULL, OPTION_JOBS},
                                             {"placement", required_argument, NULL, OPTION_PLACEMENT},
                                             {"seed", required_argument, NULL, OPTION_SEED},
                                             {"fault", required_argument, NULL, OPTION_FAULT},
                                             {"fault-at", required_argument, NULL, OPTION_FAULT_AT},
                                             {"hosts", required_argument, NULL, OPTION_HOSTS},
                                             {"rank", required_argument, NULL, OPTION_RANK},
                                             {"help", no_argument, NULL, OPTION_HELP},
                                             {NULL, 0, NULL, 0}};

struct bench_options options_default(void)
{
    return (struct bench_options){.bytes_min = 16 << 20,
                                  .factor = 2,
                                  .iterations = 5,
                                  .warmup = 1,
                                  .jobs = 1,
                                  .placement_text = "block",
                                  .rank = -1};
}

/* Position of `text` in a NULL-terminated list, or -1 after a line that lists what would be right. */
static int options_choose(const char *option, const char *const *names, const char *text)
{
    char known[160] = "";
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
        strncat(strncat(known, " ", sizeof known - strlen(known) - 1), names[i],
                sizeof known - strlen(known) - 1);
    }
    return complain("%s: '%s' is none of%s", option, text, known);
}

static int options_number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || number < min || number > max)
        return complain("%s: '%s' is not a whole number from %llu to %llu", option, text,
                        (unsigned long long)min, (unsigned long long)max);
    *value = number;
    return 0;
}

static int options_count(const char *option, const char *text, unsigned min, unsigned max, unsigned *value)
{
    uint64_t number = 0;
    if (options_number(option, text, min, max, &number) < 0)
        return -1;
    *value = (unsigned)number;
    return 0;
}

static int options_size(const char *option, const char *text, uint64_t *bytes)
{
    if (units_parse_size(text, bytes) < 0 || *bytes > UINT64_C(4) << 30)
        return complain("%s: '%s' is not a size of at most 4G, like 64K or 16M", option, text);
    return 0;
}

/* --fault takes two or three words: the value is there unless the next word is an option. */
static int options_fault(int argc, char **argv, struct bench_fault *fault)
{
    fault->link = optarg;
    if (optind >= argc || argv[optind][0] == '-')
        return complain("--fault: what shall happen to %s? down, black_hole, loss, rate or delay",
                        fault->link);
    fault->kind = argv[optind++];
    if (optind < argc && argv[optind][0] != '-')
        fault->value = argv[optind++];
    return 0;
}

static int options_apply_name(int option, struct bench_options *options)
{
    int chosen = -1;
    switch (option) {
    case OPTION_MODE:
        if ((chosen = options_choose("--mode", options_modes, optarg)) >= 0)
            options->mode = (enum weft_path_mode)chosen;
        break;
    case OPTION_ALGORITHM:
        if ((chosen = options_choose("--algorithm", options_algorithms, optarg)) >= 0)
            options->algorithm = (enum weft_algorithm)chosen;
        break;
    case OPTION_TYPE:
        if ((chosen = options_choose("--type", options_types, optarg)) >= 0)
            options->type = (enum weft_type)chosen;
        break;
    case OPTION_REDUCTION:
        if ((chosen = options_choose("--reduction", options_reductions, optarg)) >= 0)
            options->reduction = (enum weft_reduction)chosen;
        break;
    }
    return chosen < 0 ? -1 : 0;
}

static int options_apply_placement(struct bench_options *options)
{
    options->placement_text = optarg;
    if (placement_parse(optarg, &options->placement) < 0)
        return complain("--placement: '%s' is neither block, scattered nor a seed", optarg);
    return 0;
}

static int options_apply(int option, int argc, char **argv, struct bench_options *options)
{
    unsigned number = 0;
    switch (option) {
    case 'b':
        return options_size("-b", optarg, &options->bytes_min);
    case 'e':
        return options_size("-e", optarg, &options->bytes_max);
    case 'f':
        return options_number("-f", optarg, 2, 1 << 30, &options->factor);
    case 'n':
        return options_count("-n", optarg, 1, OPTIONS_ITERATIONS_MAX, &options->iterations);
    case 'w':
        return options_count("-w", optarg, 0, OPTIONS_ITERATIONS_MAX, &options->warmup);
    case 'j':
        options->json = true;
        return 0;
    case OPTION_PAUSE:
        return options_count("--pause", optarg, 0, OPTIONS_PAUSE_MS_MAX, &options->pause_ms);
    case OPTION_CHECK:
        options->check = true;
        return 0;
    case OPTION_RANKS:
        return options_count("--ranks", optarg, 1, OPTIONS_RANKS_MAX, &options->ranks);
    case OPTION_JOBS:
        return options_count("--jobs", optarg, 1, OPTIONS_RANKS_MAX, &options->jobs);
    case OPTION_PLACEMENT:
        return options_apply_placement(options);
    case OPTION_SEED:
        return options_count("--seed", optarg, 0, UINT32_MAX, &options->hash_seed);
    case OPTION_FAULT:
        return options_fault(argc, argv, &options->fault);
    case OPTION_FAULT_AT:
        return options_number("--fault-at", optarg, 0, 3600 * 1000, &options->fault.at_ms);
    case OPTION_HOSTS:
        options->hosts_path = optarg;
        return 0;
    case OPTION_RANK:
        if (options_count("--rank", optarg, 0, OPTIONS_RANKS_MAX - 1, &number) < 0)
            return -1;
        options->rank = (int)number;
        return 0;
    case OPTION_HELP:
        fputs(options_usage, stdout);
        return 1;
    case '?': /* getopt has said what is wrong */
        return -1;
    }
    return options_apply_name(option, options);
}

static int options_finish(struct bench_options *options)
{
    if (options->bytes_max == 0)
        options->bytes_max = options->bytes_min;
    if (options->bytes_max < options->bytes_min)
        return complain("-e: the last size is smaller than the first");
    if (options->fault.link == NULL && options->fault.at_ms != 0)
        return complain("--fault-at: needs --fault LINK KIND");
    return 0;
}

int options_parse(int argc, char **argv, struct bench_options *options)
{
    *options = options_default();
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(options_usage, stdout);
        return 1;
    }
    if (argc < 2 || argv[1][0] == '-')
        return complain("which collective? try weft-bench all_reduce, or --help");
    int chosen = options_choose("COLLECTIVE", collective_names, argv[1]);
    if (chosen < 0)
        return -1;
    options->collective = (enum bench_collective)chosen;
    argv[1] = argv[0]; /* whose name getopt's own complaints begin with */
    argc--, argv++;
    optind = 1;
    int option, status = 0;
    while (status == 0 && (option = getopt_long(argc, argv, "+b:e:f:n:w:j", options_long, NULL)) != -1)
        status = options_apply(option, argc, argv, options);
    if (status != 0)
        return status;
    if (optind < argc)
        return complain("'%s' is not an option; try --help", argv[optind]);
    return options_finish(options);
}
