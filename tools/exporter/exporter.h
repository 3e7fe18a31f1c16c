/* SPDX-License-Identifier: BSD-3-Clause */
/* All sources of a configuration together: asks them, and writes what they have said as one page. */
#ifndef WEFT_TOOLS_EXPORTER_EXPORTER_H
#define WEFT_TOOLS_EXPORTER_EXPORTER_H

#include "tools/exporter/config.h"
#include "tools/exporter/metric_page.h"

struct event_base;
struct exporter;

/* 0, or negative errno with the reason logged. Keeps `config`. */
int exporter_create(const struct exporter_config *config, struct event_base *base,
                    struct exporter **exporter);
void exporter_destroy(struct exporter *exporter); /* NULL is allowed */

/* Called when no source is awaited any more. */
void exporter_on_settled(struct exporter *exporter, void (*on_settled)(void *context), void *context);
/* Asks the sources whose last answers are not fresh. True: some are awaited; on_settled is called then. */
bool exporter_look(struct exporter *exporter);
/* What is known. */
void exporter_write(struct exporter *exporter, enum metric_format format, struct text_buffer *text);

#endif
