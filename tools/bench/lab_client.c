/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/bench/lab_client.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/formats/address.h"
#include "tools/bench/complain.h"

struct lab_client {
    FILE *to_lab;
    FILE *from_lab;
};

static int lab_client_connect(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(socket_path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, socket_path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    int error = errno;
    close(descriptor);
    return -error;
}

int lab_client_open(const char *socket_path, struct lab_client **client)
{
    int descriptor = lab_client_connect(socket_path);
    if (descriptor < 0)
        return complain("no lab answers on %s (%s): is this running inside `weft-lab run ... -- COMMAND`?",
                        socket_path, strerror(-descriptor));
    *client = calloc(1, sizeof **client);
    int copy = dup(descriptor);
    if (*client == NULL || copy < 0)
        return complain("out of memory or descriptors");
    (*client)->from_lab = fdopen(descriptor, "r");
    (*client)->to_lab = fdopen(copy, "w");
    return 0;
}

void lab_client_close(struct lab_client *client)
{
    fclose(client->from_lab);
    fclose(client->to_lab);
    free(client);
}

/* Sends `request` (taken over) and returns the lab's answer, or NULL after a line on standard error. */
static json_t *lab_client_ask(struct lab_client *client, json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
    json_decref(request);
    fprintf(client->to_lab, "%s\n", text);
    fflush(client->to_lab);
    free(text);
    size_t room = 0;
    json_error_t error;
    json_t *answer = NULL;
    if (getline(&line, &room, client->from_lab) <= 0)
        complain("the lab closed its control socket");
    else if ((answer = json_loads(line, 0, &error)) == NULL)
        complain("the lab's answer is not JSON: %s", error.text);
    free(line);
    const char *refusal = json_string_value(json_object_get(answer, "error"));
    if (refusal == NULL)
        return answer;
    complain("the lab refuses: %s", refusal);
    json_decref(answer);
    return NULL;
}

static int lab_client_wrong(const char *what, const json_error_t *error)
{
    return complain("the lab's %s cannot be used: %s", what, error->text);
}

static int fabric_add_host(struct fabric *fabric, json_t *json)
{
    const char *name, *address, *socket_path;
    int leaf;
    json_error_t error;
    if (json_unpack_ex(json, &error, 0, "{s:s, s:i, s:s, s:s}", "name", &name, "leaf", &leaf, "address",
                       &address, "socket", &socket_path) < 0)
        return lab_client_wrong("description of a host", &error);
    struct fabric_host *host = &fabric->hosts[fabric->host_count];
    if (strlen(name) >= sizeof host->name || strlen(socket_path) >= sizeof host->socket_path || leaf < 0 ||
        (unsigned)leaf >= fabric->leaf_count || !address_parse(address, &host->address))
        return complain("the lab's description of host %.40s makes no sense", name);
    strcpy(host->name, name);
    strcpy(host->socket_path, socket_path);
    host->leaf = (unsigned)leaf;
    fabric->host_count++;
    return 0;
}

static int fabric_add_link(struct fabric *fabric, json_t *json)
{
    const char *name;
    int leaf, spine;
    double rate_bps;
    json_error_t error;
    if (json_unpack_ex(json, &error, 0, "{s:s, s:i, s:i, s:F}", "name", &name, "leaf", &leaf, "spine", &spine,
                       "rate_bps", &rate_bps) < 0)
        return lab_client_wrong("description of a link", &error);
    struct fabric_link *link = &fabric->links[fabric->link_count];
    if (strlen(name) >= sizeof link->name || leaf < 0 || (unsigned)leaf >= fabric->leaf_count || spine < 0 ||
        (unsigned)spine >= fabric->spine_count || rate_bps <= 0)
        return complain("the lab's description of link %.40s makes no sense", name);
    strcpy(link->name, name);
    link->leaf = (unsigned)leaf;
    link->spine = (unsigned)spine;
    link->rate_bps = rate_bps;
    fabric->link_count++;
    return 0;
}

static int fabric_fill(struct fabric *fabric, json_t *description)
{
    json_t *hosts, *links, *json;
    json_error_t error;
    size_t i;
    int leaves, spines;
    if (json_unpack_ex(description, &error, 0, "{s:i, s:i, s:F, s:o, s:o}", "leaves", &leaves, "spines",
                       &spines, "host_rate_bps", &fabric->host_rate_bps, "hosts", &hosts, "links",
                       &links) < 0)
        return lab_client_wrong("description", &error);
    if (leaves < 1 || leaves > FABRIC_LEAVES_MAX || spines < 1 || json_array_size(hosts) < 1 ||
        json_array_size(hosts) > FABRIC_HOSTS_MAX || json_array_size(links) > FABRIC_LINKS_MAX ||
        fabric->host_rate_bps <= 0)
        return complain("this fabric is larger than weft-bench can measure, or empty");
    fabric->leaf_count = (unsigned)leaves;
    fabric->spine_count = (unsigned)spines;
    json_array_foreach(hosts, i, json) if (fabric_add_host(fabric, json) < 0) return -1;
    json_array_foreach(links, i, json) if (fabric_add_link(fabric, json) < 0) return -1;
    return 0;
}

int lab_client_describe(struct lab_client *client, struct fabric *fabric)
{
    json_t *answer = lab_client_ask(client, json_pack("{s:s}", "do", "describe"));
    if (answer == NULL)
        return -1;
    memset(fabric, 0, sizeof *fabric);
    int status = fabric_fill(fabric, answer);
    json_decref(answer);
    return status;
}

static int counters_add_link(struct lab_counters *counters, const struct fabric_link *known, json_t *json)
{
    struct link_load *load = &counters->links[counters->link_count++];
    const char *name;
    int up;
    json_int_t up_bytes, down_bytes, marked, dropped;
    json_error_t error;
    if (json_unpack_ex(json, &error, 0, "{s:s, s:b, s:I, s:I, s:I, s:I}", "name", &name, "up", &up,
                       "up_bytes", &up_bytes, "down_bytes", &down_bytes, "marked_packets", &marked,
                       "dropped_packets", &dropped) < 0)
        return lab_client_wrong("counters of a link", &error);
    if (strcmp(name, known->name) != 0)
        return complain("the lab's counters name %.40s where %s was expected", name, known->name);
    *load = (struct link_load){known->leaf, known->spine, up, (uint64_t)up_bytes, (uint64_t)down_bytes};
    counters->marked_packets += (uint64_t)marked;
    counters->dropped_packets += (uint64_t)dropped;
    return 0;
}

static int counters_fill(struct lab_counters *counters, const struct fabric *fabric, json_t *answer)
{
    json_t *links = json_object_get(answer, "links"), *hosts = json_object_get(answer, "hosts"), *json;
    size_t i;
    if (json_array_size(links) != fabric->link_count || json_array_size(hosts) != fabric->host_count)
        return complain("the lab's counters are not those of the fabric it described");
    json_array_foreach(links, i,
                       json) if (counters_add_link(counters, &fabric->links[i], json) < 0) return -1;
    json_array_foreach(hosts, i, json) counters->host_received_bytes[counters->host_count++] =
        (uint64_t)json_integer_value(json_object_get(json, "down_bytes"));
    return 0;
}

int lab_client_counters(struct lab_client *client, const struct fabric *fabric, struct lab_counters *counters)
{
    json_t *answer = lab_client_ask(client, json_pack("{s:s}", "do", "counters"));
    if (answer == NULL)
        return -1;
    counters->link_count = counters->host_count = 0;
    counters->marked_packets = counters->dropped_packets = 0;
    int status = counters_fill(counters, fabric, answer);
    json_decref(answer);
    return status;
}

int lab_client_fault(struct lab_client *client, const struct bench_fault *fault)
{
    json_t *request = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "do", "fault", "link", fault->link, "kind",
                                fault->kind, "value", fault->value, "direction", "both");
    json_t *answer = lab_client_ask(client, request);
    json_decref(answer);
    return answer == NULL ? -1 : 0;
}

int lab_client_clear(struct lab_client *client, const char *link)
{
    return lab_client_fault(client, &(struct bench_fault){.link = link, .kind = "clear"});
}
