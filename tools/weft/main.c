/* SPDX-License-Identifier: BSD-3-Clause */
/* weft: looks at a fabric and operates it, by asking the daemons. */
#include <locale.h>
#include <stdio.h>

#include "tools/weft/command.h"
#include "tools/weft/command_help.h"

static enum exit_status run(struct invocation *invocation, int count, char **words)
{
    if (invocation->options->version) {
        printf("weft %s\n", WEFT_VERSION);
        return EXIT_DONE;
    }
    if (invocation->options->help && count == 0) {
        help_overview(stdout);
        return EXIT_DONE;
    }
    if (!command_parse(invocation, count, words))
        return EXIT_USAGE;
    if (invocation->options->help) {
        help_object(stdout, invocation->object);
        return EXIT_DONE;
    }
    return invocation->verb->run(invocation);
}

int main(int count, char **words)
{
    struct options options;
    struct invocation invocation = {.options = &options};
    setlocale(LC_CTYPE, "");
    count--;
    if (!options_take(&options, &count, words + 1))
        return EXIT_USAGE;
    enum exit_status status = run(&invocation, count, words + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("weft: standard output");
        return EXIT_USAGE;
    }
    return status;
}
