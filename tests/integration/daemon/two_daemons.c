/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/daemon/two_daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 10000
};

static void write_config(struct daemon_process *p, const struct two_daemons_config *config, const char *name)
{
    snprintf(p->socket, sizeof(p->socket), "/run/%s.sock", name);
    snprintf(p->config, sizeof(p->config), "/run/%s.yaml", name);
    FILE *file = fopen(p->config, "w");
    if (!file)
        abort();
    fprintf(file,
            "socket: %s\ntelemetry_prefix: weft-test-%s\ngroup: root\nidle: sleep\n"
            "ports: [{device: \"%s\", rate: 2G}]\n%s\n",
            p->socket, name, config->device, config->extra);
    fclose(file);
}

/* In the child: it dies with the test, whatever happens. */
static void become_daemon(const struct daemon_process *p, const char *program, int log)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDERR_FILENO);
    two_hosts_enter(p->network);
    execl(program, program, p->config, NULL);
    perror(program);
    _exit(127);
}

bool daemon_process_start(struct daemon_process *p, const char *program)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return false;
    fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20); /* nobody reads the log meanwhile */
    p->process = fork();
    if (p->process == 0)
        become_daemon(p, program, pipes[1]);
    close(pipes[1]);
    p->log = pipes[0];
    return p->process > 0 && daemon_process_wait_line(p, "ready on");
}

static bool read_line(int log, char line[TWO_DAEMONS_LINE_BYTES])
{
    struct pollfd wait = {.fd = log, .events = POLLIN};
    size_t length = 0;
    while (length < TWO_DAEMONS_LINE_BYTES - 1) {
        if (poll(&wait, 1, PATIENCE_MS) != 1 || read(log, &line[length], 1) != 1)
            return false;
        if (line[length++] == '\n')
            break;
    }
    line[length] = '\0';
    return true;
}

bool daemon_process_wait_line(struct daemon_process *p, const char *text)
{
    char line[TWO_DAEMONS_LINE_BYTES];
    while (read_line(p->log, line)) {
        fprintf(stderr, "  %s", line);
        if (strstr(line, text))
            return true;
    }
    return false;
}

static bool wait_for_end(pid_t process)
{
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    struct pollfd wait = {.fd = handle, .events = POLLIN};
    bool ended = poll(&wait, 1, PATIENCE_MS) == 1;
    close(handle);
    return ended;
}

int daemon_process_stop(struct daemon_process *p)
{
    int status = -1;
    if (p->process <= 0)
        return -1;
    kill(p->process, SIGTERM);
    bool ended = wait_for_end(p->process);
    if (!ended)
        kill(p->process, SIGKILL);
    waitpid(p->process, &status, 0);
    close(p->log);
    p->process = 0;
    return ended ? status : -1;
}

int two_daemons_start(struct two_daemons *d, const struct two_daemons_config *config)
{
    memset(d, 0, sizeof(*d));
    int result = two_hosts_build(&d->hosts);
    if (result != 0)
        return result;
    d->a.network = d->hosts.a;
    d->b.network = d->hosts.b;
    write_config(&d->a, config, "a");
    write_config(&d->b, config, "b");
    if (!daemon_process_start(&d->a, config->program) || !daemon_process_start(&d->b, config->program))
        return -EIO;
    return 0;
}

const char *daemon_test_program, *daemon_test_device;

int daemon_test_arguments(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s WEFT-DATAPLANE DEVICE\n", arguments[0]);
        return EXIT_FAILURE;
    }
    if (geteuid() != 0) {
        fprintf(stderr, "skipped: it takes root to make network namespaces\n");
        return 77;
    }
    daemon_test_program = arguments[1];
    daemon_test_device = arguments[2];
    return 0;
}
