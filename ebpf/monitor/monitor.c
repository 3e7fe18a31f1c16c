/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/monitor.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/process/clock.h"
#include "ebpf/monitor/dataplane_voice.h"
#include "ebpf/monitor/privileges.h"

static void take_record(void *context, const struct timing_record *record)
{
    struct monitor *m = context;
    struct timing_record told = *record;
    if (!port_table_add(&m->ports, &told))
        return;
    m->kinds[told.kind]++;
    rank_table_take(&m->ranks, &told);
    hang_watch_take(m->hangs, &told, &m->ranks, clock_ns(CLOCK_MONOTONIC));
}

/* To the log, and to those who wait. */
static void tell(void *context, uint64_t communicator, const char *text)
{
    const struct monitor *m = context;
    const struct monitor_config *config = m->config;
    log_warning("communicator %#llx: %s", (unsigned long long)communicator, text);
    for (unsigned i = 0; i < config->dataplane_count; i++) {
        int told = dataplane_voice_tell(config->dataplanes[i], communicator, text);
        if (told < 0)
            log_info("%s: nobody could be told: %s", config->dataplanes[i], strerror(-told));
    }
}

static void tell_of_hang(void *context, const struct hang *hang)
{
    tell(context, hang->communicator, hang->text);
}

static void watch_for_hangs(struct monitor *m, uint64_t lost)
{
    if (lost > m->lost)
        hang_watch_on_loss(m->hangs, &m->ranks);
    m->lost = lost;
    hang_watch_tick(m->hangs, clock_ns(CLOCK_MONOTONIC));
}

void monitor_end_window(struct monitor *m)
{
    struct timing_counts counts;
    probes_get_counts(m->probes, &counts);
    watch_for_hangs(m, counts.lost);
    if (m->uplink)
        uplink_send(m->uplink, clock_ns(CLOCK_MONOTONIC), counts.lost);
}

static void attach_file(void *context, const struct mapped_file *file)
{
    struct monitor *m = context;
    unsigned count = probes_attach(m->probes, file);
    if (count > 0)
        log_info("listening to %s at %u places", file->name, count);
}

/* 0 or negative errno. */
static int attach_path(struct monitor *m, const char *path)
{
    if (access(path, R_OK) != 0)
        return -errno;
    const char *slash = strrchr(path, '/');
    const struct library *library = library_of_file(slash ? slash + 1 : path);
    attach_file(
        m, &(struct mapped_file){
               .name = path, .path = path, .library = library ? library : library_of_weft(), .process = -1});
    return 0;
}

void monitor_attach_known(struct monitor *m)
{
    static const char *const installed[] = {WEFT_INSTALLED_DATAPLANE, WEFT_INSTALLED_LIBRARY};
    const struct monitor_config *config = m->config;
    for (unsigned i = 0; !config->only_files && i < sizeof(installed) / sizeof(installed[0]); i++)
        attach_path(m, installed[i]);
    for (unsigned i = 0; i < config->file_count; i++) {
        int result = attach_path(m, config->files[i]);
        if (result != 0)
            log_warning("`files`: %s: %s", config->files[i], strerror(-result));
    }
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static void attach_listed(void *context, const struct mapped_file *file)
{
    const struct monitor *m = context;
    for (unsigned i = 0; i < m->config->file_count; i++)
        if (is_same_file(m->config->files[i], file->path))
            attach_file(context, file);
}

void monitor_scan(struct monitor *m)
{
    if (m->config->only_files && !probes_want_processes(m->probes))
        return;
    probes_forget_ended(m->probes);
    privileges_raise();
    process_scan("/proc", m->config->only_files ? attach_listed : attach_file, m);
    privileges_lower();
}

static int open_probes(struct monitor *m)
{
    const struct monitor_config *config = m->config;
    char error[PROBES_ERROR_BYTES];
    const char *missing;
    struct probes_config probes = {.leaf_prefix_bits = config->leaf_prefix_bits,
                                   .addresses = config->addresses,
                                   .address_count = config->address_count,
                                   .ring_bytes = config->ring_kib * 1024,
                                   .perf_buffer = config->perf_buffer,
                                   .take = take_record,
                                   .context = m};
    int result = probes_open(&probes, &m->probes, error);
    if (result != 0) {
        log_error("%s", error);
        return result;
    }
    for (unsigned i = 0; (missing = probes_missing(m->probes, i)) != NULL; i++)
        log_warning("this kernel lacks %s", missing);
    return 0;
}

static int open_hang_watch(struct monitor *m)
{
    struct hang_watch_config config = {.hang_ns = m->config->hang_ms * 1000000ull,
                                       .whole_communicators = m->config->sees_all_ranks,
                                       .tell = tell_of_hang,
                                       .context = m};
    m->hangs = hang_watch_create(&config);
    return m->hangs ? 0 : -ENOMEM;
}

static void start_uplink(struct monitor *m, struct event_base *base)
{
    struct uplink_config config = {.base = base,
                                   .config = m->config,
                                   .ports = &m->ports,
                                   .incarnation = m->incarnation,
                                   .tell = tell,
                                   .context = m};
    m->uplink = uplink_create(&config);
}

int monitor_open(struct monitor *m, struct event_base *base)
{
    m->started_at_ns = clock_ns(CLOCK_MONOTONIC);
    while (m->incarnation == 0)
        if (getrandom(&m->incarnation, sizeof(m->incarnation), 0) < 0)
            return -errno;
    port_table_init(&m->ports, m->config->records_max);
    int result = open_hang_watch(m);
    if (result == 0)
        result = open_probes(m);
    if (result == 0)
        start_uplink(m, base);
    return result;
}

void monitor_close(struct monitor *m)
{
    uplink_destroy(m->uplink);
    probes_close(m->probes);
    hang_watch_destroy(m->hangs);
    port_table_free(&m->ports);
}
