/* SPDX-License-Identifier: BSD-3-Clause */
/* How an idle worker sleeps. The sockets of AF_XDP and AF_PACKET are readable as long as a frame lies in
 * their ring, so a frame that arrives between the last port_receive() and the sleep ends the sleep at once.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

#include "nic/port_state.h"

enum {
    WAIT_STEP_MIN_NS = 20000,
    WAIT_STEP_MAX_NS = 200000
};

static uint64_t next_step(struct port *port, uint64_t timeout_ns)
{
    uint64_t step_ns = port->wait_step_ns > 0 ? port->wait_step_ns : WAIT_STEP_MIN_NS;
    port->wait_step_ns = step_ns * 2 < WAIT_STEP_MAX_NS ? step_ns * 2 : WAIT_STEP_MAX_NS;
    return step_ns < timeout_ns ? step_ns : timeout_ns;
}

/* A descriptor of -1 is passed over by ppoll(). */
static void sleep_on(struct pollfd fds[2], uint64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000u),
                               .tv_nsec = (long)(timeout_ns % 1000000000u)};
    if (ppoll(fds, 2, timeout_ns == UINT64_MAX ? NULL : &timeout, NULL) <= 0)
        fds[0].revents = fds[1].revents = 0;
}

/* Takes the socket's pending error (the interface went down): it would end every sleep at once. */
static void clear_error(int fd)
{
    int error;
    socklen_t length = sizeof(error);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}

void port_wait(struct port *port, int doorbell_fd, uint64_t timeout_ns)
{
    struct pollfd fds[2] = {
        {.fd = port->device.wait_fd, .events = POLLIN},
        {.fd = doorbell_fd, .events = POLLIN},
    };
    bool blind = fds[0].fd < 0;
    sleep_on(fds, blind ? next_step(port, timeout_ns) : timeout_ns);
    if (fds[0].revents & ~POLLIN) {
        clear_error(fds[0].fd);
        fds[0].fd = -1;
        sleep_on(fds, next_step(port, timeout_ns));
    }
}
