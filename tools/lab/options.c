/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/formats/units.h"
#include "tools/lab/control.h"

const char lab_options_help[] =
    "weft-lab run LEAVESxSPINESxHOSTS [OPTION]... -- COMMAND [ARGUMENT]...\n"
    "  --rate RATE          of every link, 200M\n"
    "  --host-rate RATE     of the links between host and leaf; as --rate\n"
    "  --buffer SIZE        of every transmitting interface, 256K\n"
    "  --mark SIZE          phantom queue above which ECN-capable packets are marked, 64K\n"
    "  --phantom-percent N  of the link's rate, at which the phantom queue drains, 100\n"
    "  --mtu BYTES          3400\n"
    "  --dataplane PATH     the dataplane's program; found beside weft-lab\n"
    "  --no-dataplane       only the network\n"
    "  --control            weft-control as well, which the dataplanes follow\n"
    "  --config FILE        settings for every dataplane: `key: value` lines\n"
    "  --set KEY=VALUE      one such setting; section.key=value inside a section\n"
    "  --verbose            show what dataplanes print\n";

enum run_option {
    OPTION_RATE = 1,
    OPTION_HOST_RATE,
    OPTION_BUFFER,
    OPTION_MARK,
    OPTION_PHANTOM_PERCENT,
    OPTION_MTU,
    OPTION_DATAPLANE,
    OPTION_NO_DATAPLANE,
    OPTION_CONTROL,
    OPTION_CONFIG,
    OPTION_SET,
    OPTION_VERBOSE
};

static const struct option known_options[] = {
    {"rate", required_argument, NULL, OPTION_RATE},
    {"host-rate", required_argument, NULL, OPTION_HOST_RATE},
    {"buffer", required_argument, NULL, OPTION_BUFFER},
    {"mark", required_argument, NULL, OPTION_MARK},
    {"phantom-percent", required_argument, NULL, OPTION_PHANTOM_PERCENT},
    {"mtu", required_argument, NULL, OPTION_MTU},
    {"dataplane", required_argument, NULL, OPTION_DATAPLANE},
    {"no-dataplane", no_argument, NULL, OPTION_NO_DATAPLANE},
    {"control", no_argument, NULL, OPTION_CONTROL},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"set", required_argument, NULL, OPTION_SET},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {NULL, 0, NULL, 0},
};

enum {
    RATE_BPS_MIN = 10000,
    MTU_MIN = 576,
    MTU_MAX = 9000,
    MTU_DATAPLANE_MAX = 3400 /* AF_XDP on veth: a frame and its headroom share one page */
};

static int parse_rate(const char *name, const char *text, uint64_t *rate_bps, struct lab_error *error)
{
    if (units_parse_rate(text, rate_bps) || *rate_bps < RATE_BPS_MIN || *rate_bps > 400000000000)
        return lab_error_set(error, -EINVAL, "--%s %s: a rate between 10K and 400G is wanted, like 200M",
                             name, text);
    return 0;
}

static int parse_size(const char *name, const char *text, uint64_t *bytes, struct lab_error *error)
{
    if (units_parse_size(text, bytes) || *bytes == 0 || *bytes > 1 << 30)
        return lab_error_set(error, -EINVAL, "--%s %s: a size up to 1G is wanted, like 64K", name, text);
    return 0;
}

static int parse_number(const char *name, const char *text, unsigned range[2], unsigned *number,
                        struct lab_error *error)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || value < range[0] || value > range[1])
        return lab_error_set(error, -EINVAL, "--%s %s: a number from %u to %u is wanted", name, text,
                             range[0], range[1]);
    *number = (unsigned)value;
    return 0;
}

static int parse_path(const char *text, struct lab_options *options, struct lab_error *error)
{
    if (!realpath(text, options->dataplane_path))
        return lab_error_set(error, -EINVAL, "--dataplane %s: %s", text, strerror(errno));
    return 0;
}

static int parse_option(enum run_option option, const char *text, struct lab_options *options,
                        struct lab_error *error)
{
    struct link_profile *fabric = &options->profile.fabric_link;
    const char *name = known_options[option - 1].name;
    switch (option) {
    case OPTION_RATE:
        return parse_rate(name, text, &fabric->rate_bps, error);
    case OPTION_HOST_RATE:
        return parse_rate(name, text, &options->profile.host_link.rate_bps, error);
    case OPTION_BUFFER:
        return parse_size(name, text, &fabric->buffer_bytes, error);
    case OPTION_MARK:
        return parse_size(name, text, &fabric->mark_bytes, error);
    case OPTION_PHANTOM_PERCENT:
        return parse_number(name, text, (unsigned[]){1, 100}, &fabric->phantom_percent, error);
    case OPTION_MTU:
        return parse_number(name, text, (unsigned[]){MTU_MIN, MTU_MAX}, &fabric->mtu, error);
    case OPTION_DATAPLANE:
        return parse_path(text, options, error);
    case OPTION_CONFIG:
        return dataplane_config_read(&options->config, text, error);
    case OPTION_SET:
        return dataplane_config_set(&options->config, text, error);
    case OPTION_NO_DATAPLANE:
        options->dataplanes = false;
        return 0;
    case OPTION_CONTROL:
        options->control = true;
        return dataplane_config_set(&options->config, "control.socket=" CONTROL_SOCKET, error);
    case OPTION_VERBOSE:
        options->verbose = true;
        return 0;
    }
    return lab_error_set(error, -EINVAL, "unknown option");
}

/* Beside this program, or where the build puts it. */
static bool find_program(const char *const places[2], char path[PATH_MAX])
{
    char self[PATH_MAX], candidate[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (unsigned i = 0; slash && i < 2; i++) {
        snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)(slash - self), self, places[i]);
        if (access(candidate, X_OK) == 0 && realpath(candidate, path))
            return true;
    }
    return false;
}

static int options_find_dataplane(struct lab_options *options, struct lab_error *error)
{
    static const char *const places[] = {"weft-dataplane", "../../dataplane/daemon/weft-dataplane"};
    if (find_program(places, options->dataplane_path))
        return 0;
    return lab_error_set(error, -EINVAL,
                         "no weft-dataplane beside weft-lab: build it, name it with --dataplane PATH, or run "
                         "only the network with --no-dataplane");
}

static int options_find_control(struct lab_options *options, struct lab_error *error)
{
    static const char *const places[] = {"weft-control", "../../control/server/weft-control"};
    if (find_program(places, options->control_path))
        return 0;
    return lab_error_set(error, -EINVAL, "no weft-control beside weft-lab: build it, or leave --control out");
}

static int options_complete(struct lab_options *options, struct lab_error *error)
{
    struct link_profile *fabric = &options->profile.fabric_link;
    uint64_t host_rate_bps = options->profile.host_link.rate_bps;
    options->profile.host_link = *fabric;
    if (host_rate_bps)
        options->profile.host_link.rate_bps = host_rate_bps;
    if (fabric->buffer_bytes < 2ULL * fabric->mtu)
        return lab_error_set(error, -EINVAL, "--buffer: two packets of the MTU must fit, %u bytes",
                             2 * fabric->mtu);
    int status = options->control ? options_find_control(options, error) : 0;
    if (status || !options->dataplanes)
        return status;
    if (fabric->mtu > MTU_DATAPLANE_MAX)
        return lab_error_set(error, -EINVAL,
                             "--mtu: AF_XDP over veth allows at most %d; larger only with "
                             "--no-dataplane",
                             MTU_DATAPLANE_MAX);
    return options->dataplane_path[0] ? 0 : options_find_dataplane(options, error);
}

static int options_parse_before_command(int count, char **arguments, struct lab_options *options,
                                        struct lab_error *error)
{
    opterr = 0;
    for (int option; (option = getopt_long(count, arguments, "", known_options, NULL)) != -1;) {
        if (option == '?')
            return lab_error_set(error, -EINVAL, "%s: unknown option, or its value is missing",
                                 arguments[optind - 1]);
        int status = parse_option((enum run_option)option, optarg, options, error);
        if (status)
            return status;
    }
    if (optind != count - 1)
        return lab_error_set(error, -EINVAL, "one shape is wanted, for example 2x4x4");
    return shape_parse(arguments[optind], &options->profile.shape, error);
}

int lab_options_parse(int count, char **arguments, struct lab_options *options, struct lab_error *error)
{
    *options = (struct lab_options){
        .dataplanes = true,
        .profile.fabric_link = {.rate_bps = 200000000,
                                .buffer_bytes = 256 << 10,
                                .mark_bytes = 64 << 10,
                                .phantom_percent = 100,
                                .mtu = 3400},
    };
    dataplane_config_set_defaults(&options->config);
    int before = 1;
    while (before < count && strcmp(arguments[before], "--") != 0)
        before++;
    if (before >= count - 1)
        return lab_error_set(error, -EINVAL, "nothing to run: end with -- COMMAND");
    options->command = arguments + before + 1;
    int status = options_parse_before_command(before, arguments, options, error);
    return status ? status : options_complete(options, error);
}
