/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-exporter: metrics of weft for Prometheus. One beside control has the fabric, one on each host its
 * dataplane and monitor; which, its configuration says. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "dataplane/process/arguments.h"
#include "dataplane/process/notify.h"
#include "dataplane/process/tcp_listener.h"
#include "tools/exporter/web_server.h"

enum {
    SIGNALS = 3
};

struct program {
    const char *file;
    struct exporter_config *config;
    struct event_base *base;
    struct event *signals[SIGNALS];
    struct exporter *exporter;
    struct web_server *server;
};

static void on_stop(evutil_socket_t signal, short events, void *context)
{
    struct program *p = context;
    (void)signal;
    (void)events;
    event_base_loopbreak(p->base);
}

static void on_reload(evutil_socket_t signal, short events, void *context)
{
    struct program *p = context;
    struct exporter_config *wanted = NULL;
    struct web_config *web;
    char error[YAML_ERROR_BYTES];
    (void)signal;
    (void)events;
    if (exporter_config_load(p->file, &wanted, error) != 0 ||
        web_config_load(wanted->web_config, &web, error) != 0) {
        log_error("%s; the old configuration stays", error);
        exporter_config_free(wanted);
        return;
    }
    web_server_replace_users(p->server, web);
    log_set_level(wanted->log);
    log_info("`log` and the users are now as in %s; for all else restart weft-exporter", p->file);
    exporter_config_free(wanted);
}

static bool watch_signals(struct program *p)
{
    p->signals[0] = evsignal_new(p->base, SIGTERM, on_stop, p);
    p->signals[1] = evsignal_new(p->base, SIGINT, on_stop, p);
    p->signals[2] = evsignal_new(p->base, SIGHUP, on_reload, p);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (p->signals[i] == NULL || event_add(p->signals[i], NULL) != 0)
            return false;
    return true;
}

static bool open_server(struct program *p, struct web_config *web)
{
    char error[HTTP_SERVER_ERROR_BYTES];
    int socket = tcp_listener_open(p->config->listen);
    if (socket < 0) {
        log_error("%s: %s: another process may listen there; `listen` names another place", p->config->listen,
                  strerror(-socket));
        web_config_free(web);
        return false;
    }
    const struct web_server_config config = {p->base, socket, p->exporter, web};
    if (web_server_create(&config, &p->server, error) == 0)
        return true;
    log_error("%s", error);
    return false;
}

static bool start(struct program *p, struct web_config *web)
{
    p->base = event_base_new();
    if (p->base == NULL || !watch_signals(p)) {
        log_error("out of memory");
        web_config_free(web);
        return false;
    }
    if (exporter_create(p->config, p->base, &p->exporter) == 0)
        return open_server(p, web);
    web_config_free(web);
    return false;
}

static void stop(struct program *p)
{
    web_server_destroy(p->server);
    exporter_destroy(p->exporter);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (p->signals[i] != NULL)
            event_free(p->signals[i]);
    if (p->base != NULL)
        event_base_free(p->base);
}

static int serve(struct program *p, struct web_config *web)
{
    signal(SIGPIPE, SIG_IGN);
    log_set_level(p->config->log);
    bool started = start(p, web);
    if (started) {
        log_ready(p->config->listen);
        notify_service_manager("READY=1");
        event_base_dispatch(p->base);
        notify_service_manager("STOPPING=1");
    }
    stop(p);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argument_count, char **arguments)
{
    struct program program = {.file = NULL};
    struct web_config *web = NULL;
    struct arguments read;
    char error[YAML_ERROR_BYTES];
    int status = EXIT_SUCCESS;
    (void)argument_count;
    if (!arguments_read("weft-exporter", arguments, &read))
        return EXIT_FAILURE;
    program.file = read.config_file;
    if (exporter_config_load(program.file, &program.config, error) != 0 ||
        web_config_load(program.config->web_config, &web, error) != 0) {
        fprintf(stderr, "%s\n", error);
        status = EXIT_FAILURE;
    } else if (read.check_only) {
        web_config_free(web);
    } else {
        status = serve(&program, web);
    }
    exporter_config_free(program.config);
    return status;
}
