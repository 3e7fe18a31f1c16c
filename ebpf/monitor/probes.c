/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/probes.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "timing.skel.h"

enum {
    FILES_MAX = 256,
    MISSING_MAX = 4,
    PERF_PAGES = 64
};

struct probes {
    struct probes_config config;
    struct timing_bpf *programs;
    struct ring_buffer *ring;
    struct perf_buffer *perf;
    uint64_t perf_lost;
    const char *missing[MISSING_MAX + 1];
    unsigned missing_count;
    struct probed_file {
        dev_t device;
        ino_t inode;
        int process; /* -1: all */
    } files[FILES_MAX];
    unsigned file_count;
    struct probes_attached attached[PROBES_ATTACHED_MAX];
    unsigned attached_count;
};

/* ---- what the kernel has ---- */

static void note_missing(struct probes *p, const char *text)
{
    if (p->missing_count < MISSING_MAX)
        p->missing[p->missing_count++] = text;
}

const char *probes_missing(const struct probes *p, unsigned index)
{
    return index < p->missing_count ? p->missing[index] : NULL;
}

static bool has_ring_buffer(struct probes *p)
{
    if (p->config.perf_buffer) {
        note_missing(p, "ring buffer: the configuration asks for a perf buffer");
        return false;
    }
    if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1)
        return true;
    note_missing(p, "ring buffer (Linux 5.8): records come through a perf buffer for each processor");
    return false;
}

static bool has_cookies(struct probes *p)
{
    if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1)
        return true;
    note_missing(
        p, "cookies of probes (Linux 5.15): weft is listened to process by process, when a scan finds one; "
           "operations of other libraries are not named");
    return false;
}

static void look_at_kernel(struct probes *p)
{
    if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
        note_missing(p, "BTF of the kernel (CONFIG_DEBUG_INFO_BTF): not needed by these programs");
    if (access("/sys/bus/event_source/devices/uprobe/type", R_OK) != 0)
        note_missing(p, "uprobes of perf (Linux 4.17, CONFIG_UPROBE_EVENTS): weft cannot be listened to");
}

/* ---- loading ---- */

static void set_constants(struct probes *p, bool ring, bool cookies)
{
    unsigned bits = p->config.leaf_prefix_bits;
    p->programs->rodata->has_ring_buffer = ring;
    p->programs->rodata->has_cookies = cookies;
    p->programs->rodata->leaf_mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
    p->programs->rodata->some_addresses_only = p->config.address_count > 0;
    p->programs->rodata->wake_at_bytes = p->config.ring_bytes / 4;
}

static uint32_t ring_size(uint32_t wanted)
{
    uint32_t size = (uint32_t)sysconf(_SC_PAGESIZE);
    while (size < wanted && size < 1u << 30)
        size *= 2;
    return size;
}

static int load(struct probes *p)
{
    bool ring = has_ring_buffer(p), cookies = has_cookies(p);
    p->programs = timing_bpf__open();
    if (!p->programs)
        return -errno;
    look_at_kernel(p);
    set_constants(p, ring, cookies);
    bpf_map__set_max_entries(p->programs->maps.ring, ring_size(p->config.ring_bytes));
    if (!ring)
        bpf_map__set_autocreate(p->programs->maps.ring, false);
    return timing_bpf__load(p->programs);
}

static int set_addresses(const struct probes *p)
{
    uint32_t present = 1;
    for (unsigned i = 0; i < p->config.address_count; i++)
        if (bpf_map__update_elem(p->programs->maps.addresses, &p->config.addresses[i], sizeof(uint32_t),
                                 &present, sizeof(present), BPF_ANY) != 0)
            return -errno;
    return 0;
}

static void take(const struct probes *p, const void *bytes, size_t count)
{
    struct timing_record record;
    if (count < sizeof(record))
        return;
    memcpy(&record, bytes, sizeof(record));
    p->config.take(p->config.context, &record);
}

static int take_from_ring(void *context, void *bytes, size_t count)
{
    take(context, bytes, count);
    return 0;
}

static void take_from_perf(void *context, int processor, void *bytes, __u32 count)
{
    (void)processor;
    take(context, bytes, count);
}

static void lose_from_perf(void *context, int processor, __u64 count)
{
    struct probes *p = context;
    (void)processor;
    p->perf_lost += count;
}

static int open_buffer(struct probes *p)
{
    const struct timing_bpf *programs = p->programs;
    if (programs->rodata->has_ring_buffer)
        p->ring = ring_buffer__new(bpf_map__fd(programs->maps.ring), take_from_ring, p, NULL);
    else
        p->perf = perf_buffer__new(bpf_map__fd(programs->maps.perf), PERF_PAGES, take_from_perf,
                                   lose_from_perf, p, NULL);
    return p->ring || p->perf ? 0 : -errno;
}

static int be_quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
    return 0;
}

int probes_open(const struct probes_config *config, struct probes **probes, char error[PROBES_ERROR_BYTES])
{
    struct probes *p = calloc(1, sizeof(*p));
    *probes = NULL;
    libbpf_set_print(be_quiet);
    if (p)
        p->config = *config;
    int result = p ? load(p) : -ENOMEM;
    if (result == 0)
        result = set_addresses(p);
    if (result == 0)
        result = open_buffer(p);
    if (result != 0) {
        snprintf(error, PROBES_ERROR_BYTES,
                 "the BPF programs cannot be loaded (%s): run as root, or with CAP_BPF and CAP_PERFMON; the "
                 "kernel "
                 "needs CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS",
                 strerror(-result));
        probes_close(p);
        return result;
    }
    *probes = p;
    return 0;
}

void probes_close(struct probes *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < p->attached_count; i++) {
        bpf_link__destroy(p->attached[i].link);
        free(p->attached[i].file);
    }
    ring_buffer__free(p->ring);
    perf_buffer__free(p->perf);
    timing_bpf__destroy(p->programs);
    free(p);
}

/* ---- attaching ---- */

/* The same file has many names, one for each process. True when it has not been seen before. */
static bool remember(struct probes *p, const char *path, int process)
{
    struct stat status;
    if (p->file_count == FILES_MAX || stat(path, &status) != 0)
        return false;
    for (unsigned i = 0; i < p->file_count; i++)
        if (p->files[i].device == status.st_dev && p->files[i].inode == status.st_ino &&
            p->files[i].process == process)
            return false;
    p->files[p->file_count++] = (struct probed_file){status.st_dev, status.st_ino, process};
    return true;
}

bool probes_want_processes(const struct probes *p)
{
    return !p->programs->rodata->has_cookies;
}

/* libbpf knows a tracepoint by its cookie, or else by its address, which every process has another of. */
static int process_of(const struct probes *p, const struct mapped_file *file)
{
    return probes_want_processes(p) && file->library->probes->kind == LIBRARY_TRACEPOINT ? file->process : -1;
}

static struct bpf_link *attach_tracepoint(struct probes *p, const struct mapped_file *file,
                                          const struct library_probe *probe)
{
    return bpf_program__attach_usdt(p->programs->progs.on_tracepoint, process_of(p, file), file->path, "weft",
                                    probe->name, NULL);
}

static struct bpf_link *attach_function(struct probes *p, const char *path, const struct library_probe *probe)
{
    LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = probe->name);
    if (p->programs->rodata->has_cookies)
        options.bpf_cookie = probe->operation;
    const struct bpf_program *program = probe->kind == LIBRARY_SIXTH_ARGUMENT
                                            ? p->programs->progs.on_sixth_argument
                                            : p->programs->progs.on_call;
    return bpf_program__attach_uprobe_opts(program, -1, path, 0, &options);
}

/* A file that lacks some of the probes is nothing to speak of, unless it is weft's. */
static bool attach(struct probes *p, const struct mapped_file *file, const struct library_probe *probe)
{
    if (p->attached_count == PROBES_ATTACHED_MAX)
        return false;
    errno = 0;
    struct bpf_link *link = probe->kind == LIBRARY_TRACEPOINT ? attach_tracepoint(p, file, probe)
                                                              : attach_function(p, file->path, probe);
    int error = link ? 0 : -errno;
    if (!link && probe->kind != LIBRARY_TRACEPOINT && (error == -ENOENT || error == -ESRCH))
        return false;
    p->attached[p->attached_count++] = (struct probes_attached){.file = strdup(file->name),
                                                                .probe = probe->name,
                                                                .link = link,
                                                                .error = error,
                                                                .process = process_of(p, file)};
    return link != NULL;
}

unsigned probes_attach(struct probes *p, const struct mapped_file *file)
{
    unsigned count = 0;
    bool by_process = probes_want_processes(p) && file->library->probes->kind == LIBRARY_TRACEPOINT;
    if ((by_process && file->process < 0) || !remember(p, file->path, process_of(p, file)))
        return 0;
    for (const struct library_probe *probe = file->library->probes; probe->name; probe++)
        count += attach(p, file, probe);
    return count;
}

static bool has_ended(int process)
{
    return process >= 0 && kill(process, 0) != 0 && errno == ESRCH;
}

void probes_forget_ended(struct probes *p)
{
    unsigned files = 0, kept = 0;
    for (unsigned i = 0; i < p->file_count; i++)
        if (!has_ended(p->files[i].process))
            p->files[files++] = p->files[i];
    p->file_count = files;
    for (unsigned i = 0; i < p->attached_count; i++) {
        if (!has_ended(p->attached[i].process)) {
            p->attached[kept++] = p->attached[i];
            continue;
        }
        bpf_link__destroy(p->attached[i].link);
        free(p->attached[i].file);
    }
    p->attached_count = kept;
}

bool probes_get_attached(const struct probes *p, unsigned index, struct probes_attached *attached)
{
    if (index >= p->attached_count)
        return false;
    *attached = p->attached[index];
    return true;
}

/* ---- taking ---- */

void probes_drain(struct probes *p)
{
    if (p->ring)
        ring_buffer__consume(p->ring);
    else
        perf_buffer__consume(p->perf);
}

int probes_fd(const struct probes *p)
{
    return p->ring ? ring_buffer__epoll_fd(p->ring) : perf_buffer__epoll_fd(p->perf);
}

void probes_get_counts(const struct probes *p, struct timing_counts *counts)
{
    uint32_t first = 0;
    *counts = (struct timing_counts){0};
    bpf_map__lookup_elem(p->programs->maps.counts, &first, sizeof(first), counts, sizeof(*counts), 0);
    counts->lost += p->perf_lost;
}

bool probes_next_cell(const struct probes *p, const struct timing_cell_key *after,
                      struct timing_cell_key *key, struct timing_cell *cell)
{
    const struct bpf_map *cells = p->programs->maps.cells;
    struct timing_cell_key next;
    if (bpf_map__get_next_key(cells, after, &next, sizeof(next)) != 0)
        return false;
    *key = next;
    return bpf_map__lookup_elem(cells, key, sizeof(*key), cell, sizeof(*cell), 0) == 0;
}
