/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/nic/two_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    WORDS_MAX = 32
};

/* Runs a command of words parted by single blanks. 0 or -EIO. */
static int run(const char *command)
{
    char text[256], *words[WORDS_MAX + 1] = {NULL}, *rest = text;
    int count = 0, status = 0;
    pid_t child;
    snprintf(text, sizeof(text), "%s", command);
    while (count < WORDS_MAX && (words[count] = strsep(&rest, " ")) != NULL)
        count++;
    int failure = posix_spawnp(&child, words[0], NULL, NULL, words, environ);
    if (failure == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    fprintf(stderr, "failed: %s\n", command);
    return -EIO;
}

static int write_setting(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t written = fd < 0 ? -1 : write(fd, value, strlen(value));
    if (fd >= 0)
        close(fd);
    return written < 0 ? -errno : 0;
}

static const char *const commands[] = {
    "ip link set lo up",
    "ip netns add a",
    "ip netns add b",
    "ip link add ra mtu 3400 type veth peer name eth0 mtu 3400 netns a",
    "ip link add rb mtu 3400 type veth peer name eth0 mtu 3400 netns b",
    "ip address add 10.1.0.254/24 dev ra",
    "ip address add 10.2.0.254/24 dev rb",
    "ip link set ra up",
    "ip link set rb up",
    "ip -n a address add 10.1.0.1/32 dev eth0",
    "ip -n b address add 10.2.0.1/32 dev eth0",
    "ip -n a link set eth0 up",
    "ip -n b link set eth0 up",
    "ip -n a route add default via 10.1.0.254 dev eth0 onlink",
    "ip -n b route add default via 10.2.0.254 dev eth0 onlink",
};

static int build_networks(void)
{
    int failure = 0;
    for (size_t i = 0; failure == 0 && i < sizeof(commands) / sizeof(commands[0]); i++)
        failure = run(commands[i]);
    if (failure == 0)
        failure = write_setting("/proc/sys/net/ipv4/ip_forward", "1");
    if (failure == 0)
        failure = write_setting("/proc/sys/net/ipv4/icmp_ratelimit", "0");
    return failure;
}

int two_hosts_build(struct two_hosts *hosts)
{
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, NULL) < 0)
        return -errno;
    int failure = build_networks();
    hosts->router = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    hosts->a = open("/run/netns/a", O_RDONLY | O_CLOEXEC);
    hosts->b = open("/run/netns/b", O_RDONLY | O_CLOEXEC);
    return failure;
}

void two_hosts_enter(int network)
{
    if (setns(network, CLONE_NEWNET) < 0) {
        perror("setns");
        exit(EXIT_FAILURE);
    }
}
