/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a link, from the queue pair that the main thread hands over to the one that it takes back. */
#include <errno.h>
#include <string.h>

#include "dataplane/daemon/carrier_state.h"

void carrier_fail_link(struct carrier *c, struct link *link, const char *reason, nsec_t now)
{
    if (link->verbs == NULL || link->down)
        return;
    verbs_link_break(link->verbs);
    carrier_empty_queue(c, link);
    link->ready = link->asked = false;
    link->down = true;
    link->told_down = false;
    link->reason = reason;
    carrier_add_news(c, link);
    transport_on_path_failed(c->config.transport, link->name.address, link->name.path, now);
}

void carrier_break_link(struct carrier *c, const struct link_name *name, nsec_t now)
{
    struct link *link = carrier_find_link(c, name);
    if (link != NULL)
        carrier_fail_link(c, link, "the other end has been replaced, or its path has another source port",
                          now);
}

int carrier_take_link(struct carrier *c, const struct link_name *name, struct verbs_link *verbs, bool ready)
{
    struct link *link = carrier_find_or_add_link(c, name);
    if (link == NULL)
        return -ENOSPC;
    if (link->down || (link->verbs != NULL && link->verbs != verbs) ||
        (link->verbs == NULL && link->held > 0))
        return -EBUSY;
    if (link->verbs == NULL) {
        verbs_link_begin(verbs, link);
        link->verbs = verbs;
        link->heard = false;
    }
    link->ready = ready;
    if (ready)
        link->asked = false;
    carrier_post_waiting(c, link);
    return 0;
}

static void answer_close(struct carrier *c, struct link *link)
{
    struct received_packet packet = {.source = link->name.address,
                                     .source_port = link->source_port,
                                     .bytes = (const uint8_t *)&link->close,
                                     .length = sizeof(link->close)};
    bool answers = link->asked_to_close && link->held == 0;
    link->asked_to_close = false;
    if (!answers)
        return; /* it comes again */
    c->receiver.receive(c->receiver.context, &packet);
}

void carrier_end_link(struct carrier *c, const struct link_name *name, nsec_t now)
{
    struct link *link = carrier_find_link(c, name);
    if (link == NULL || !link->down)
        return;
    while (carrier_poll(c, now) > 0)
        ;
    verbs_link_end(link->verbs);
    link->verbs = NULL;
    link->down = false;
    answer_close(c, link);
    if (link->first < link->end)
        carrier_ask_for_queue_pair(c, link);
}

/* A close of what came before this queue pair, or before what came on it. */
static bool is_of_before(const struct link *link, uint16_t generation)
{
    int16_t ahead = (int16_t)(link->generation - generation);
    return link->heard_ever && ahead >= (link->heard ? 1 : 0);
}

/* The question comes more than once, and may come late: a queue pair that was made since is not meant. Were
 * it given up, the peer would have to close that channel too, and so on for as long as questions come late.
 */
static bool was_asked_before(const struct link *link, const struct packet_header *close)
{
    const struct packet_header *last = &link->close;
    return last->incarnation == close->incarnation && last->session_generation == close->session_generation &&
           (int16_t)(last->generation - close->generation) >= 0;
}

/* A peer that closes a channel has given its queue pair up. What had arrived on ours is taken first, for the
 * answer says what that was: the question is passed on when the queue pair is gone. */
bool carrier_sees_datagram(struct carrier *c, uint32_t source, const uint8_t *bytes, unsigned length,
                           nsec_t now)
{
    struct packet_header header;
    if (length < sizeof(header))
        return false;
    memcpy(&header, bytes, sizeof(header));
    if (header.type != PACKET_CLOSE || !transport_is_of_session(c->config.transport, source, &header))
        return false;
    struct link *link = carrier_find_link(c, &(struct link_name){.address = source, .path = header.path});
    if (link == NULL)
        return false;
    carrier_receive_held(c);
    if (memcmp(&link->close, &header, sizeof(header)) == 0)
        return true; /* another copy, whose answer has as many */
    bool again = was_asked_before(link, &header);
    if (!again || header.generation == link->close.generation)
        link->close = header;
    if (link->verbs != NULL && !link->down && (again || is_of_before(link, header.generation)))
        return false;
    if (link->verbs == NULL)
        return link->held > 0;
    link->asked_to_close = true;
    carrier_fail_link(c, link, "the peer has closed the channel", now);
    return true;
}
