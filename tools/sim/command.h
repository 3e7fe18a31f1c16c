/* SPDX-License-Identifier: BSD-3-Clause */
/* The verbs of weft-sim. Each takes the arguments after its name and returns the exit code: 0 good, 1 bad
 * usage or input, 2 something was found wrong. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

int command_run(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_results(int argc, char **argv);
int command_swarm(int argc, char **argv);

#endif
