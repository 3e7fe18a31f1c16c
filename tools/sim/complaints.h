/* SPDX-License-Identifier: BSD-3-Clause */
/* What the checkers have found wrong in one simulation. */
#ifndef SIM_COMPLAINTS_H
#define SIM_COMPLAINTS_H

#include "dataplane/transport/transport.h"

enum {
    COMPLAINTS_KEPT = 8,
    COMPLAINT_BYTES = 240
};

/* Which promise was broken. */
enum complaint_kind {
    COMPLAINT_TWICE,      /* a byte was delivered twice */
    COMPLAINT_CONTENT,    /* what was delivered is not what was sent there */
    COMPLAINT_PLACE,      /* outside the message, or of no message in progress */
    COMPLAINT_MISSING,    /* said to be complete, and is not */
    COMPLAINT_OUTCOME,    /* ended twice, or failed though nothing that it may fail for happened */
    COMPLAINT_UNFINISHED, /* not ended within its time */
    COMPLAINT_GROWTH,     /* a queue beyond its bound */
    COMPLAINT_REST,       /* something still held when all work has ended */
    COMPLAINT_KINDS
};

struct complaints {
    unsigned count;
    unsigned of_kind[COMPLAINT_KINDS];
    char text[COMPLAINTS_KEPT][COMPLAINT_BYTES]; /* of the first */
};

void complain(struct complaints *c, nsec_t now, enum complaint_kind kind, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *complaint_kind_name(enum complaint_kind kind);

#endif
