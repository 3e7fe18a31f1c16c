/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole switch, or one of its cables: whichever explains better what speaks against the switch. */
#ifndef WEFT_CONTROL_LOCALISER_PART_H
#define WEFT_CONTROL_LOCALISER_PART_H

#include "control/localiser/evidence.h"

/* What the component's flows say, good and bad, in the rounds in which `bad` looked bad: the likelihood that
 * tells the two apart. */
double part_sum_when_bad(const struct evidence *e, enum evidence_channel channel, uint32_t bad,
                         uint32_t component);
/* The same if the component's whole cable is faulty: no flow crosses both of its directions. */
double part_cable_sum(const struct evidence *e, enum evidence_channel channel, uint32_t bad,
                      uint32_t component);
/* The part of the switch that is to be blamed in its stead; what is no switch, or has no such part, itself.
 */
uint32_t part_prefer(const struct evidence *e, enum evidence_channel channel, uint32_t whole);
/* The part that may well be lossy in the switch's stead, though that is not sure enough: probes must tell.
 * Itself: there is none. */
uint32_t part_rival(const struct evidence *e, enum evidence_channel channel, uint32_t whole);
/* Whether much more of what crosses the component is lost than of all else, beyond chance: losses that are
 * the same everywhere are nobody's. */
bool part_loses_more(const struct evidence *e, uint32_t component);

/* How much slower (log) than their cohorts the flows over it are in the rounds in which it looks slow: the
 * median of all of them. */
double part_excess(const struct evidence *e, uint32_t component);
/* ... of those that lost no packet, if most have not; else 0. */
double part_excess_without_losses(const struct evidence *e, uint32_t component);

#endif
