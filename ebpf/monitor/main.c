/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-monitor: listens to the collectives of this host, and tells control how long they take. Starts
 * everything, waits for signals, ends everything. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <event2/event.h>

#include "dataplane/process/notify.h"
#include "ebpf/monitor/monitor.h"
#include "ebpf/monitor/print.h"
#include "ebpf/monitor/privileges.h"
#include "ebpf/monitor/report.h"
#include "ebpf/monitor/status_socket.h"

enum {
    DRAIN_MS = 20, /* a record waits no longer than this, and a window */
    PRINT_MS = 1000,
    EVENTS_MAX = 8
};

struct options {
    const char *config_file; /* NULL: defaults */
    bool check_only, print;
};

struct program {
    struct monitor monitor;
    struct options options;
    struct event_base *base;
    struct status_socket *status;
    struct event *events[EVENTS_MAX];
    unsigned event_count;
    int folder_watch; /* inotify */
};

/* ---- what happens ---- */

static void on_drain(evutil_socket_t unused, short events, void *context)
{
    struct program *p = context;
    (void)unused;
    (void)events;
    probes_drain(p->monitor.probes);
}

static void on_window(evutil_socket_t unused, short events, void *context)
{
    struct program *p = context;
    (void)unused;
    (void)events;
    monitor_end_window(&p->monitor);
}

static void on_scan(evutil_socket_t unused, short events, void *context)
{
    struct program *p = context;
    (void)unused;
    (void)events;
    monitor_scan(&p->monitor);
}

/* A socket has appeared, or gone: a daemon has started, perhaps another version. */
static void on_folder(evutil_socket_t watch, short events, void *context)
{
    char ignored[4096];
    while (read(watch, ignored, sizeof(ignored)) > 0)
        ;
    on_scan(watch, events, context);
}

static void on_print(evutil_socket_t unused, short events, void *context)
{
    struct program *p = context;
    (void)unused;
    (void)events;
    print_table(&p->monitor, stdout);
}

static void on_stop(evutil_socket_t signal, short events, void *context)
{
    struct program *p = context;
    (void)signal;
    (void)events;
    event_base_loopbreak(p->base);
}

static char *make_report(void *context)
{
    struct program *p = context;
    probes_drain(p->monitor.probes);
    return report_text(&p->monitor);
}

/* ---- start and stop ---- */

static int add_event(struct program *p, int fd, short what, event_callback_fn callback, unsigned interval_ms)
{
    struct timeval interval = {.tv_sec = interval_ms / 1000, .tv_usec = interval_ms % 1000 * 1000};
    struct event *event = event_new(p->base, fd, what | EV_PERSIST, callback, p);
    if (!event || event_add(event, interval_ms ? &interval : NULL) != 0)
        return -ENOMEM;
    p->events[p->event_count++] = event;
    return 0;
}

static int watch_folder(struct program *p)
{
    p->folder_watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (inotify_add_watch(p->folder_watch, p->monitor.config->runtime_folder, IN_CREATE | IN_DELETE) < 0) {
        log_info("%s cannot be watched (%s): later daemons are found within %u ms",
                 p->monitor.config->runtime_folder, strerror(errno), p->monitor.config->scan_ms);
        return 0;
    }
    return add_event(p, p->folder_watch, EV_READ, on_folder, 0);
}

static int add_events(struct program *p)
{
    const struct monitor_config *config = p->monitor.config;
    int result = add_event(p, SIGTERM, EV_SIGNAL, on_stop, 0);
    if (result == 0)
        result = add_event(p, SIGINT, EV_SIGNAL, on_stop, 0);
    if (result == 0)
        result = add_event(p, probes_fd(p->monitor.probes), EV_READ, on_drain, 0);
    if (result == 0)
        result = add_event(p, -1, 0, on_drain, DRAIN_MS);
    if (result == 0)
        result = add_event(p, -1, 0, on_window, config->window_ms);
    if (result == 0)
        result = add_event(p, -1, 0, on_scan, config->scan_ms);
    if (result == 0 && p->options.print)
        result = add_event(p, -1, 0, on_print, PRINT_MS);
    return result == 0 ? watch_folder(p) : result;
}

static int open_status(struct program *p)
{
    char error[UNIX_LISTENER_ERROR_BYTES];
    struct status_socket_config config = {.base = p->base,
                                          .path = p->monitor.config->socket,
                                          .group = p->monitor.config->group,
                                          .make_report = make_report,
                                          .context = p};
    int result = status_socket_create(&config, &p->status, error);
    if (result != 0)
        log_error("%s", error);
    return result;
}

static int start(struct program *p)
{
    p->base = event_base_new();
    int result = p->base ? monitor_open(&p->monitor, p->base) : -ENOMEM;
    if (result == 0)
        result = open_status(p);
    if (result == 0)
        result = add_events(p);
    if (result != 0)
        return result;
    monitor_attach_known(&p->monitor);
    int dropped = privileges_drop();
    if (dropped != 0)
        log_warning("capabilities cannot be dropped: %s", strerror(-dropped));
    on_scan(-1, 0, p);
    return 0;
}

static void stop(struct program *p)
{
    for (unsigned i = 0; i < p->event_count; i++)
        event_free(p->events[i]);
    if (p->folder_watch > 0)
        close(p->folder_watch);
    status_socket_destroy(p->status);
    monitor_close(&p->monitor);
    if (p->base)
        event_base_free(p->base);
}

static int run(struct program *p)
{
    int result = start(p);
    if (result == 0) {
        log_ready(p->monitor.config->socket);
        notify_service_manager("READY=1");
        event_base_dispatch(p->base);
        notify_service_manager("STOPPING=1");
        if (p->options.print)
            on_print(-1, 0, p);
    }
    stop(p);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void)
{
    fprintf(stderr, "usage: weft-monitor [CONFIG.yaml] [--print] [--check-config]\n");
    return EXIT_FAILURE;
}

static bool read_options(char **arguments, struct options *options)
{
    for (char **argument = arguments + 1; *argument; argument++) {
        if (strcmp(*argument, "--check-config") == 0)
            options->check_only = true;
        else if (strcmp(*argument, "--print") == 0)
            options->print = true;
        else if (**argument == '-' || options->config_file)
            return false;
        else
            options->config_file = *argument;
    }
    return true;
}

int main(int argument_count, char **arguments)
{
    static struct program program;
    char error[YAML_ERROR_BYTES];
    (void)argument_count;
    if (!read_options(arguments, &program.options))
        return usage();
    if (monitor_config_load(program.options.config_file, &program.monitor.config, error) != 0) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    log_set_level(program.monitor.config->log);
    int status = program.options.check_only ? EXIT_SUCCESS : run(&program);
    monitor_config_free(program.monitor.config);
    return status;
}
