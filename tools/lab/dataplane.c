/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/dataplane.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/lab/sandbox.h"

static const char ready_line[] = "weft-dataplane: ready on ";

enum {
    RECENT_BYTES = 4096
};

static int dataplane_write_config(const struct dataplane *dataplane, char *path, size_t size,
                                  struct lab_error *error)
{
    snprintf(path, size, SANDBOX_DIRECTORY "/%s.yaml", dataplane->host.name);
    FILE *file = fopen(path, "we");
    int status = file ? dataplane_config_write(dataplane->config, &dataplane->host, file) : -errno;
    if (file)
        fclose(file);
    return status ? lab_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}

static void dataplane_become(const struct dataplane *dataplane, const char *config_path, int output)
{
    sandbox_reset_signals();
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    int status = sandbox_enter_node(dataplane->node->fd);
    if (status == 0) {
        execl(dataplane->program, dataplane->program, config_path, NULL);
        status = -errno;
    }
    fprintf(stderr, "starting %s: %s\n", dataplane->program, strerror(-status));
    _exit(127);
}

static void dataplane_on_line(struct dataplane *dataplane, const char *line)
{
    if (dataplane->verbose)
        fprintf(stderr, "%s: %s\n", dataplane->host.name, line);
    evbuffer_add_printf(dataplane->recent, "%s: %s\n", dataplane->host.name, line);
    size_t length = evbuffer_get_length(dataplane->recent);
    if (length > RECENT_BYTES)
        evbuffer_drain(dataplane->recent, length - RECENT_BYTES);
    if (dataplane->state == DATAPLANE_STARTING && strncmp(line, ready_line, sizeof(ready_line) - 1) == 0) {
        dataplane->state = DATAPLANE_READY;
        dataplane->on_changed(dataplane, dataplane->context);
    }
}

static void dataplane_on_output(struct bufferevent *output, void *context)
{
    char *line;
    while ((line = evbuffer_readln(bufferevent_get_input(output), NULL, EVBUFFER_EOL_ANY))) {
        dataplane_on_line(context, line);
        free(line);
    }
}

static int dataplane_listen(struct dataplane *dataplane, int output)
{
    dataplane->recent = evbuffer_new();
    dataplane->output = bufferevent_socket_new(dataplane->events, output, BEV_OPT_CLOSE_ON_FREE);
    if (!dataplane->recent || !dataplane->output)
        return -ENOMEM;
    evutil_make_socket_nonblocking(output);
    bufferevent_setcb(dataplane->output, dataplane_on_output, NULL, NULL, dataplane);
    return bufferevent_enable(dataplane->output, EV_READ) < 0 ? -ENOMEM : 0;
}

int dataplane_start(struct dataplane *dataplane, struct lab_error *error)
{
    char config_path[96];
    int output[2];
    if (dataplane->state != DATAPLANE_STOPPED)
        return lab_error_set(error, -EALREADY, "the dataplane of %s runs already", dataplane->host.name);
    int status = dataplane_write_config(dataplane, config_path, sizeof(config_path), error);
    if (status)
        return status;
    if (pipe2(output, O_CLOEXEC) < 0)
        return lab_error_set(error, -errno, "pipe: %s", strerror(errno));
    dataplane->process = fork();
    if (dataplane->process == 0)
        dataplane_become(dataplane, config_path, output[1]);
    close(output[1]);
    status = dataplane->process < 0 ? -errno : dataplane_listen(dataplane, output[0]);
    if (status)
        return lab_error_set(error, status, "starting a dataplane: %s", strerror(-status));
    dataplane->state = DATAPLANE_STARTING;
    dataplane->end_is_wanted = false;
    return 0;
}

static int dataplane_signal(struct dataplane *dataplane, int signal, struct lab_error *error)
{
    if (dataplane->process <= 0)
        return lab_error_set(error, -ESRCH, "the dataplane of %s is not running", dataplane->host.name);
    return kill(dataplane->process, signal) == 0 ? 0 : lab_error_set(error, -errno, "%s", strerror(errno));
}

int dataplane_kill(struct dataplane *dataplane, struct lab_error *error)
{
    dataplane->end_is_wanted = true;
    return dataplane_signal(dataplane, SIGKILL, error);
}

int dataplane_pause(struct dataplane *dataplane, struct lab_error *error)
{
    return dataplane_signal(dataplane, SIGSTOP, error);
}

int dataplane_resume(struct dataplane *dataplane, struct lab_error *error)
{
    return dataplane_signal(dataplane, SIGCONT, error);
}

void dataplane_terminate(struct dataplane *dataplane)
{
    struct lab_error ignored;
    dataplane->end_is_wanted = true;
    dataplane_signal(dataplane, SIGTERM, &ignored);
    dataplane_signal(dataplane, SIGCONT, &ignored);
}

/* One that was asked to end before it was ready has nothing to tell: the reason to ask has been told. */
static bool dataplane_end_is_remarkable(const struct dataplane *dataplane, int wait_status)
{
    int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    if (!dataplane->end_is_wanted)
        return true;
    return dataplane->state == DATAPLANE_READY && wait_status != 0 && signal != SIGKILL && signal != SIGTERM;
}

static void dataplane_report_end(struct dataplane *dataplane, int wait_status)
{
    fprintf(stderr, "weft-lab: the dataplane of %s ended with %s %d; its last words:\n", dataplane->host.name,
            WIFSIGNALED(wait_status) ? "signal" : "status",
            WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
    size_t length = evbuffer_get_length(dataplane->recent);
    fwrite(evbuffer_pullup(dataplane->recent, -1), 1, length, stderr);
}

void dataplane_on_ended(struct dataplane *dataplane, int wait_status)
{
    evbuffer_read(bufferevent_get_input(dataplane->output), bufferevent_getfd(dataplane->output),
                  RECENT_BYTES);
    dataplane_on_output(dataplane->output, dataplane);
    if (dataplane_end_is_remarkable(dataplane, wait_status))
        dataplane_report_end(dataplane, wait_status);
    bufferevent_free(dataplane->output);
    evbuffer_free(dataplane->recent);
    dataplane->process = 0;
    dataplane->state = DATAPLANE_STOPPED;
    dataplane->on_changed(dataplane, dataplane->context);
}
