/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-bench: measures collectives over weft in the manner of nccl-tests. In a lab ($WEFT_LAB_SOCKET) one
 * process starts all ranks and reads the routers' counters; outside, every rank is a weft-bench of its own.
 */
#include <stdlib.h>

#include "tools/bench/measurement.h"
#include "tools/bench/standalone.h"

static void main_on_result(void *user, const struct bench_result *result)
{
    (void)user;
    result_print(result);
}

static int main_in_lab(const struct bench_options *options, const char *lab_path)
{
    static struct fabric fabric;
    struct lab_client *lab;
    if (lab_client_open(lab_path, &lab) < 0)
        return -1;
    int status = lab_client_describe(lab, &fabric);
    if (status == 0 && !options->json)
        result_print_heading(options, true);
    if (status == 0)
        status = measurement_run(&(struct measurement_config){
            .options = options, .fabric = &fabric, .lab = lab, .on_result = main_on_result});
    lab_client_close(lab);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options options;
    int status = options_parse(argc, argv, &options);
    if (status != 0)
        return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    const char *lab_path = getenv("WEFT_LAB_SOCKET");
    status = lab_path != NULL ? main_in_lab(&options, lab_path) : standalone_run(&options);
    return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
