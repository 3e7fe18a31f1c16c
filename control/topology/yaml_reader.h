/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads YAML strictly and in one pass, so that every error names line and column, and a hostile file costs no
 * more than its length: no anchors, aliases, tags or second documents, no structure but the one that is asked
 * for, and no key twice.
 *
 * All functions return 0, or -EINVAL or -ENOMEM with the reader's `error` set. */
#ifndef WEFT_TOPOLOGY_YAML_READER_H
#define WEFT_TOPOLOGY_YAML_READER_H

#include <stdbool.h>
#include <yaml.h>

#include "control/topology/error.h"

struct yaml_reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the next, not yet taken */
    const char *file;
    struct topology_error *error;
};

/* Begins with the first value. `text` and `file` must outlive the reader. */
int yaml_reader_open(struct yaml_reader *reader, const char *file, const char *text, size_t length,
                     struct topology_error *error);
/* Nothing may follow the value that was read. */
int yaml_reader_expect_end(struct yaml_reader *reader);
void yaml_reader_close(struct yaml_reader *reader);

/* Where the next value begins. */
struct topology_position yaml_reader_position(const struct yaml_reader *reader);

/* A key of a mapping whose keys are known. */
struct yaml_key {
    const char *name; /* NULL: the end of the list */
    int (*read)(struct yaml_reader *reader, void *context);
    bool required;
};

/* A mapping with these keys (at most 32), in any order. `what` says in errors what was wanted: "a node". */
int yaml_reader_record(struct yaml_reader *reader, const char *what, const struct yaml_key *keys,
                       void *context);

/* A mapping with any keys: each is given to `read`, which reads the value. Keys are not compared. */
int yaml_reader_entries(struct yaml_reader *reader, const char *what,
                        int (*read)(struct yaml_reader *reader, const char *key, struct topology_position at,
                                    void *context),
                        void *context);

int yaml_reader_list(struct yaml_reader *reader, const char *what,
                     int (*read)(struct yaml_reader *reader, void *context), void *context);

/* A text that fits in `bytes` with its zero. */
int yaml_reader_text(struct yaml_reader *reader, const char *what, char *text, size_t bytes);

#endif
