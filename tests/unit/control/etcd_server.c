/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/etcd_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

bool etcd_server_is_there(void)
{
    return access("/usr/bin/etcd", X_OK) == 0;
}

/* A port that was free just now. */
static unsigned free_port(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(here);
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&here, bytes), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&here, &bytes), 0);
    close(s);
    return ntohs(here.sin_port);
}

void etcd_server_open(struct etcd_server *e, const char *token)
{
    *e = (struct etcd_server){.token = token};
    strcpy(e->folder, "/tmp/weft-etcd-XXXXXX");
    assert_non_null(mkdtemp(e->folder));
    snprintf(e->url, sizeof(e->url), "http://127.0.0.1:%u", free_port());
    snprintf(e->peer_url, sizeof(e->peer_url), "http://127.0.0.1:%u", free_port());
    strcpy(e->name, "alone");
    snprintf(e->cluster, sizeof(e->cluster), "%s=%s", e->name, e->peer_url);
}

void etcd_cluster_open(struct etcd_server *members, unsigned count, const char *token)
{
    char cluster[256] = "";
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(cluster);
        etcd_server_open(&members[i], token);
        snprintf(members[i].name, sizeof(members[i].name), "member%u", i);
        snprintf(cluster + used, sizeof(cluster) - used, "%s%s=%s", i > 0 ? "," : "", members[i].name,
                 members[i].peer_url);
    }
    for (unsigned i = 0; i < count; i++)
        strcpy(members[i].cluster, cluster);
}

bool etcd_server_secure(struct etcd_server *e)
{
    char command[640];
    snprintf(e->certificate, sizeof(e->certificate), "%s/certificate", e->folder);
    snprintf(e->key, sizeof(e->key), "%s/key", e->folder);
    snprintf(command, sizeof(command),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "
             "/CN=127.0.0.1 "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s 2>/dev/null",
             e->key, e->certificate);
    snprintf(e->url, sizeof(e->url), "https://127.0.0.1:%u", free_port());
    return system(command) == 0;
}

static void become(const struct etcd_server *e, int log)
{
    char data[96];
    snprintf(data, sizeof(data), "%s/data", e->folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDERR_FILENO);
    if (e->key[0] != '\0') {
        setenv("ETCD_CERT_FILE", e->certificate, 1);
        setenv("ETCD_KEY_FILE", e->key, 1);
        setenv("ETCD_TRUSTED_CA_FILE", e->certificate, 1);
        setenv("ETCD_CLIENT_CERT_AUTH", "true", 1);
    }
    execl("/usr/bin/etcd", "etcd", "--name", e->name, "--data-dir", data, "--listen-client-urls", e->url,
          "--advertise-client-urls", e->url, "--listen-peer-urls", e->peer_url,
          "--initial-advertise-peer-urls", e->peer_url, "--initial-cluster", e->cluster,
          "--initial-cluster-token", e->token, NULL);
    _exit(127);
}

void etcd_server_run(struct etcd_server *e)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    e->process = fork();
    if (e->process == 0)
        become(e, ends[1]);
    close(ends[1]);
    e->log = ends[0];
}

void etcd_server_wait(struct etcd_server *e)
{
    char line[1024] = "";
    bool ready = false;
    FILE *log = fdopen(e->log, "r");
    while (!ready && fgets(line, sizeof(line), log) != NULL)
        ready = strstr(line, "ready to serve client requests") != NULL;
    if (!ready)
        fail_msg("etcd did not begin: %s", line);
    e->reader = fork();
    if (e->reader == 0) { /* or etcd would stop when the pipe is full */
        while (fgets(line, sizeof(line), log) != NULL)
            ;
        _exit(0);
    }
    fclose(log);
}

void etcd_server_start(struct etcd_server *e)
{
    etcd_server_run(e);
    etcd_server_wait(e);
}

void etcd_server_kill(struct etcd_server *e)
{
    if (e->process == 0)
        return;
    kill(e->process, SIGKILL);
    waitpid(e->process, NULL, 0);
    waitpid(e->reader, NULL, 0);
    e->process = 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void etcd_server_forget(struct etcd_server *e)
{
    char data[96];
    snprintf(data, sizeof(data), "%s/data", e->folder);
    nftw(data, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void etcd_server_close(struct etcd_server *e)
{
    etcd_server_kill(e);
    nftw(e->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
