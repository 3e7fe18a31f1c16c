/* SPDX-License-Identifier: BSD-3-Clause */
/* A host that forwards is a router of the fabric, and must spread flows by their ports and answer probes. */
#include <inttypes.h>

#include "tools/weft/doctor.h"

enum {
    ICMP_TIME_EXCEEDED = 11
};

static void check_hash_policy(const struct patient *patient, json_t *findings)
{
    int64_t policy = patient_read_number(patient, "/proc/sys/net/ipv4/fib_multipath_hash_policy", -1);
    if (policy == 1)
        doctor_ok(findings, "multipath hash", "by the five-tuple");
    else
        doctor_problem(findings, "multipath hash", "sysctl net.ipv4.fib_multipath_hash_policy=1",
                       "this host routes, and its policy is %" PRId64 ": source ports choose no path",
                       policy);
}

static void check_icmp(const struct patient *patient, json_t *findings)
{
    int64_t limit_ms = patient_read_number(patient, "/proc/sys/net/ipv4/icmp_ratelimit", 0);
    int64_t mask = patient_read_number(patient, "/proc/sys/net/ipv4/icmp_ratemask", 0);
    if (limit_ms > 0 && mask >> ICMP_TIME_EXCEEDED & 1)
        doctor_problem(
            findings, "ICMP limit", "sysctl net.ipv4.icmp_ratelimit=0, or take bit 11 out of icmp_ratemask",
            "time exceeded is sent once in %" PRId64 " ms to a host: probes of paths go unanswered",
            limit_ms);
    else
        doctor_ok(findings, "ICMP limit", "probes are answered without limit for each host");
}

static void check_icmp_total(const struct patient *patient, json_t *findings)
{
    int64_t per_s = patient_read_number(patient, "/proc/sys/net/ipv4/icmp_msgs_per_sec", 0);
    if (per_s > 0 && per_s < 10000)
        doctor_note(findings, "ICMP total", "sysctl net.ipv4.icmp_msgs_per_sec=100000 icmp_msgs_burst=10000",
                    "at most %" PRId64
                    " answers a second to all hosts: finding paths is slow behind many hosts",
                    per_s);
    else
        doctor_ok(findings, "ICMP total", "%" PRId64 " answers a second", per_s);
}

void doctor_check_routing(const struct patient *patient, json_t *findings)
{
    if (patient_read_number(patient, "/proc/sys/net/ipv4/ip_forward", 0) != 1) {
        doctor_ok(findings, "routing", "this host does not route");
        return;
    }
    check_hash_policy(patient, findings);
    check_icmp(patient, findings);
    check_icmp_total(patient, findings);
}
