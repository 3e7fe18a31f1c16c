/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <linux/capability.h>
#include <sys/resource.h>

#include "tools/weft/doctor.h"

enum {
    LOCKED_MIB_LEAST = 64,
    HUGEPAGES_MIB_LEAST = 256 /* or the dataplane does without */
};

static void check_hugepages(const struct patient *patient, json_t *findings)
{
    uint64_t total = patient_read_field(patient, "/proc/meminfo", "HugePages_Total", 10, 0);
    uint64_t free_pages = patient_read_field(patient, "/proc/meminfo", "HugePages_Free", 10, 0);
    uint64_t page_kib = patient_read_field(patient, "/proc/meminfo", "Hugepagesize", 10, 0);
    if (page_kib == 0)
        doctor_note(findings, "hugepages", "use a kernel with CONFIG_HUGETLBFS=y for full speed",
                    "the kernel has none; the dataplane does without, slower");
    else if (total == 0)
        doctor_note(findings, "hugepages", "sysctl vm.nr_hugepages=512, and hugetlbfs mounted",
                    "none are reserved; the dataplane does without, slower");
    else if (free_pages * page_kib < HUGEPAGES_MIB_LEAST * 1024)
        doctor_note(
            findings, "hugepages", "if no dataplane holds the others, reserve more: sysctl vm.nr_hugepages",
            "%" PRIu64 " of %" PRIu64 " free, %" PRIu64 " KiB each: a dataplane that starts now does without",
            free_pages, total, page_kib);
    else
        doctor_ok(findings, "hugepages", "%" PRIu64 " of %" PRIu64 " free, %" PRIu64 " KiB each", free_pages,
                  total, page_kib);
}

static void check_locked_memory(const struct patient *patient, json_t *findings)
{
    struct rlimit limit = {0};
    uint64_t effective = patient_read_field(patient, "/proc/self/status", "CapEff", 16, 0);
    getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        doctor_ok(findings, "locked memory", "no limit");
    else if (effective >> CAP_IPC_LOCK & 1)
        doctor_ok(findings, "locked memory", "limit %" PRIu64 " KiB, which CAP_IPC_LOCK lifts",
                  (uint64_t)limit.rlim_cur >> 10);
    else if (limit.rlim_cur < (rlim_t)LOCKED_MIB_LEAST << 20)
        doctor_note(findings, "locked memory", "LimitMEMLOCK=infinity in the service, or ulimit -l unlimited",
                    "RLIMIT_MEMLOCK is %" PRIu64 " KiB, and you lack CAP_IPC_LOCK: ports may not open",
                    (uint64_t)limit.rlim_cur >> 10);
    else
        doctor_ok(findings, "locked memory", "limit %" PRIu64 " MiB", (uint64_t)limit.rlim_cur >> 20);
}

void doctor_check_memory(const struct patient *patient, json_t *findings)
{
    check_hugepages(patient, findings);
    check_locked_memory(patient, findings);
}
