/* SPDX-License-Identifier: BSD-3-Clause */
/* How long control's core takes for reports and plans of 1,024 hosts, and how much memory it needs for them:
 * without HTTP and JSON, with the store in memory. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/unit/control/fabric.h"

/* Of this thread, the only one, which never waits: what else the machine does is left out. */
static double clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double heap_mib(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd) / (1 << 20);
}

/* One round of planning, if there is anything to plan, with the judgement of links before it; then what is to
 * be kept goes to the store, as the daemon does it. */
static void plan(struct fabric *f, const char *what)
{
    double start = clock_ms();
    f->now_ns += 6 * MS;
    struct core_planning *p = core_plan_begin(f->core, f->now_ns);
    if (p == NULL)
        return;
    core_plan_compute(p);
    double computed = clock_ms();
    bool published = core_plan_publish(f->core, p, 0, f->now_ns);
    double in_force = clock_ms();
    struct core_plan_info info = {0};
    core_plan_info(f->core, core_epoch(f->core), &info);
    fabric_pass(f, 6 * MS);
    printf("  %-28s %8.2f ms, in force after %.2f ms more%s, all kept after %.2f ms more: %llu flows, ratio "
           "%.4f, "
           "%llu moved\n",
           what, computed - start, in_force - computed, published ? "" : " (no change)",
           clock_ms() - in_force, (unsigned long long)info.flows, info.ratio,
           (unsigned long long)info.moved_flows);
}

static void report_all(struct fabric *f, const char *what)
{
    double start = clock_ms();
    fabric_report_all(f);
    printf("  %-28s %8.2f us each\n", what, (clock_ms() - start) * 1e3 / f->host_count);
}

static void make_blocks(struct fabric *f)
{
    double start = clock_ms();
    size_t bytes = 0;
    uint32_t hosts = f->host_count < 1024 ? f->host_count : 1024;
    for (uint32_t host = 0; host < hosts; host++) {
        const struct plan_header *block;
        if (core_plan_block(f->core, fabric_address(f, host), &block) == 0)
            bytes += block->bytes;
    }
    printf("  %-28s %8.2f us and %zu bytes each\n", "a host's block", (clock_ms() - start) * 1e3 / hosts,
           bytes / hosts);
}

/* Jobs of so many hosts each, in random order: of the same ones if there are not enough for all jobs. */
static void add_jobs(struct fabric *f, unsigned count, uint32_t ranks, enum step_shape shape)
{
    uint32_t *hosts = calloc(f->host_count, sizeof(*hosts));
    uint64_t random = 1;
    for (uint32_t i = 0; i < f->host_count; i++)
        hosts[i] = i;
    for (unsigned job = 0; job < count; job++) {
        for (uint32_t i = f->host_count; i > 1 && job * ranks % f->host_count == 0; i--) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            uint32_t other = (uint32_t)((random >> 33) % i), kept = hosts[i - 1];
            hosts[i - 1] = hosts[other];
            hosts[other] = kept;
        }
        uint32_t first = job * ranks % f->host_count;
        fabric_add_demand(fabric_add_job(f, 100 + job, hosts + first, ranks), shape, MIB);
    }
    free(hosts);
}

static void run(const char *title, struct fabric_shape shape, unsigned jobs, uint32_t ranks,
                enum step_shape steps)
{
    static struct fabric f;
    double before = heap_mib();
    printf("%s\n", title);
    fabric_open(&f, shape, ":memory:");
    add_jobs(&f, jobs, ranks, steps);
    report_all(&f, "first reports");
    report_all(&f, "reports without news");
    plan(&f, "first plan");
    make_blocks(&f);
    fabric_pass(&f, SECOND);
    fabric_report_all(&f);
    fabric_kill(&f, 3, 5);
    report_all(&f, "reports of a dead link");
    plan(&f, "plan without the link");
    fabric_mend(&f, 3, 5);
    fabric_report_all(&f);
    plan(&f, "plan when it is back");
    printf("  %-28s %8.1f MiB\n", "memory", heap_mib() - before);
    fabric_close(&f);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct fabric_shape hosts_1024 = {.leaves = 64, .spines = 16, .hosts = 16};
    struct fabric_shape hosts_65536 = {.leaves = 1024, .spines = 64, .hosts = 64};
    run("1,024 hosts (64 leaves, 16 spines), one ring", hosts_1024, 1, 1024, STEP_SHAPE_RING);
    run("the same, halving-doubling (left to hosts, as ranks are in random order)", hosts_1024, 1, 1024,
        STEP_SHAPE_HALVING_DOUBLING);
    run("the same, all-to-all", hosts_1024, 1, 1024, STEP_SHAPE_ALL_TO_ALL);
    run("the same, 64 rings of all hosts", hosts_1024, 64, 1024, STEP_SHAPE_RING);
    run("65,536 hosts (1,024 leaves, 64 spines), 16 rings of 4,096", hosts_65536, 16, 4096, STEP_SHAPE_RING);
    run("the same, halving-doubling (left to hosts)", hosts_65536, 16, 4096, STEP_SHAPE_HALVING_DOUBLING);
    return 0;
}
