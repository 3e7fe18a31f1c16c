/* SPDX-License-Identifier: BSD-3-Clause */
/* Which paths live, and what happens to what was on one that died.
 *
 * A path is dead when it was suspected and did not answer (suspicion.h). Where there are no witnesses for
 * that, it is dead when two flights in a row timed out on it although the peer was heard over another path
 * after each was sent: silence everywhere is the peer's, not the path's, and a peer that wakes up answers the
 * second flight. Siblings without traffic are probed for the evidence. Then what was not yet sent moves to
 * the survivors at once, and a *close* asks the peer, over a survivor, which of the packets in flight it has;
 * it promises to take no more. Only the rest is sent again, so every byte still counts once. The dead path is
 * probed at growing intervals, for ever, and lives again after three clean answers. One that dies for the
 * first time in a while is tried again at once, until a probe goes unanswered for two timeouts: a false alarm
 * costs little. The last live path of a peer never dies: there is nothing to move to.
 */
#ifndef WEFT_TRANSPORT_PATH_HEALTH_H
#define WEFT_TRANSPORT_PATH_HEALTH_H

#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/state.h"

/* What was sent on the channel at `flight_sent_at` has timed out. */
void path_health_on_timeout(struct transport *t, struct channel *ch, nsec_t flight_sent_at, nsec_t now);
/* The peer says what it had received of a channel when it closed it. */
enum drop_reason path_health_on_closed(struct transport *t, struct channel *ch,
                                       const struct packet_ack *closed, nsec_t now);
enum drop_reason path_health_on_probe_reply(struct transport *t, struct channel *ch, uint64_t token,
                                            nsec_t now);
/* The path (path_count of the peer is above it) is reached by this source port from now on; 0: it is gone
 * (the last live one stays as it is). */
void path_health_set_port(struct transport *t, struct peer *peer, unsigned path, uint16_t source_port,
                          nsec_t now);

/* A probe is about to be sent with ch->probe_token; the one before it, if it is still out, went unanswered.
 */
void path_health_begin_probe(struct transport *t, struct channel *ch, nsec_t now);
/* A NIC has given up what was sent on a live channel. Beside others the path dies; the only one is closed,
 * opens again, and carries what the peer did not get. */
void path_health_on_given_up(struct transport *t, struct channel *ch, nsec_t now);
/* The path has failed: what is on it moves to others. */
void path_health_die(struct transport *t, struct channel *ch, nsec_t now);

/* The paths that may be used for something new, a bit each: those that live, that are not suspected and that
 * the plan does not want left alone, as far as there are such. */
uint64_t path_health_usable(const struct transport *t, uint16_t peer);
/* The same, or all paths while none lives: what is new waits there. Never empty. */
uint64_t path_health_splittable(const struct transport *t, uint16_t peer);
/* The channel on the next usable path of the peer in turn, or NULL when it has none. */
struct channel *path_health_next_alive(struct transport *t, struct peer *peer);
/* The next usable channel in turn that is open already, or NULL. */
struct channel *path_health_next_open(struct transport *t, struct peer *peer);
/* The source port of the next path in turn that exists, dead or alive: what is asked again and again must not
 * depend on what is believed of the paths, since both ends may be wrong. */
uint16_t path_health_next_known_port(struct transport *t, struct peer *peer);
/* The source port of the next usable path in turn, or 0. */
uint16_t path_health_next_alive_port(struct transport *t, struct peer *peer);

#endif
