/* SPDX-License-Identifier: BSD-3-Clause */
/* What a metric is, and the labels of a sample. Label names are ours; values may come from anywhere. */
#ifndef WEFT_TOOLS_EXPORTER_METRIC_H
#define WEFT_TOOLS_EXPORTER_METRIC_H

#include <stdint.h>

enum metric_kind {
    METRIC_GAUGE,
    METRIC_COUNTER,   /* its name ends with _total */
    METRIC_HISTOGRAM, /* a unit ends its name: bounds are in that unit */
    METRIC_INFO       /* its name ends with _info; its samples are 1 */
};

struct metric {
    const char *name;
    enum metric_kind kind;
    const char *help; /* one line without backslashes or quotes */
};

enum {
    LABEL_VALUE_BYTES_MAX = 128, /* longer ones are cut */
    LABELS_BYTES = 1024
};

/* `leaf="leaf0",spine="spine1"`, escaped; "" for none. */
struct metric_labels {
    char text[LABELS_BYTES];
    unsigned bytes;
};

void metric_labels_clear(struct metric_labels *labels);
/* One without a value ("" or NULL) is left out, which means the same to Prometheus; one that finds no room
 * too. */
void metric_labels_add(struct metric_labels *labels, const char *name, const char *value);

/* Shortest decimal text that reads back as the same number; "NaN", "+Inf", "-Inf". Returns `text`. */
enum {
    METRIC_VALUE_BYTES = 32
};
char *metric_value_text(double value, char text[METRIC_VALUE_BYTES]);

/* Observations below each bound, counted since the exporter started. */
enum {
    HISTOGRAM_BOUNDS_MAX = 24
};
struct metric_histogram {
    const double *bounds; /* ascending; +Inf is not among them */
    unsigned bound_count;
    uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1]; /* of each bucket alone */
    double sum;
};
void metric_histogram_observe(struct metric_histogram *histogram, double value);

#endif
