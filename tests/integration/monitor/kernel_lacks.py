# SPDX-License-Identifier: BSD-3-Clause
"""weft-monitor on kernels that lack something: it says what is missing, in its log and in its report, and works with what is there.
BTF and the uprobes of perf are hidden from it by empty folders in a mount namespace of its own; the ring buffer and cookies are
refused by older_kernel.c; without the right to load programs it ends, with one line that says what it needs.
usage: kernel_lacks.py WEFT-MONITOR WEFT-LAB WEFT-BENCH WEFT-DATAPLANE LIBWEFT OLDER-KERNEL"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools"))
from lab_watch import Monitor

RANKS, ENTERED = 2, 2 * 5  # four iterations and one to warm up, by each
DATAPLANE_PROBES = 6


def hidden(folder):
    """A command that runs another one for which the folder is empty."""
    return ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none {folder} && exec "$@"', "sh"]


def refused(older_kernel, what):
    return ["env", f"LD_PRELOAD={older_kernel}", f"OLDER_KERNEL_LACKS={what}"]


def start_traffic(lab, bench, dataplane):
    return subprocess.Popen([lab, "run", "2x1x1", "--dataplane", dataplane, "--", bench, "all_to_all", "-n", "1000000", "-b", "64K", "--mode",
                             "wrap"], stdout=subprocess.DEVNULL)


def carry(lab, bench, dataplane):
    out = subprocess.run([lab, "run", "2x1x1", "--dataplane", dataplane, "--", bench, "all_to_all", "-n", "4", "-w", "1", "-b", "64K",
                          "--mode", "wrap", "--check"], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr


def assert_says(monitor, report, missing):
    assert len(report["missing"]) == len(missing), report["missing"]
    for text, begin in zip(report["missing"], missing):
        assert text.startswith(begin), report["missing"]
        assert f"this kernel lacks {text}" in monitor.log, monitor.log


def works_without(folder, program, work, under, missing):
    """It sees every operation, every message and every communicator all the same."""
    monitor = Monitor(folder, program, work[2:], under=under)
    carry(*work[:3])
    report = monitor.await_report(lambda r: r["records"]["kinds"]["closed"] == RANKS)
    assert_says(monitor, report, missing)
    assert all(p["attached"] for p in report["programs"]), report["programs"]
    assert report["records"]["lost"] == report["records"]["refused"] == 0, report["records"]
    entered = sum(o["entered"] for o in report["operations"] if o["operation"] == "all_to_all")
    assert entered == ENTERED and report["records"]["kinds"]["received"] > 0, report
    assert monitor.end() == 0, monitor.log
    print("works without", ", ".join(missing))


def hears_each_process_without_cookies(folder, program, work, under):
    """It finds the processes, and lets go of them when they have ended. (Ranks here are forks of each other, of which libbpf attaches to
    one: ended operations are not looked for.)"""
    monitor = Monitor(folder, program, work[2:], more="scan_ms: 100", under=under)
    for _ in range(2):
        assert monitor.report()["programs"] == []
        before = monitor.report()["records"]["kinds"]
        traffic = start_traffic(*work[:3])
        monitor.await_report(lambda r: all(r["records"]["kinds"][k] > before[k] for k in ("sent", "received")))
        report = monitor.report()
        assert_says(monitor, report, ["ring buffer", "cookies"])
        daemons = [p["attached"] for p in report["programs"] if p["binary"] == work[2]]
        assert len(daemons) == RANKS * DATAPLANE_PROBES and all(daemons), report["programs"]
        assert report["records"]["lost"] == report["records"]["refused"] == 0, report["records"]
        traffic.terminate()
        traffic.wait()
        monitor.await_report(lambda r: r["programs"] == [])
    assert monitor.end() == 0, monitor.log
    print("without cookies of probes it hears each process")


def hears_nothing_without_uprobes(folder, program, work):
    monitor = Monitor(folder, program, work[2:], under=hidden("/sys/bus/event_source/devices"))
    carry(*work[:3])
    report = monitor.report()
    assert_says(monitor, report, ["uprobes"])
    assert report["programs"] and not any(p["attached"] for p in report["programs"]), report["programs"]
    assert all(p["error"] for p in report["programs"]), report["programs"]
    assert report["records"]["taken"] == 0
    assert monitor.end() == 0, monitor.log
    print("without uprobes it says so, of each program, and goes on answering")


def ends_without_the_right_to_load(folder, program):
    config = os.path.join(folder, "monitor.yaml")
    with open(config, "w") as out:
        out.write(f"socket: {folder}/monitor.sock\nruntime_folder: {folder}\n")
    ended = subprocess.run(["setpriv", "--bounding-set=-bpf,-sys_admin", program, config], stderr=subprocess.PIPE, text=True)
    lines = [line for line in ended.stderr.splitlines() if "CAP_BPF" in line]
    assert ended.returncode == 1 and len(lines) == 1, ended.stderr
    print("without the right to load programs:", lines[0])


def main(program, lab, bench, dataplane, library, older_kernel):
    work = (lab, bench, dataplane, library)
    with tempfile.TemporaryDirectory() as folder:
        works_without(folder, program, work, hidden("/sys/kernel/btf"), ["BTF"])
        works_without(folder, program, work, refused(older_kernel, "ring_buffer"), ["ring buffer"])
        hears_each_process_without_cookies(folder, program, work, refused(older_kernel, "ring_buffer,cookies"))
        hears_nothing_without_uprobes(folder, program, work)
        ends_without_the_right_to_load(folder, program)


if os.getuid() != 0:
    print("needs root for network namespaces and BPF programs")
    sys.exit(77)
main(*(os.path.realpath(a) for a in sys.argv[1:]))
