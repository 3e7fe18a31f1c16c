/* SPDX-License-Identifier: BSD-3-Clause */
#include "ebpf/monitor/print.h"

#include <inttypes.h>

#include "dataplane/formats/address.h"
#include "ebpf/monitor/stage_rows.h"

enum {
    TEXT_BYTES = 24
};

static const char *time_text(uint64_t ns, char text[TEXT_BYTES])
{
    if (ns == UINT64_MAX)
        snprintf(text, TEXT_BYTES, "> 8 s");
    else if (ns < 1000000)
        snprintf(text, TEXT_BYTES, "%.0f us", (double)ns / 1e3);
    else if (ns < 1000000000)
        snprintf(text, TEXT_BYTES, "%.1f ms", (double)ns / 1e6);
    else
        snprintf(text, TEXT_BYTES, "%.2f s", (double)ns / 1e9);
    return text;
}

static const char *path_text(uint16_t path, char text[TEXT_BYTES])
{
    snprintf(text, TEXT_BYTES, path == TIMING_PATH_NONE ? "-" : "%u", path);
    return text;
}

static void print_row(const struct stage_row *r, FILE *out)
{
    char address[ADDRESS_TEXT_BYTES], leaf[ADDRESS_TEXT_BYTES], path[TEXT_BYTES], mean[TEXT_BYTES],
        median[TEXT_BYTES], late[TEXT_BYTES];
    fprintf(out, "%-15s %-15s %4s  %-8s %9" PRIu64 " %10s %10s %10s", address_text(r->address, address),
            address_text(r->peer_leaf, leaf), path_text(r->path, path), stage_row_name(r), r->count,
            time_text(r->count ? r->histogram.sum_ns / r->count : 0, mean),
            time_text(stage_row_quantile_ns(r, 50), median), time_text(stage_row_quantile_ns(r, 99), late));
    if (r->stage == STAGE_NETWORK)
        fprintf(out, " %10.1f %9" PRIu64 " %9" PRIu64, (double)r->bytes / (1 << 20), r->retransmits,
                r->marks);
    fprintf(out, "\n");
}

void print_table(const struct monitor *m, FILE *out)
{
    struct stage_rows rows = {0};
    struct timing_cell_key key;
    struct timing_cell cell;
    struct timing_counts counts;
    for (bool more = probes_next_cell(m->probes, NULL, &key, &cell); more;
         more = probes_next_cell(m->probes, &key, &key, &cell))
        stage_rows_add(&rows, &key, &cell);
    stage_rows_sort(&rows);
    probes_get_counts(m->probes, &counts);
    fprintf(out, "%-15s %-15s %4s  %-8s %9s %10s %10s %10s %10s %9s %9s\n", "port", "leaf", "path", "stage",
            "messages", "mean", "p50 <=", "p99 <=", "MiB", "again", "marked");
    for (unsigned i = 0; i < rows.count; i++)
        print_row(&rows.rows[i], out);
    fprintf(out,
            "%" PRIu64 " records, %" PRIu64 " lost; %" PRIu64 " operations entered, %" PRIu64 " ended\n\n",
            counts.taken, counts.lost, m->kinds[TIMING_ENTERED], m->kinds[TIMING_ENDED]);
    fflush(out);
    stage_rows_free(&rows);
}
