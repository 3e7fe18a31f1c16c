/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/lab/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/formats/address.h"
#include "tools/lab/fault.h"
#include "tools/lab/lab.h"
#include "tools/lab/sandbox.h"
#include "tools/lab/topology_text.h"

static json_t *answer_error(const struct lab_error *error)
{
    return json_pack("{s:s}", "error", error->text);
}

static json_t *answer_done(int status, const struct lab_error *error)
{
    return status ? answer_error(error) : json_pack("{s:b}", "ok", 1);
}

static json_t *describe_host(const struct lab *lab, unsigned host)
{
    char address[ADDRESS_TEXT_BYTES];
    const char *name = lab->fabric.hosts[host].name;
    address_text(shape_host_address(&lab->fabric.shape, host), address);
    return json_pack("{s:s, s:i, s:s, s:o, s:s}", "name", name, "leaf",
                     (int)shape_leaf_of_host(&lab->fabric.shape, host), "address", address, "socket",
                     json_sprintf("%s/%s.sock", SANDBOX_DIRECTORY, name), "netns", name);
}

static json_t *describe_link(const struct link *link)
{
    return json_pack("{s:s, s:i, s:i, s:I}", "name", link->name, "leaf", (int)link->leaf, "spine",
                     (int)link->far, "rate_bps", (json_int_t)link->profile.rate_bps);
}

static json_t *answer_describe(struct lab *lab)
{
    const struct shape *shape = &lab->fabric.shape;
    const struct fabric_profile *profile = &lab->options->profile;
    json_t *hosts = json_array(), *links = json_array();
    for (unsigned i = 0; i < shape_hosts(shape); i++)
        json_array_append_new(hosts, describe_host(lab, i));
    for (unsigned i = 0; i < fabric_link_count(&lab->fabric); i++)
        json_array_append_new(links, describe_link(&lab->fabric.links[i]));
    return json_pack("{s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:i, s:o, s:o}", "leaves", (int)shape->leaves,
                     "spines", (int)shape->spines, "hosts_per_leaf", (int)shape->hosts_per_leaf, "rate_bps",
                     (json_int_t)profile->fabric_link.rate_bps, "host_rate_bps",
                     (json_int_t)profile->host_link.rate_bps, "buffer_bytes",
                     (json_int_t)profile->fabric_link.buffer_bytes, "mark_bytes",
                     (json_int_t)profile->fabric_link.mark_bytes, "mtu", (int)profile->fabric_link.mtu,
                     "hosts", hosts, "links", links);
}

static json_t *answer_topology(const struct lab *lab)
{
    struct lab_error error;
    char *text = topology_text_create(&lab->fabric, &error);
    json_t *answer = text ? json_pack("{s:s}", "yaml", text) : answer_error(&error);
    free(text);
    return answer;
}

static json_t *count_link(const struct link *link, const struct link_counters *counters)
{
    const struct interface_counters *up = &counters->sent[LINK_UPWARD];
    const struct interface_counters *down = &counters->sent[LINK_DOWNWARD];
    bool of_host = link->kind == LINK_OF_HOST;
    json_t *object =
        json_pack("{s:s, s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
                  of_host ? link->sender[LINK_UPWARD].namespace->name : link->name, "leaf", (int)link->leaf,
                  "up", (int)link->up, "up_bytes", (json_int_t)up->sent_bytes, "down_bytes",
                  (json_int_t)down->sent_bytes, "up_packets", (json_int_t)up->sent_packets, "down_packets",
                  (json_int_t)down->sent_packets, "dropped_packets", (json_int_t)counters->dropped_packets,
                  "marked_packets", (json_int_t)counters->marked_packets);
    if (!of_host)
        json_object_set_new(object, "spine", json_integer(link->far));
    return object;
}

static json_t *answer_counters(struct lab *lab)
{
    struct lab_error error;
    struct link_counters *counters = calloc(lab->fabric.link_count, sizeof(*counters));
    int status = counters ? fabric_get_counters(&lab->fabric, counters, &error)
                          : lab_error_set(&error, -ENOMEM, "out of memory");
    json_t *hosts = json_array(), *links = json_array();
    for (unsigned i = 0; i < lab->fabric.link_count && status == 0; i++)
        json_array_append_new(lab->fabric.links[i].kind == LINK_OF_HOST ? hosts : links,
                              count_link(&lab->fabric.links[i], &counters[i]));
    free(counters);
    json_t *answer = json_pack("{s:o, s:o}", "links", links, "hosts", hosts);
    if (status == 0)
        return answer;
    json_decref(answer);
    return answer_error(&error);
}

static json_t *answer_fault(struct lab *lab, json_t *request)
{
    struct lab_error error;
    struct fault_request fault = {.value = "", .direction = "both"};
    json_error_t why;
    if (json_unpack_ex(request, &why, JSON_STRICT, "{s:s, s:s, s:s, s?s, s?s}", "do", &(const char *){NULL},
                       "link", &fault.link, "kind", &fault.kind, "value", &fault.value, "direction",
                       &fault.direction)) {
        lab_error_set(&error, -EINVAL, "fault: %.160s", why.text);
        return answer_error(&error);
    }
    return answer_done(fault_apply(&lab->fabric, &fault, &error), &error);
}

struct program_verb {
    const char *name;
    int (*act)(struct program *program, struct lab_error *error);
    bool awaits;              /* the answer is due when the program has ... */
    enum program_state state; /* ... come to this state */
};

static const struct program_verb program_verbs[] = {
    {"kill", program_kill, true, PROGRAM_STOPPED},
    {"start", program_start, true, PROGRAM_READY},
    {"pause", program_pause},
    {"resume", program_resume},
    {NULL, NULL},
};

/* The dataplane of the host with this name, or control; NULL with `error`. */
static struct program *find_program(struct lab *lab, const char *name, struct lab_error *error)
{
    unsigned host;
    bool is_control = strcmp(name, "control") == 0;
    if (is_control && !lab->control)
        lab_error_set(error, -ENOENT, "this lab runs without control: start it with --control");
    if (is_control)
        return lab->control;
    if (!fabric_find_host(&lab->fabric, name, &host))
        lab_error_set(error, -ENOENT, "no host '%.32s': they are host0 to host%u", name,
                      shape_hosts(&lab->fabric.shape) - 1);
    else if (!lab->dataplanes)
        lab_error_set(error, -ENOENT, "this lab runs without dataplanes (--no-dataplane)");
    else
        return &lab->dataplanes[host];
    return NULL;
}

static int program_act(struct lab *lab, const struct program_verb *verb, const char *name,
                       struct awaited *awaited, struct lab_error *error)
{
    struct program *program = find_program(lab, name, error);
    int status = program ? verb->act(program, error) : -ENOENT;
    if (status == 0 && verb->awaits)
        *awaited = (struct awaited){program, verb->state};
    return status;
}

static json_t *answer_program_verb(struct lab *lab, const struct program_verb *verb, json_t *request,
                                   struct awaited *awaited)
{
    struct lab_error error;
    const char *host = json_string_value(json_object_get(request, "host"));
    int status = host ? program_act(lab, verb, host, awaited, &error)
                      : lab_error_set(&error, -EINVAL, "%s: \"host\" is missing", verb->name);
    return awaited->program ? NULL : answer_done(status, &error);
}

json_t *request_answer_awaited(const struct awaited *awaited)
{
    struct lab_error error;
    int status = 0;
    if (awaited->program->state != awaited->state)
        status = lab_error_set(&error, -ECHILD, "%s ended instead of becoming ready", awaited->program->what);
    return answer_done(status, &error);
}

json_t *request_answer(struct lab *lab, json_t *request, struct awaited *awaited)
{
    struct lab_error error;
    const char *verb = json_string_value(json_object_get(request, "do"));
    if (!verb)
        lab_error_set(&error, -EINVAL, "an object with a string \"do\" is wanted");
    else if (strcmp(verb, "describe") == 0)
        return answer_describe(lab);
    else if (strcmp(verb, "topology") == 0)
        return answer_topology(lab);
    else if (strcmp(verb, "counters") == 0)
        return answer_counters(lab);
    else if (strcmp(verb, "fault") == 0)
        return answer_fault(lab, request);
    else
        lab_error_set(
            &error, -EINVAL,
            "\"do\" is '%.32s', and not describe, topology, counters, fault, kill, pause, resume or start",
            verb);
    for (const struct program_verb *known = program_verbs; verb && known->name; known++)
        if (strcmp(verb, known->name) == 0)
            return answer_program_verb(lab, known, request, awaited);
    return answer_error(&error);
}
