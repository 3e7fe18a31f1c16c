/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions with peers: hellos, liveness, death.
 *
 *     A                                            B
 *     HELLO      nonce a, slot ->
 *                                  <- HELLO_ACK  echo a, nonce cookie       (B keeps nothing yet)
 *     HELLO_ACK  echo cookie, nonce a, slot ->                              (A's address is proven: B adopts
 * A)
 *                                  <- HELLO_ACK  echo a, slot               (B's address is proven: A adopts
 * B)
 *
 * The cookie is a keyed hash of A's address and incarnation, so forged hellos cost B no memory and cannot end
 * a session. An incarnation that has changed is a restarted peer: what was in progress with the old one ends
 * as dead, and nothing of it can be taken for the new one's. So is a session whose generation has grown: the
 * peer has given the old one up because it did not hear us for too long.
 *
 * While something is awaited from a peer, silence of a quarter of the timeout is broken by probes, and at the
 * timeout it is dead. A peer that has never answered is not dead but not yet there: it is greeted at growing
 * intervals.
 */
#ifndef WEFT_TRANSPORT_SESSION_H
#define WEFT_TRANSPORT_SESSION_H

#include "dataplane/transport/packet_parse.h"
#include "dataplane/transport/state.h"

/* The peer with this address, or NULL. */
struct peer *session_find_peer(const struct transport *t, uint32_t address);
/* Finds or adds it; NULL when the table is full. */
struct peer *session_add_peer(struct transport *t, uint32_t address, uint32_t leaf);

/* The peer will be needed: greet it if there is no session. */
void session_greet(struct transport *t, struct peer *peer, nsec_t now);
/* One more message is awaited from, or by, the peer: greet it and watch that it lives, until `awaited` is
 * back at 0. */
void session_await(struct transport *t, struct peer *peer, nsec_t now);
bool session_owes_hello(const struct peer *peer, nsec_t now);
void session_write_hello(struct transport *t, struct peer *peer, struct outgoing_packet *packet, nsec_t now);

enum drop_reason session_on_hello(struct transport *t, const struct received_packet *packet,
                                  const struct packet_hello *hello, nsec_t now);
enum drop_reason session_on_hello_ack(struct transport *t, const struct received_packet *packet,
                                      const struct packet_hello *answer, nsec_t now);
/* The peer has answered nothing of a flight since its first timeout: it is dead when that has lasted as long
 * as it may, even if nothing is awaited from it. */
void session_on_unanswered(struct transport *t, struct peer *peer, nsec_t timed_out_at, nsec_t now);
void session_on_timer(struct transport *t, struct peer *peer, nsec_t now);

/* Queues an unnumbered answer; false when there is no room, and it is lost as the network might lose it. */
bool session_reply(struct transport *t, uint32_t destination, uint16_t source_port, const void *bytes,
                   uint16_t length);

#endif
