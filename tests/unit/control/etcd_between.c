/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/control/etcd_between.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES_MAX = 1 << 16
};

/* One HTTP/1.1 message with a Content-Length, or none; 0: the other side has closed, or says something else.
 */
static size_t read_message(int from, char message[MESSAGE_BYTES_MAX])
{
    size_t count = 0;
    for (;;) {
        ssize_t more = read(from, message + count, MESSAGE_BYTES_MAX - 1 - count);
        if (more <= 0)
            return 0;
        count += (size_t)more;
        message[count] = '\0';
        const char *body = strstr(message, "\r\n\r\n"), *length = strcasestr(message, "\r\nContent-Length:");
        if (body == NULL)
            continue;
        size_t wanted = (size_t)(body + 4 - message);
        if (length != NULL && length < body)
            wanted += strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        if (count >= wanted)
            return count;
    }
}

static bool write_all(int to, const char *bytes, size_t count)
{
    return write(to, bytes, count) == (ssize_t)count;
}

static int connect_to(const char *url)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    there.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    if (connect(s, (struct sockaddr *)&there, sizeof(there)) != 0)
        _exit(1);
    return s;
}

static void hand_on(int caller, const char *url, void (*answered)(const char *request))
{
    static char request[MESSAGE_BYTES_MAX], answer[MESSAGE_BYTES_MAX];
    int etcd = connect_to(url);
    size_t count;
    while ((count = read_message(caller, request)) > 0 && write_all(etcd, request, count) &&
           (count = read_message(etcd, answer)) > 0) {
        answered(request);
        if (!write_all(caller, answer, count))
            break;
    }
    close(etcd);
}

void etcd_between_open(struct etcd_between *b, const char *etcd_url, void (*answered)(const char *request))
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof(here);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(listener, 8) != 0)
        abort();
    getsockname(listener, (struct sockaddr *)&here, &bytes);
    snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%u", ntohs(here.sin_port));
    b->process = fork();
    if (b->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int caller; (caller = accept(listener, NULL, NULL)) >= 0; close(caller))
            hand_on(caller, etcd_url, answered);
        _exit(0);
    }
    close(listener);
}

void etcd_between_close(struct etcd_between *b)
{
    kill(b->process, SIGKILL);
    waitpid(b->process, NULL, 0);
}
