/* SPDX-License-Identifier: BSD-3-Clause */
/* What a monitor has found out about a communicator is passed on to those who wait in it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/daemon/session_request.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/process/log.h"

static bool has_open(const struct session *s, uint64_t identity)
{
    const struct session_communicator *c;
    SLIST_FOREACH(c, &s->communicators, link)
    if (c->identity == identity)
        return true;
    return false;
}

/* One line of printable text, whatever it was. */
static void clean(char text[SESSION_TEXT_BYTES])
{
    text[SESSION_TEXT_BYTES - 1] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

/* An application whose socket is full is not waited for. */
static unsigned tell_all(const struct session_server *server, uint64_t identity,
                         const struct session_reply *reply)
{
    unsigned told = 0;
    struct session *s;
    for (s = session_server_first(server); s; s = LIST_NEXT(s, link))
        if (s->state == SESSION_ATTACHED && has_open(s, identity))
            told += send(s->socket, reply, sizeof(*reply), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(*reply);
    return told;
}

void session_tell(struct session *s, const struct session_request *request,
                  const char text[SESSION_TEXT_BYTES])
{
    struct session_reply reply = {.kind = SESSION_TELL};
    if (s->peer.uid != 0 && s->peer.uid != geteuid()) {
        session_answer_error(s, -EPERM, "only root and the dataplane's user may tell applications anything");
        return;
    }
    memcpy(reply.text, text, sizeof(reply.text));
    clean(reply.text);
    unsigned told = tell_all(s->server, request->communicator, &reply);
    log_warning("communicator %#llx: %s (%u applications told)", (unsigned long long)request->communicator,
                reply.text, told);
    session_answer(s, &(struct session_answer){.value = told});
}
