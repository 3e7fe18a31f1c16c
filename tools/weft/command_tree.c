/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/command.h"

#include "tools/weft/command_help.h"
#include "tools/weft/handlers.h"

/* Arguments that several verbs have. */
#define HOST_PAIR                                                                                            \
    {"from", "FROM-HOST", ARGUMENT_HOST, .positional = true, .required = true, .help = "the sending host"},  \
    {                                                                                                        \
        "to", "TO-HOST", ARGUMENT_HOST, .positional = true, .required = true, .help = "the receiving host"   \
    }
#define LINK_NAME                                                                                            \
    {                                                                                                        \
        "name", "LINK", ARGUMENT_LINK, .positional = true, .required = true,                                 \
                                       .help = "the link's name, such as leaf0-spine1"                       \
    }
#define LINK_WISHES                                                                                          \
    {"reason", "TEXT", ARGUMENT_TEXT, .help = "why, for the log and whoever looks at it next"},              \
        {"force", .kind = ARGUMENT_FLAG, .help = "even where a guard rail says no"},                         \
    {                                                                                                        \
        "dry-run", .kind = ARGUMENT_FLAG, .help = "only say what would be done"                              \
    }
#define EVENT_FILTERS                                                                                        \
    {"after", "SEQUENCE", ARGUMENT_NUMBER, .maximum = INT64_MAX, .help = "begin behind this event"},         \
        {"link", "LINK", ARGUMENT_LINK, .help = "only events of this link"},                                 \
        {"host", "HOST", ARGUMENT_HOST, .help = "only events of this host"},                                 \
        {"kind", "KIND", ARGUMENT_TEXT, .help = "only events of this kind, such as link_down"},              \
    {                                                                                                        \
        "level", "LEVEL", ARGUMENT_CHOICE, .choices = {"info", "warning", "error"},                          \
                                           .help = "only events of this level"                               \
    }

const struct object command_tree[] = {
    {"fabric",
     "the fabric at a glance: links, agents, jobs, the plan in force",
     {{"show", "Shows how many there are of everything, and how they are.", fabric_show}}},
    {"topology",
     "the fabric as it is meant to be",
     {{"show",
       "Shows the links of a topology file, or of control's topology.",
       topology_show,
       {{"file", "FILE", ARGUMENT_FILE, .positional = true,
         .help = "a topology in YAML; else control is asked"},
        {"yaml", .kind = ARGUMENT_FLAG, .help = "write it as a topology file"}}},
      {"check",
       "Checks a topology file, and compares it with what is seen of the fabric. Exit status 2 if they "
       "differ.",
       topology_check,
       {{"file", "FILE", ARGUMENT_FILE, .positional = true, .required = true, .help = "a topology in YAML"},
        {"lldp", "PATH", ARGUMENT_FILE,
         .help = "compare with cables: a file NODE.json of `lldpcli -f json show neighbors`, or a folder of "
                 "them"},
        {"probes", .kind = ARGUMENT_FLAG,
         .help = "compare with the routers that this host's dataplane hears"},
        {"telemetry", "SOCKET", ARGUMENT_FILE, .help = "the dataplane's telemetry socket, for probes"}}},
      {"import",
       "Writes a topology file to standard output, from what others have written down or can see.",
       topology_import,
       {{"format", "FORMAT", ARGUMENT_CHOICE, .positional = true, .required = true,
         .choices = {"slurm", "lldp"}, .help = "slurm: topology.conf; lldp: as topology check takes it"},
        {"file", "FILE", ARGUMENT_FILE, .positional = true, .required = true, .help = "the file or folder"},
        {"rate", "RATE", ARGUMENT_RATE, .required = true, .help = "of all links, such as 400G"},
        {"hosts", "PATTERN", ARGUMENT_TEXT, .help = "lldp: names of hosts, such as 'gpu*'"},
        {"ignored", "PATTERN", ARGUMENT_TEXT, .help = "lldp: nodes to leave out, such as 'mgmt*'"}}}}},
    {"host",
     "hosts, their ports and the dataplanes on them",
     {{"show",
       "Shows every port of the hosts.",
       host_show,
       {{"name", "HOST", ARGUMENT_HOST, .positional = true, .help = "only this host"}}}}},
    {"link",
     "links: their state, and taking them out of the plan",
     {{"show",
       "Shows links: state, capacity, planned load (100 %: the most loaded link of the plan).",
       link_show,
       {{"name", "LINK", ARGUMENT_LINK, .positional = true, .help = "only this link"},
        {"unhealthy", .kind = ARGUMENT_FLAG, .help = "only those not up, drained, or below their capacity"}}},
      {"drain",
       "Takes a link out of the plan; flows move at their next step.",
       link_act,
       {LINK_NAME, LINK_WISHES}},
      {"restore", "Puts a drained or degraded link back into the plan.", link_act, {LINK_NAME, LINK_WISHES}},
      {"set",
       "Plans for a link as if it had only part of its capacity.",
       link_act,
       {LINK_NAME,
        {"capacity", "RATIO", ARGUMENT_RATIO, .required = true, .help = "part of its rate, 0 to 1"},
        LINK_WISHES}}}},
    {"path",
     "paths between two hosts, and the source ports that take them",
     {{"show", "Shows the paths from one host to another.", path_show, {HOST_PAIR}},
      {"probe", "Asks a host to look for its paths to another anew.", path_probe, {HOST_PAIR}}}},
    {"plan",
     "which flow takes which path, and why",
     {{"show", "Shows the plan in force.", plan_show},
      {"explain",
       "Says why a link carries what it carries, or why a flow is where it is.",
       plan_explain,
       {{"link", "LINK", ARGUMENT_LINK, .positional = true, .help = "the flows of this link"},
        {"communicator", "ID", ARGUMENT_JOB, .help = "a flow: its communicator"},
        {"shape", "SHAPE", ARGUMENT_CHOICE,
         .choices = {"ring", "halving_doubling", "all_to_all", "tree", "any"},
         .help = "a flow: the shape of its step"},
        {"from", "RANK", ARGUMENT_NUMBER, .maximum = UINT32_MAX, .help = "a flow: the rank that sends"},
        {"to", "RANK", ARGUMENT_NUMBER, .maximum = UINT32_MAX, .help = "a flow: the rank that receives"}}},
      {"diff",
       "Shows the flows that two plans send over different paths; the last two when none are named.",
       plan_diff,
       {{"from", "FROM-EPOCH", ARGUMENT_NUMBER, .positional = true, .maximum = INT64_MAX,
         .help = "the older plan"},
        {"to", "TO-EPOCH", ARGUMENT_NUMBER, .positional = true, .maximum = INT64_MAX,
         .help = "the newer plan"}}},
      {"history", "Shows the last plans.", plan_history}}},
    {"job",
     "communicators: their ranks, demand and priority",
     {{"show",
       "Shows jobs, a row for each shape of step that they have sent.",
       job_show,
       {{"communicator", "ID", ARGUMENT_JOB, .positional = true, .help = "only this one"}}},
      {"priority",
       "Sets which job's demand is admitted first.",
       job_priority,
       {{"communicator", "ID", ARGUMENT_JOB, .positional = true, .required = true, .help = "such as 0x1f"},
        {"priority", "0-7", ARGUMENT_NUMBER, .positional = true, .required = true, .maximum = 7,
         .help = "7 goes first; 3 is the default"}}}}},
    {"event",
     "what has happened",
     {{"show",
       "Shows the newest events.",
       event_show,
       {{"count", "N", ARGUMENT_NUMBER, .positional = true, .minimum = 1, .maximum = 4096,
         .help = "how many; 20 when left out"},
        EVENT_FILTERS}},
      {"watch",
       "Shows the newest events and then every one that comes, until interrupted; goes on when control "
       "restarts.",
       event_watch,
       {EVENT_FILTERS}}}},
    {"verdict",
     "links and hosts that the timing of collectives speaks against",
     {{"show",
       "Shows verdicts, what they name, how sure they are, and what was done about them.",
       verdict_show,
       {{"open", .kind = ARGUMENT_FLAG, .help = "only those that are not over"}}},
      {"explain",
       "Shows the evidence that a verdict follows from.",
       verdict_explain,
       {{"id", "ID", ARGUMENT_NUMBER, .positional = true, .required = true, .maximum = INT64_MAX,
         .help = "its number, of verdict show"}}}}},
    {"why",
     "why a link is as it is: its state, its verdicts, its plan",
     {{"show",
       "Says who took the link out or brought it back, which verdicts name it and why, and what the plan "
       "makes of "
       "it.",
       why_show,
       {LINK_NAME}}}},
    {"dataplane",
     "this host's dataplane as it sees itself, without control",
     {{"show",
       "Shows counters that are not zero, channels, paths or sessions.",
       dataplane_show,
       {{"what", "WHAT", ARGUMENT_CHOICE, .positional = true,
         .choices = {"counters", "channels", "paths", "sessions"}, .help = "counters when left out"},
        {"port", "N", ARGUMENT_NUMBER, .maximum = 63, .help = "of the host's ports; 0 when left out"},
        {"telemetry", "SOCKET", ARGUMENT_FILE,
         .help = "its telemetry socket; /run/dpdk/weft/dpdk_telemetry.v2 when left out"}}}}},
    {"doctor",
     "what this host lacks, and how to mend it",
     {{"show",
       "Looks at kernel, memory, devices and daemons of this host. Exit status 2 if something is a problem.",
       doctor_show,
       {{"dataplane", "SOCKET", ARGUMENT_FILE,
         .help = "where the dataplane serves; /run/weft/dataplane.sock when left out"},
        {"telemetry", "SOCKET", ARGUMENT_FILE,
         .help = "its telemetry socket; /run/dpdk/weft/dpdk_telemetry.v2 when left out"},
        {"root", "FOLDER", ARGUMENT_FILE,
         .help = "look at the /proc and /sys below it, such as those of a container"}}}}},
    {"completion",
     "completion for shells",
     {{"bash", "Writes a script for bash: source <(weft completion bash).", completion_bash},
      {"candidates",
       "Lists what may stand in place of the last word; for the script.",
       completion_candidates,
       {{"words", "WORD...", ARGUMENT_WORDS, .positional = true, .required = true,
         .help = "the words behind weft"}}}}},
    {"manual",
     "the manual page weft(1), for man -l -",
     {{"show", "Writes it to standard output.", manual_show}}},
    {"help",
     "this, or one object in detail",
     {{"show",
       "Shows the commands.",
       help_show,
       {{"object", "OBJECT", ARGUMENT_TEXT, .positional = true, .help = "only this one"}}}}},
    {NULL},
};
