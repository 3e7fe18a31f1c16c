/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks for something that is kept with a name. */
#ifndef WEFT_TOOLS_WEFT_OPERATOR_H
#define WEFT_TOOLS_WEFT_OPERATOR_H

enum {
    OPERATOR_BYTES = 48
};

/* The user's login name, that from before sudo if there was one; "uid 1000" where there is no name. */
char *operator_name(char name[OPERATOR_BYTES]);

#endif
