/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of accusation.h share. */
#ifndef WEFT_CONTROL_LOCALISER_ACCUSATION_PARTS_H
#define WEFT_CONTROL_LOCALISER_ACCUSATION_PARTS_H

#include "control/localiser/accusation.h"

/* Queues the verdict in this state, unless that has been told. */
void accusation_tell(struct accusations *a, struct accusation *x, enum verdict_state state, uint64_t now_ns);
/* Its components are accused, or no longer; what others are accused of stays so. */
void accusation_mark_all(struct accusations *a, const struct suspicion *s, bool accused);
/* Ends it, and forgets what is held against its components. */
void accusation_release(struct accusations *a, struct accusation *x);
/* The same, after what was told has been taken back. */
void accusation_withdraw(struct accusations *a, struct accusation *x, uint64_t now_ns);

/* Its own word, or that of two hosts, is enough; one host's about others is not. */
bool accusation_is_corroborated(const struct suspicion *s);
/* False: there are none that would help. */
bool accusation_ask_probes(struct accusations *a, struct accusation *x, uint64_t now_ns);
/* Its probes are on their way. */
void accusation_shadow_probes(struct accusations *a, const struct accusation *x);
/* Told if it can be. What one host alone says of others, and no probe bears out, is forgotten. */
void accusation_settle(struct accusations *a, struct accusation *x, bool convicted, uint64_t now_ns);

#endif
