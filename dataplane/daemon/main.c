/* SPDX-License-Identifier: BSD-3-Clause */
/* weft-dataplane: carries the messages of this host's applications over the fabric. Starts everything, waits
 * for signals, ends everything. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "dataplane/daemon/config.h"
#include "dataplane/daemon/config_change.h"
#include "dataplane/daemon/control_link.h"
#include "dataplane/daemon/host_port.h"
#include "dataplane/daemon/introspection.h"
#include "dataplane/daemon/privileges.h"
#include "dataplane/daemon/session_server.h"
#include "dataplane/formats/address.h"
#include "dataplane/process/arguments.h"
#include "dataplane/process/log.h"
#include "dataplane/process/notify.h"

enum {
    EAL_ARGUMENTS_MAX = 72,
    PREFIX_BYTES = 96,
    SIGNALS = 3
};

struct daemon {
    const char *config_file;
    struct config *config;
    struct event_base *base;
    struct host_port *ports[CONFIG_PORTS_MAX];
    unsigned port_count;
    struct session_server *server;
    struct control_link *control;
    struct event *signals[SIGNALS];
};

/* ---- configuration while running ---- */

static void on_reload(evutil_socket_t signal, short events, void *context)
{
    struct daemon *d = context;
    struct config *wanted;
    char error[YAML_ERROR_BYTES];
    (void)signal;
    (void)events;
    if (config_load(d->config_file, &wanted, error) != 0) {
        log_error("%s; the old configuration stays", error);
        return;
    }
    config_change(d->config, wanted);
    log_info("path_mode, hash_seed, region_bytes_max and log are now as in %s", d->config_file);
    config_free(wanted);
}

static void on_stop(evutil_socket_t signal, short events, void *context)
{
    struct daemon *d = context;
    (void)signal;
    (void)events;
    event_base_loopbreak(d->base);
}

/* ---- start ---- */

static int start_library(const struct config *config)
{
    const char *arguments[EAL_ARGUMENTS_MAX];
    char prefix[PREFIX_BYTES], error[PORT_ERROR_BYTES];
    unsigned count = 0;
    if (config->telemetry_prefix) {
        snprintf(prefix, sizeof(prefix), "--file-prefix=%s", config->telemetry_prefix);
        arguments[count++] = prefix;
    }
    for (unsigned i = 0; i < config->eal_count; i++)
        arguments[count++] = config->eal[i];
    int result = port_library_start(arguments, count, error);
    if (result != 0)
        log_error("%s", error);
    return result;
}

static int open_ports(struct daemon *d)
{
    char error[HOST_PORT_ERROR_BYTES], address[ADDRESS_TEXT_BYTES];
    for (unsigned i = 0; i < d->config->port_count; i++) {
        int result = host_port_open(d->config, i, d->base, &d->ports[i], error);
        if (result != 0) {
            log_error("%s", error);
            return result;
        }
        d->port_count++;
        log_info("port %s is %s, payloads of %u bytes", host_port_device(d->ports[i]),
                 address_text(host_port_address(d->ports[i]), address),
                 host_port_payload_bytes_max(d->ports[i]));
    }
    return 0;
}

static int start_workers(struct daemon *d)
{
    char error[HOST_PORT_ERROR_BYTES];
    for (unsigned i = 0; i < d->port_count; i++) {
        int result = host_port_start(d->ports[i], error);
        if (result != 0) {
            log_error("%s", error);
            return result;
        }
    }
    return 0;
}

static int listen_for_applications(struct daemon *d)
{
    char error[UNIX_LISTENER_ERROR_BYTES];
    struct session_server_config config = {
        .base = d->base, .config = d->config, .ports = d->ports, .port_count = d->port_count};
    int result = session_server_create(&config, &d->server, error);
    if (result != 0)
        log_error("%s", error);
    return result;
}

static int handle_signals(struct daemon *d)
{
    d->signals[0] = evsignal_new(d->base, SIGTERM, on_stop, d);
    d->signals[1] = evsignal_new(d->base, SIGINT, on_stop, d);
    d->signals[2] = evsignal_new(d->base, SIGHUP, on_reload, d);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (!d->signals[i] || event_add(d->signals[i], NULL) != 0)
            return -ENOMEM;
    return 0;
}

/* Every application costs a few descriptors; and a log that nobody reads any more is no reason to die. */
static void prepare_process(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void follow_control(struct daemon *d)
{
    struct control_link_config control = {.base = d->base,
                                          .control = &d->config->control,
                                          .ports = d->ports,
                                          .port_count = d->port_count,
                                          .server = d->server};
    d->control = control_link_create(&control);
}

static void allow_introspection(struct daemon *d)
{
    struct introspection_config introspection = {.base = d->base,
                                                 .ports = d->ports,
                                                 .port_count = d->port_count,
                                                 .server = d->server,
                                                 .control = d->control};
    if (introspection_start(&introspection) != 0)
        log_warning("no introspection: out of memory");
}

static int start(struct daemon *d)
{
    prepare_process();
    d->base = event_base_new();
    if (!d->base || handle_signals(d) != 0) {
        log_error("out of memory");
        return -ENOMEM;
    }
    int result = start_library(d->config);
    if (result == 0)
        result = open_ports(d);
    if (result == 0)
        result = listen_for_applications(d);
    if (result != 0)
        return result;
    result = privileges_drop();
    if (result != 0)
        log_warning("cannot drop privileges: %s", strerror(-result));
    result = start_workers(d);
    if (result != 0)
        return result;
    follow_control(d);
    allow_introspection(d);
    return 0;
}

static void stop(struct daemon *d)
{
    introspection_stop();
    for (unsigned i = 0; i < d->port_count; i++)
        host_port_close(d->ports[i]);
    control_link_destroy(d->control);
    session_server_destroy(d->server);
    for (unsigned i = 0; i < SIGNALS; i++)
        if (d->signals[i])
            event_free(d->signals[i]);
    if (d->base)
        event_base_free(d->base);
}

static int run(struct daemon *d)
{
    int result = start(d);
    if (result == 0) {
        log_ready(d->config->socket);
        notify_service_manager("READY=1");
        event_base_dispatch(d->base);
        notify_service_manager("STOPPING=1");
        log_info("ending");
    }
    stop(d);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argument_count, char **arguments)
{
    struct daemon daemon = {0};
    struct arguments read;
    char error[YAML_ERROR_BYTES];
    (void)argument_count;
    if (!arguments_read("weft-dataplane", arguments, &read))
        return EXIT_FAILURE;
    daemon.config_file = read.config_file;
    if (config_load(daemon.config_file, &daemon.config, error) != 0) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    int status = EXIT_SUCCESS;
    if (!read.check_only) {
        log_set_level(daemon.config->log);
        status = run(&daemon);
    }
    config_free(daemon.config);
    return status;
}
