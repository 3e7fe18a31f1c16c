/* SPDX-License-Identifier: BSD-3-Clause */
/* Any bytes at all as the timing records that a process hands to weft-monitor, and as lines of
 * /proc/PID/maps: refused and counted, or kept; nothing grows beyond its bound, and what is told is one line
 * of text. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ebpf/monitor/hang_watch.h"
#include "ebpf/monitor/port_table.h"
#include "ebpf/monitor/process_scan.h"
#include "tests/fuzz/fuzz.h"

enum {
    RECORDS_KEPT = 16
};

static struct port_table ports;
static struct rank_table ranks;

static void check_line(void *context, const struct hang *hang)
{
    (void)context;
    assert(memchr(hang->text, '\0', HANG_TEXT_BYTES) != NULL && strchr(hang->text, '\n') == NULL);
    assert(hang->rank_count <= STAGE_GATE_RANKS_MAX);
}

static void take(struct hang_watch *hangs, const uint8_t *bytes, uint64_t now_ns)
{
    struct timing_record record;
    memcpy(&record, bytes, sizeof(record));
    uint64_t refused = ports.refused;
    if (!port_table_add(&ports, &record)) {
        assert(ports.refused == refused + 1);
        return;
    }
    rank_table_take(&ranks, &record);
    hang_watch_take(hangs, &record, &ranks, now_ns);
    if (record.reserved == 0 && record.pieces == 0xffff)
        hang_watch_on_loss(hangs, &ranks);
    hang_watch_tick(hangs, now_ns);
}

static void check_bounds(const struct hang_watch *hangs)
{
    assert(ports.count <= TIMING_ADDRESSES_MAX);
    for (unsigned i = 0; i < ports.count; i++)
        assert(ports.outboxes[i].next - ports.outboxes[i].first <= RECORDS_KEPT);
    assert(hang_watch_get(hangs, HANGS_MAX) == NULL);
}

static void read_as_line(const uint8_t *bytes, size_t length)
{
    char *line = malloc(length + 1); /* of its own, so that reading beyond it is seen */
    struct mapped_file file;
    assert(line != NULL);
    memcpy(line, bytes, length);
    line[length] = '\0';
    if (process_scan_line(line, &file))
        assert(file.name[0] == '/' && file.name >= line && file.name <= line + length);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct hang_watch_config config = {
        .hang_ns = 1000, .whole_communicators = length % 2, .tell = check_line};
    struct hang_watch *hangs = hang_watch_create(&config);
    uint64_t now_ns = 1;
    assert(hangs != NULL);
    port_table_init(&ports, RECORDS_KEPT);
    memset(&ranks, 0, sizeof(ranks));
    read_as_line(bytes, length);
    for (size_t at = 0; at + sizeof(struct timing_record) <= length; at += sizeof(struct timing_record))
        take(hangs, bytes + at, now_ns += 700);
    check_bounds(hangs);
    hang_watch_destroy(hangs);
    port_table_free(&ports);
    return 0;
}
