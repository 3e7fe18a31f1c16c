/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/control/control_daemon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    START_MS_MAX = 60000
};

static const char *program;

void daemon_program(const char *file)
{
    program = file;
}

/* ---- files ---- */

static void name_file(const struct control_daemon *d, const char *name, char path[DAEMON_PATH_BYTES])
{
    snprintf(path, DAEMON_PATH_BYTES, "%s/%s", d->folder, name);
}

static FILE *create(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail_msg("%s: %s", path, strerror(errno));
    return file;
}

static void write_topology(const struct control_daemon *d, const unsigned shape[3])
{
    FILE *f = create(d->topology);
    fprintf(f, "topology:\n  nodes:\n");
    for (unsigned i = 0; i < shape[0]; i++)
        fprintf(f, "    leaf%u: {kind: leaf}\n", i);
    for (unsigned i = 0; i < shape[1]; i++)
        fprintf(f, "    spine%u: {kind: spine, address: 10.255.1.%u}\n", i, i + 1);
    for (unsigned i = 0; i < shape[0] * shape[2]; i++)
        fprintf(f, "    host%u: {kind: host, addresses: {eth0: 10.%u.0.%u}}\n", i, i / shape[2] + 1,
                i % shape[2] + 1);
    fprintf(f, "  links:\n");
    for (unsigned leaf = 0; leaf < shape[0]; leaf++) {
        for (unsigned i = 0; i < shape[1]; i++)
            fprintf(f, "    - {endpoints: [leaf%u, spine%u], rate: 100G}\n", leaf, i);
        for (unsigned i = 0; i < shape[2]; i++)
            fprintf(f, "    - {endpoints: [\"host%u:eth0\", leaf%u], rate: 100G}\n", leaf * shape[2] + i,
                    leaf);
    }
    fclose(f);
}

static void write_config(const struct control_daemon *d, const char *more)
{
    FILE *f = create(d->config);
    fprintf(f,
            "socket: %s\ntopology: %s\nreport_every_ms: 50\nlease_ms: 600000\nplan_delay_ms: 5\n"
            "drained_uplinks_max: 25%%\n%s\n",
            d->socket, d->topology, more);
    if (strstr(more, "state:") == NULL)
        fprintf(f, "store: %s\n", d->store);
    fclose(f);
}

static void open_notify(struct control_daemon *d)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof(name.sun_path), "%s/notify", d->folder);
    d->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(d->notify, (struct sockaddr *)&name, sizeof(name)), 0);
}

void daemon_prepare(struct control_daemon *d, const unsigned shape[3], const char *more)
{
    *d = (struct control_daemon){.folder = "/tmp/weft-control-XXXXXX"};
    if (mkdtemp(d->folder) == NULL)
        fail_msg("%s: %s", d->folder, strerror(errno));
    name_file(d, "control.sock", d->socket);
    name_file(d, "topology.yaml", d->topology);
    name_file(d, "control.yaml", d->config);
    name_file(d, "control.sqlite", d->store);
    write_topology(d, shape);
    write_config(d, more);
    open_notify(d);
}

/* ---- the process ---- */

static void limit(int resource, uint64_t most)
{
    const struct rlimit limit = {most, most};
    if (most != 0)
        setrlimit(resource, &limit);
}

static void run(const struct control_daemon *d)
{
    char notify[DAEMON_PATH_BYTES], log[DAEMON_PATH_BYTES];
    name_file(d, "notify", notify);
    name_file(d, "log", log);
    int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(file, STDERR_FILENO);
    setenv("NOTIFY_SOCKET", notify, 1);
    limit(RLIMIT_FSIZE, d->file_bytes_max);
    limit(RLIMIT_NOFILE, d->descriptors_max);
    signal(SIGXFSZ, SIG_IGN);
    execl(program, program, d->config, NULL);
    _exit(127);
}

static bool is_ready(struct control_daemon *d)
{
    struct pollfd readable = {.fd = d->notify, .events = POLLIN};
    char state[64] = "";
    while (strncmp(state, "READY=1", 7) != 0) {
        if (poll(&readable, 1, START_MS_MAX) != 1 || recv(d->notify, state, sizeof(state) - 1, 0) < 0)
            return false;
    }
    return true;
}

void daemon_start(struct control_daemon *d)
{
    d->pid = fork();
    if (d->pid == 0)
        run(d);
    if (!is_ready(d)) {
        char *log = daemon_log(d);
        print_error("%s\n", log);
        free(log);
        fail_msg("%s does not begin to serve", program);
    }
}

int daemon_end(struct control_daemon *d, int signal)
{
    int status = 0;
    if (d->pid == 0)
        return 0;
    kill(d->pid, signal);
    waitpid(d->pid, &status, 0);
    d->pid = 0;
    return status;
}

void daemon_clean(struct control_daemon *d)
{
    struct dirent *entry;
    char path[DAEMON_PATH_BYTES + sizeof(entry->d_name)];
    daemon_end(d, SIGKILL);
    api_close();
    close(d->notify);
    DIR *folder = opendir(d->folder);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", d->folder, entry->d_name);
        unlink(path);
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(d->folder);
}

char *daemon_log(const struct control_daemon *d)
{
    char path[DAEMON_PATH_BYTES];
    enum {
        LOG_BYTES_MAX = 1 << 20
    };
    char *text = calloc(1, LOG_BYTES_MAX);
    name_file(d, "log", path);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        text[fread(text, 1, LOG_BYTES_MAX - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}
