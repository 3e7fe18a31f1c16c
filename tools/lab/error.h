/* SPDX-License-Identifier: BSD-3-Clause */
/* Why something could not be done, in one line for people: on stderr when the lab starts, in the answer to a
 * request while it runs. */
#ifndef WEFT_LAB_ERROR_H
#define WEFT_LAB_ERROR_H

struct lab_error {
    char text[256];
};

/* Returns `status`, a negative errno, so that a function can end with it. */
__attribute__((format(printf, 3, 4))) int lab_error_set(struct lab_error *error, int status,
                                                        const char *format, ...);

#endif
