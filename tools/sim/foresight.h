/* SPDX-License-Identifier: BSD-3-Clause */
/* What the next events will need, fetched while others happen: packets, links and hosts of a large fabric lie
 * anywhere in memory. Changes nothing but the time that a run takes. */
#ifndef SIM_FORESIGHT_H
#define SIM_FORESIGHT_H

struct simulation;

/* To be called once for every event. */
void foresight_look_ahead(struct simulation *s);

#endif
