/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-demo: what tools/demo runs inside the lab. The same collectives under ECMP hashing, packet spraying,
 * Ethereal's splitting, weft's wrap-around splitting and control's plan; then a link dies. */
#include "tools/bench/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/complain.h"
#include "tools/bench/measurement.h"

enum {
    DEMO_BYTES = 16 << 20,
    DEMO_ITERATIONS = 3,
    DEMO_WRAP = 3,        /* index in demo_modes */
    DEMO_FAULT_SHARE = 40 /* percent of the undisturbed time after which the link dies */
};

static struct bench_options demo_options(enum bench_collective collective, enum weft_path_mode mode)
{
    struct bench_options options = options_default();
    options.collective = collective;
    options.mode = mode;
    options.bytes_min = options.bytes_max = DEMO_BYTES;
    options.iterations = DEMO_ITERATIONS;
    options.check = true;
    options.placement = (struct placement){PLACEMENT_SCATTERED, 0};
    options.placement_text = "scattered";
    return options;
}

static void demo_keep_cell(void *user, const struct bench_result *result)
{
    struct demo_cell *cell = user;
    size_t bytes = result->fabric->link_count * sizeof *cell->links;
    *cell = (struct demo_cell){.imbalance = result->imbalance,
                               .bus_bandwidth_bps = result->bus_bandwidth_bps,
                               .bound_ratio = result->bound_ratio,
                               .completion_p50_ns = result->completion.p50_ns,
                               .verified = result->verified,
                               .links = malloc(bytes)};
    if (cell->links == NULL)
        abort();
    memcpy(cell->links, result->links, bytes);
}

/* A wrong result does not end the demonstration, it shows; what could not be measured does. */
static int demo_judge(struct demo *demo, int status, bool measured)
{
    demo->wrong |= status < 0 && measured;
    return measured ? 0 : status;
}

static int demo_measure(struct demo *demo, struct lab_client *lab, unsigned collective, unsigned mode)
{
    struct bench_options options = demo_options(demo_collectives[collective], demo_modes[mode]);
    struct demo_cell *cell = &demo->cells[collective][mode];
    fprintf(stderr, "%s under %s ...%s", collective_names[options.collective], options_modes[options.mode],
            isatty(STDERR_FILENO) ? "" : "\n");
    int status = measurement_run(&(struct measurement_config){
        .options = &options, .fabric = &demo->fabric, .lab = lab, .on_result = demo_keep_cell, .user = cell});
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    return demo_judge(demo, status, cell->links != NULL);
}

static void demo_keep_fault(void *user, const struct bench_result *result)
{
    struct demo_fault *fault = user;
    fault->completion_ns = result->completion.p50_ns;
    fault->stall_ns = result->stall_ns;
    fault->verified = result->verified;
}

static int demo_measure_fault(struct demo *demo, struct lab_client *lab)
{
    struct bench_options options = demo_options(BENCH_ALL_REDUCE, WEFT_PATH_WRAP);
    demo->fault.link = demo->fabric.links[demo->fabric.link_count / 2 - 1].name;
    demo->fault.at_ms = demo->cells[0][DEMO_WRAP].completion_p50_ns / 1000000 * DEMO_FAULT_SHARE / 100;
    options.iterations = 1;
    options.fault = (struct bench_fault){demo->fault.link, "down", NULL, demo->fault.at_ms};
    int status = measurement_run(&(struct measurement_config){.options = &options,
                                                              .fabric = &demo->fabric,
                                                              .lab = lab,
                                                              .on_result = demo_keep_fault,
                                                              .user = &demo->fault});
    return demo_judge(demo, status, demo->fault.completion_ns != 0);
}

static int demo_run(struct demo *demo, struct lab_client *lab, bool json)
{
    int status = lab_client_describe(lab, &demo->fabric);
    if (status == 0 && !json)
        demo_print_heading(demo);
    for (unsigned collective = 0; collective < DEMO_COLLECTIVES && status == 0; collective++) {
        for (unsigned mode = 0; mode < DEMO_MODES && status == 0; mode++)
            status = demo_measure(demo, lab, collective, mode);
        if (status == 0 && !json)
            demo_print_table(demo, collective);
    }
    if (status == 0 && !json) {
        demo_print_uplinks(demo, 0);
        demo_print_summary(demo);
    }
    if (status == 0)
        status = demo_measure_fault(demo, lab);
    if (status == 0 && !json)
        demo_print_fault(demo);
    if (status == 0 && json) {
        char *text = demo_json_text(demo);
        puts(text);
        free(text);
    }
    return status;
}

int main(int argc, char **argv)
{
    static struct demo demo = {.bytes = DEMO_BYTES};
    struct lab_client *lab;
    const char *lab_path = getenv("WEFT_LAB_SOCKET");
    bool json = argc == 2 && strcmp(argv[1], "-j") == 0;
    if (argc > 1 && !json)
        return complain("usage: weft-demo [-j]"), EXIT_FAILURE;
    if (lab_path == NULL)
        return complain("runs inside a lab: use tools/demo"), EXIT_FAILURE;
    if (getenv("WEFT_CONTROL_SOCKET") == NULL)
        return complain("the lab has no control to plan for it: weft-lab run --control"), EXIT_FAILURE;
    if (lab_client_open(lab_path, &lab) < 0)
        return EXIT_FAILURE;
    int status = demo_run(&demo, lab, json);
    lab_client_close(lab);
    for (unsigned i = 0; i < DEMO_COLLECTIVES * DEMO_MODES; i++)
        free(demo.cells[i / DEMO_MODES][i % DEMO_MODES].links);
    return status < 0 || demo.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
