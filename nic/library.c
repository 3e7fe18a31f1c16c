/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts DPDK's environment (EAL) in a way that needs nothing of the host: hugepages when they are there,
 * ordinary memory when not, no PCI devices unless the operator allows some, one lcore, and the calling
 * thread keeps the processors it had. An EAL argument from the operator replaces the default it contradicts.
 */
#include <dirent.h>
#include <errno.h>
#include <mntent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include "nic/error_text.h"
#include "nic/port.h"

enum {
    ARGUMENTS_MAX = 64,
    ARGUMENT_BYTES = 256,
    MEMORY_MIB = 256, /* without hugepages: address space, of which only what is used becomes memory */
    HUGEPAGES_MIN_MIB = 64
};

struct arguments {
    int count;
    char text[ARGUMENTS_MAX][ARGUMENT_BYTES];
    char *vector[ARGUMENTS_MAX + 1];
};

static bool add(struct arguments *a, const char *text)
{
    if (a->count == ARGUMENTS_MAX || strlen(text) >= ARGUMENT_BYTES)
        return false;
    strcpy(a->text[a->count], text);
    a->vector[a->count] = a->text[a->count];
    a->vector[++a->count] = NULL;
    return true;
}

/* Is one of the options there, as "--name", "--name=value" or, for one letter, "-nvalue"? */
static bool has(const struct arguments *a, const char *const *options)
{
    for (int i = 1; i < a->count; i++) {
        for (const char *const *option = options; *option != NULL; option++) {
            size_t length = strlen(*option);
            char end = strncmp(a->text[i], *option, length) == 0 ? a->text[i][length] : 'x';
            if (end == '\0' || end == '=' || (end != 'x' && length == 2))
                return true;
        }
    }
    return false;
}
#define HAS(a, ...) has((a), (const char *const[]){__VA_ARGS__, NULL})

static uint64_t read_number(const char *path)
{
    uint64_t number = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu", &number) != 1)
        number = 0;
    fclose(file);
    return number;
}

static uint64_t free_hugepages_kib(void)
{
    DIR *sizes = opendir("/sys/kernel/mm/hugepages");
    struct dirent *entry;
    uint64_t total_kib = 0, size_kib;
    char path[sizeof("/sys/kernel/mm/hugepages//free_hugepages") + sizeof(entry->d_name)];
    if (sizes == NULL)
        return 0;
    while ((entry = readdir(sizes)) != NULL) {
        if (sscanf(entry->d_name, "hugepages-%lukB", &size_kib) != 1)
            continue;
        snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/%s/free_hugepages", entry->d_name);
        total_kib += read_number(path) * size_kib;
    }
    closedir(sizes);
    return total_kib;
}

static bool hugetlbfs_is_mounted(void)
{
    FILE *mounts = setmntent("/proc/mounts", "re");
    struct mntent *mount;
    bool found = false;
    if (mounts == NULL)
        return false;
    while (!found && (mount = getmntent(mounts)) != NULL)
        found = strcmp(mount->mnt_type, "hugetlbfs") == 0;
    endmntent(mounts);
    return found;
}

static bool add_memory_defaults(struct arguments *a)
{
    char memory[ARGUMENT_BYTES];
    if (!HAS(a, "--no-huge", "--in-memory", "--huge-dir", "--socket-mem")) {
        if (hugetlbfs_is_mounted() && free_hugepages_kib() >= HUGEPAGES_MIN_MIB * 1024)
            return add(a, "--huge-unlink=always");
        if (!add(a, "--no-huge"))
            return false;
    }
    snprintf(memory, sizeof(memory), "-m%d", MEMORY_MIB);
    return !HAS(a, "--no-huge") || HAS(a, "-m") || add(a, memory);
}

static bool add_defaults(struct arguments *a)
{
    char one_lcore[ARGUMENT_BYTES];
    bool fits = add_memory_defaults(a);
    snprintf(one_lcore, sizeof(one_lcore), "--lcores=0@%d", sched_getcpu());
    if (!HAS(a, "-l", "-c", "--lcores"))
        fits = fits && add(a, one_lcore);
    if (!HAS(a, "-a", "--allow", "-b", "--block", "--no-pci"))
        fits = fits && add(a, "--no-pci");
    if (!HAS(a, "--file-prefix"))
        fits = fits && add(a, "--file-prefix=weft");
    if (!HAS(a, "--log-level"))
        fits = fits && add(a, "--log-level=error");
    return fits;
}

static int start(struct arguments *a, char error[PORT_ERROR_BYTES])
{
    cpu_set_t processors;
    bool known = sched_getaffinity(0, sizeof(processors), &processors) == 0;
    int parsed = rte_eal_init(a->count, a->vector);
    if (known)
        sched_setaffinity(0, sizeof(processors), &processors);
    if (parsed >= 0)
        return 0;
    if (rte_errno == EALREADY)
        return error_text(error, -EALREADY, "DPDK was started already in this process");
    return error_text(error, -(rte_errno > 0 ? rte_errno : EIO),
                      "DPDK did not start; its lines above say why. Arguments added must be EAL's own, and "
                      "processes that run at the same time need different --file-prefix");
}

int port_library_start(const char *const *eal_arguments, unsigned count, char error[PORT_ERROR_BYTES])
{
    static struct arguments a; /* EAL goes on using the strings */
    a.count = 0;
    bool fits = add(&a, "weft");
    for (unsigned i = 0; i < count; i++)
        fits = fits && add(&a, eal_arguments[i]);
    fits = fits && add_defaults(&a);
    if (!fits)
        return error_text(error, -E2BIG, "EAL arguments: at most %d, each shorter than %d bytes",
                          ARGUMENTS_MAX / 2, ARGUMENT_BYTES);
    return start(&a, error);
}

void port_thread_register(void)
{
    if (rte_lcore_id() == LCORE_ID_ANY)
        rte_thread_register();
}
