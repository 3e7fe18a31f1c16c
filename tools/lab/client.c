/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/client.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/lab/client_table.h"
#include "tools/lab/sandbox.h"

const char client_help[] = "Inside a lab, that is in COMMAND and what it starts:\n"
                           "weft-lab describe [-j]\n"
                           "weft-lab topology                        as a file for control\n"
                           "weft-lab counters [-j]\n"
                           "weft-lab fault LINK down|black_hole|loss RATIO|rate RATE|delay TIME|clear\n"
                           "               [--direction up|down]\n"
                           "weft-lab kill|pause|resume|start HOST    its dataplane; `control`: weft-control\n"
                           "weft-lab exec NODE -- COMMAND...         on a host, leaf or spine\n";

static int client_fail(const char *format, const char *detail)
{
    fprintf(stderr, "weft-lab: ");
    fprintf(stderr, format, detail);
    fputc('\n', stderr);
    return 1;
}

static FILE *client_connect(void)
{
    const char *path = getenv("WEFT_LAB_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path) {
        client_fail("not inside a lab: use it in the command of weft-lab run (%s is not set)",
                    "WEFT_LAB_SOCKET");
        return NULL;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        client_fail("WEFT_LAB_SOCKET: too long: %s", path);
        return NULL;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        fprintf(stderr, "weft-lab: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    return fdopen(fd, "r+");
}

/* Takes the request; returns the answer, or NULL after saying why there is none. */
static json_t *client_ask(json_t *request)
{
    json_error_t why;
    FILE *stream = client_connect();
    json_t *answer = NULL;
    if (stream) {
        json_dumpf(request, stream, JSON_COMPACT);
        fputc('\n', stream);
        fflush(stream);
        answer = json_loadf(stream, JSON_DISABLE_EOF_CHECK, &why);
        fclose(stream);
        if (!answer)
            client_fail("no answer from the lab: %s", why.text);
    }
    json_decref(request);
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (error) {
        client_fail("%s", error);
        json_decref(answer);
        answer = NULL;
    }
    return answer;
}

static int client_show(const char *verb, bool as_json)
{
    json_t *answer = client_ask(json_pack("{s:s}", "do", verb));
    if (!answer)
        return 1;
    if (as_json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (strcmp(verb, "describe") == 0) {
        client_table_describe(answer);
    } else {
        client_table_counters(answer);
    }
    json_decref(answer);
    return 0;
}

static int client_topology(void)
{
    json_t *answer = client_ask(json_pack("{s:s}", "do", "topology"));
    const char *yaml = json_string_value(json_object_get(answer, "yaml"));
    if (yaml)
        fputs(yaml, stdout);
    json_decref(answer);
    return yaml ? 0 : 1;
}

static int client_do(json_t *request)
{
    json_t *answer = client_ask(request);
    json_decref(answer);
    return answer ? 0 : 1;
}

static int client_fault(int count, char **arguments)
{
    const char *direction = "both", *value = "";
    if (count >= 5 && strcmp(arguments[count - 2], "--direction") == 0) {
        direction = arguments[count - 1];
        count -= 2;
    }
    if (count == 4)
        value = arguments[3];
    if (count < 3 || count > 4)
        return client_fail("%s", "weft-lab fault LINK KIND [VALUE] [--direction up|down]");
    return client_do(json_pack("{s:s, s:s, s:s, s:s, s:s}", "do", "fault", "link", arguments[1], "kind",
                               arguments[2], "value", value, "direction", direction));
}

static int client_exec(int count, char **arguments)
{
    char path[128];
    if (count < 4 || strcmp(arguments[2], "--") != 0)
        return client_fail("%s", "weft-lab exec NODE -- COMMAND [ARGUMENT]...");
    if (!getenv("WEFT_LAB_SOCKET"))
        return client_fail("not inside a lab: use %s in the command of weft-lab run", "exec");
    snprintf(path, sizeof(path), NAMESPACE_DIRECTORY "/%s", arguments[1]);
    int fd = strchr(arguments[1], '/') ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return client_fail("no node '%s' in this lab", arguments[1]);
    int status = sandbox_enter_node(fd);
    if (status)
        return client_fail("entering the node: %s", strerror(-status));
    execvp(arguments[3], arguments + 3);
    fprintf(stderr, "weft-lab: %s: %s\n", arguments[3], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}

int client_main(int count, char **arguments)
{
    static const char *const host_verbs[] = {"kill", "pause", "resume", "start"};
    const char *verb = arguments[0];
    bool show = strcmp(verb, "describe") == 0 || strcmp(verb, "counters") == 0;
    bool as_json = count == 2 && strcmp(arguments[1], "-j") == 0;
    if (show)
        return count == 1 || as_json ? client_show(verb, as_json)
                                     : client_fail("%s: only -j may follow", verb);
    if (strcmp(verb, "topology") == 0)
        return count == 1 ? client_topology() : client_fail("%s: nothing may follow", verb);
    if (strcmp(verb, "fault") == 0)
        return client_fault(count, arguments);
    if (strcmp(verb, "exec") == 0)
        return client_exec(count, arguments);
    for (unsigned i = 0; i < 4; i++)
        if (strcmp(verb, host_verbs[i]) == 0)
            return count == 2 ? client_do(json_pack("{s:s, s:s}", "do", verb, "host", arguments[1]))
                              : client_fail("weft-lab %s HOST", verb);
    return -1;
}
