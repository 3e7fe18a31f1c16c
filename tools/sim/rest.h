/* SPDX-License-Identifier: BSD-3-Clause */
/* When all work has ended, nothing of it may remain: no operation, no message, piece, credit or
 * unacknowledged packet in any transport, and nothing on the links but probes of paths that are held dead.
 * This is the one checker that looks inside the transport. */
#ifndef SIM_REST_H
#define SIM_REST_H

#include "tools/sim/simulation.h"

/* Complains of what is held; to be called some time after the last work ended. */
void rest_check(struct simulation *s);

#endif
