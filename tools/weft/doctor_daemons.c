/* SPDX-License-Identifier: BSD-3-Clause */
/* Who answers on this host. A daemon that is not there may be meant to be elsewhere; one that is there and
 * does not answer is a problem. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/weft/api.h"
#include "tools/weft/doctor.h"
#include "tools/weft/telemetry.h"

static int try_socket(const char *path, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int result = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -errno;
    if (fd >= 0)
        close(fd);
    return result;
}

static void say_why_not(const char *check, const char *path, int error, const char *start, json_t *findings)
{
    if (error == -ENOENT)
        doctor_note(findings, check, start, "nothing on %s", path);
    else if (error == -EACCES)
        doctor_note(findings, check, "look as root, or as a member of the socket's group",
                    "%s cannot be seen by you", path);
    else
        doctor_problem(findings, check, start, "%s is there, but %s", path, strerror(-error));
}

static void check_dataplane(const struct patient *patient, json_t *findings)
{
    int result = try_socket(patient->dataplane_socket, SOCK_SEQPACKET);
    if (result == 0)
        doctor_ok(findings, "dataplane", "serves applications on %s", patient->dataplane_socket);
    else
        say_why_not("dataplane", patient->dataplane_socket, result,
                    "start weft-dataplane on hosts that train; its log says why it ended", findings);
}

static void check_counters(struct telemetry *telemetry, json_t *findings)
{
    json_t *counters = telemetry_ask(telemetry, "/weft/counters", "0,0");
    const char *address = json_string_value(json_object_get(counters, "address"));
    if (address)
        doctor_ok(findings, "telemetry", "answers for port %s", address);
    else
        doctor_problem(findings, "telemetry",
                       "is it a weft-dataplane, and does it still run? restart it if it hangs",
                       "the socket answers, but not to /weft/counters");
    json_decref(counters);
}

static void check_telemetry(const struct patient *patient, json_t *findings)
{
    struct telemetry telemetry;
    int result = telemetry_open(&telemetry, patient->telemetry_socket, patient->options->timeout_ms);
    if (result != 0) {
        say_why_not("telemetry", patient->telemetry_socket, result,
                    "weft-dataplane opens it; `telemetry` names another socket (telemetry_prefix)", findings);
        return;
    }
    check_counters(&telemetry, findings);
    telemetry_close(&telemetry);
}

/* On this host only where no other place is given. */
static void check_control(const struct patient *patient, json_t *findings)
{
    const struct options *options = patient->options;
    struct api_answer answer;
    int result = options->url ? 0 : try_socket(options->socket, SOCK_STREAM);
    if (result != 0) {
        say_why_not("control", options->socket, result,
                    "start weft-control on one host of the fabric; dataplanes work without it", findings);
        return;
    }
    api_ask(options, "/v1/fabric", NULL, 0, &answer);
    if (answer.body && answer.status == 200)
        doctor_ok(findings, "control", options->url ? "answers at %s" : "answers on %s",
                  options->url ? options->url : options->socket);
    else
        doctor_problem(findings, "control", "its log says why; `weft fabric` shows the error",
                       "does not answer as it should: %s", answer.status ? "an error" : answer.failure);
    json_decref(answer.body);
}

void doctor_check_daemons(const struct patient *patient, json_t *findings)
{
    check_dataplane(patient, findings);
    check_telemetry(patient, findings);
    check_control(patient, findings);
}
