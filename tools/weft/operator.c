/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *operator_name(char name[OPERATOR_BYTES])
{
    const char *before_sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *user = getpwuid(getuid());
    if (before_sudo)
        snprintf(name, OPERATOR_BYTES, "%s", before_sudo);
    else if (user)
        snprintf(name, OPERATOR_BYTES, "%s", user->pw_name);
    else
        snprintf(name, OPERATOR_BYTES, "uid %u", getuid());
    return name;
}
