/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "dataplane/formats/units.h"
#include "tools/bench/demo.h"

enum {
    DEMO_HASH = 0, /* indices in demo_modes */
    DEMO_WRAP = 3,
    DEMO_BAR_COLUMNS = 24
};

const enum bench_collective demo_collectives[DEMO_COLLECTIVES] = {BENCH_ALL_REDUCE, BENCH_ALL_TO_ALL};
const enum weft_path_mode demo_modes[DEMO_MODES] = {WEFT_PATH_HASH, WEFT_PATH_SPRAY, WEFT_PATH_ETHEREAL,
                                                    WEFT_PATH_WRAP, WEFT_PATH_PLANNED};

static const char *const demo_mode_meaning[DEMO_MODES] = {
    "each flow on the path its five-tuple hashes to (ECMP)", "every packet on a path of its own",
    "whole flows in turn, the rest in equal pieces", "whole flows in turn, the rest cut where paths are full",
    "weft-control's paths for all flows of a step at once"};

void demo_print_heading(const struct demo *demo)
{
    char link[UNITS_TEXT_BYTES], host[UNITS_TEXT_BYTES], size[UNITS_TEXT_BYTES];
    const struct fabric *fabric = &demo->fabric;
    printf("\n%u leaves x %u spines x %u hosts; the routers are this kernel's. Leaf-spine links %s, host "
           "links %s.\n"
           "%u ranks, one on each host, ring neighbours on different leaves (as schedulers tend to place "
           "them).\n"
           "Vectors of %s; every byte of every result is verified.\n\n",
           fabric->leaf_count, fabric->spine_count, fabric->host_count,
           units_format_rate((uint64_t)fabric->links[0].rate_bps, link),
           units_format_rate((uint64_t)fabric->host_rate_bps, host), fabric->host_count,
           units_format_size(demo->bytes, size));
    fflush(stdout);
}

void demo_print_table(const struct demo *demo, unsigned collective)
{
    printf("%-12s %9s %14s %10s %8s %9s\n", collective_names[demo_collectives[collective]], "imbalance",
           "bus bandwidth", "p50", "/ bound", "verified");
    for (unsigned mode = 0; mode < DEMO_MODES; mode++) {
        const struct demo_cell *cell = &demo->cells[collective][mode];
        char bus[UNITS_TEXT_BYTES], p50[UNITS_TEXT_BYTES];
        printf("  %-10s %9.3f %14s %10s %8.3f %9s  %s\n", options_modes[demo_modes[mode]], cell->imbalance,
               units_format_rate((uint64_t)cell->bus_bandwidth_bps, bus),
               units_format_duration(cell->completion_p50_ns, p50), cell->bound_ratio,
               cell->verified ? "yes" : "NO", demo_mode_meaning[mode]);
    }
    puts("");
    fflush(stdout);
}

static void demo_print_bar(uint64_t bytes, uint64_t bytes_max)
{
    char size[UNITS_TEXT_BYTES];
    int columns = bytes_max ? (int)((bytes * DEMO_BAR_COLUMNS + bytes_max / 2) / bytes_max) : 0;
    static const char bar[] = "########################";
    printf(" %-*.*s %10s ", DEMO_BAR_COLUMNS, columns, bar, units_format_size(bytes, size));
}

void demo_print_uplinks(const struct demo *demo, unsigned collective)
{
    const struct demo_cell *hash = &demo->cells[collective][DEMO_HASH],
                           *wrap = &demo->cells[collective][DEMO_WRAP];
    const struct fabric *fabric = &demo->fabric;
    uint64_t bytes_max = 0;
    for (unsigned i = 0; i < fabric->link_count; i++) {
        bytes_max = hash->links[i].up_bytes > bytes_max ? hash->links[i].up_bytes : bytes_max;
        bytes_max = wrap->links[i].up_bytes > bytes_max ? wrap->links[i].up_bytes : bytes_max;
    }
    printf("Bytes on every uplink during %s, from the routers' counters:\n%-14s %-*s %-*s\n",
           collective_names[demo_collectives[collective]], "", DEMO_BAR_COLUMNS + 12, " hash",
           DEMO_BAR_COLUMNS + 12, " wrap");
    for (unsigned i = 0; i < fabric->link_count; i++) {
        printf("  %-12s", fabric->links[i].name);
        demo_print_bar(hash->links[i].up_bytes, bytes_max);
        demo_print_bar(wrap->links[i].up_bytes, bytes_max);
        puts("");
    }
    puts("");
}

void demo_print_summary(const struct demo *demo)
{
    const struct demo_cell *hash = &demo->cells[0][DEMO_HASH], *wrap = &demo->cells[0][DEMO_WRAP];
    printf(
        "Hashing put %.2f times the even load on its hottest link and took %.2f times as long as wrap over "
        "the "
        "all-reduce.\n"
        "Wrap kept the hottest link at %.3f times the even load with every piece on one fixed path, and "
        "ended "
        "%.1f %% above\nthe time that no transport can beat (payload over the slowest links at their shaped "
        "rate).\n\n",
        hash->imbalance, (double)hash->completion_p50_ns / (double)wrap->completion_p50_ns, wrap->imbalance,
        100 * (wrap->bound_ratio - 1));
    fflush(stdout);
}

void demo_print_fault(const struct demo *demo)
{
    char took[UNITS_TEXT_BYTES], undisturbed[UNITS_TEXT_BYTES], stall[UNITS_TEXT_BYTES];
    printf("Then %s went down %" PRIu64
           " ms into a wrap all-reduce: it completed in %s (%s undisturbed), results "
           "%s.\nThe longest time that any host received (almost) nothing was %s.\n\n",
           demo->fault.link, demo->fault.at_ms, units_format_duration(demo->fault.completion_ns, took),
           units_format_duration(demo->cells[0][DEMO_WRAP].completion_p50_ns, undisturbed),
           demo->fault.verified ? "right to the last byte" : "WRONG",
           units_format_duration(demo->fault.stall_ns, stall));
    fflush(stdout);
}
