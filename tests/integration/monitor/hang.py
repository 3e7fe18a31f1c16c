# SPDX-License-Identifier: BSD-3-Clause
"""A collective that hangs: two ranks in a lab, one of which never enters the second barrier. weft-monitor names it, in
its log, in its report, and by way of the dataplanes on the stderr of the job; and says when the collective goes on.
Then the same with a monitor that leaves it to control: the event log, a metric and, again, the stderr of the job name it.
usage: hang.py WEFT-MONITOR WEFT-LAB WEFT-DATAPLANE LIBWEFT [WEFT-EXPORTER]"""
import ctypes
import glob
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools"))
import lab_watch

HANG_MS, NEVER_MS = 1500, 3600000
EXPORTER_AT = "127.0.0.1:9791"
IDENTITY = 0xabc


class Config(ctypes.Structure):
    _fields_ = [("identity", ctypes.c_uint64), ("rank", ctypes.c_uint32), ("rank_count", ctypes.c_uint32),
                ("addresses", ctypes.POINTER(ctypes.c_uint32)), ("path_mode", ctypes.c_uint32),
                ("hash_seed", ctypes.c_uint32), ("timeout_ms", ctypes.c_uint32)]


def rank(library, number):
    """One rank: a barrier for each line on its standard input; says so when it is through."""
    weft = ctypes.CDLL(library)
    context, communicator, request = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    addresses = (ctypes.c_uint32 * 2)(0x0a010001, 0x0a020001)
    config = Config(IDENTITY, number, 2, addresses, 0, 0, 0)
    for result in (weft.weft_attach(f"/run/weft-lab/host{number}.sock".encode(), b"hang", ctypes.byref(context)),
                   weft.weft_communicator_create(context, ctypes.byref(config), ctypes.byref(communicator))):
        if result != 0:
            sys.exit("weft: no communicator")
    for _ in sys.stdin:
        if weft.weft_barrier(communicator, ctypes.byref(request)) != 0 or weft.weft_wait(request) != 0:
            sys.exit("weft: no barrier")
        print("through", flush=True)
    weft.weft_detach(context)


def start_monitor(folder, monitor, files):
    """One that hears all ranks and judges for itself; or one that leaves it to control, whose answers it passes on."""
    judges = "WEFT_CONTROL_SOCKET" not in os.environ
    return lab_watch.Monitor(folder, monitor, files, f"hang_ms: {HANG_MS if judges else NEVER_MS}\nwindow_ms: 20\nsees_all_ranks: {str(judges).lower()}\n"
                   f"dataplanes: {sorted(glob.glob('/run/weft-lab/host*.sock'))}\n")


def await_hang_of_monitor(monitor):
    while not (hangs := [h for h in monitor.report()["hangs"] if h["sequence"] == 1]):
        time.sleep(0.02)
    assert len(hangs) == 1 and hangs[0]["ranks"] == [1] and hangs[0]["sequence"] == 1, hangs
    assert hangs[0]["communicator"] == hex(IDENTITY) and hangs[0]["path"] is None, hangs
    assert HANG_MS / 1e3 <= hangs[0]["for_s"] < 60, hangs


class Exporter:
    def __init__(self, folder, program):
        config = os.path.join(folder, "exporter.yaml")
        with open(config, "w") as out:
            out.write(f"listen: {EXPORTER_AT}\ncontrol: {{socket: {os.environ['WEFT_CONTROL_SOCKET']}}}\n")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.process = subprocess.Popen([program, config], stderr=subprocess.DEVNULL)

    def await_line(self, begin):
        while True:
            assert self.process.poll() is None, "weft-exporter has ended"
            try:
                page = urllib.request.urlopen(f"http://{EXPORTER_AT}/metrics").read().decode()
            except OSError:
                page = ""
            if any(line.startswith(begin) for line in page.splitlines()):
                return
            time.sleep(0.05)


def await_hang_of_control(folder, exporter):
    """In the event log, as a verdict, and as a metric."""
    event = next(e for e in lab_watch.events() if e["kind"] == "verdict")
    verdict = event["evidence"]
    assert (verdict["kind"], verdict["ranks"], verdict["rank_hosts"]) == ("never_entered", [1], ["host1"]), event
    assert verdict["communicator"] == hex(IDENTITY) and verdict["sequence"] == 1 and event["job"], event
    exporter.await_line('fabric_verdict_confidence_ratio{kind="never_entered",component="host1"}')
    return event["sequence"]


def within_lab(lab, monitor_program, dataplane, library, exporter_program=None):
    with_control = "WEFT_CONTROL_SOCKET" in os.environ
    with tempfile.TemporaryDirectory() as folder:
        if with_control:
            lab_watch.restart_control(lab, f"diagnosis: {{hang_ms: {HANG_MS}}}\n")
            exporter = Exporter(folder, exporter_program)
        monitor = start_monitor(folder, monitor_program, [dataplane, library])
        ranks = [subprocess.Popen([sys.executable, __file__, "rank", library, str(i)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(2)]

        def enter(number):
            ranks[number].stdin.write("\n")
            ranks[number].stdin.flush()

        def await_through(number):
            assert ranks[number].stdout.readline() == "through\n"

        enter(0), enter(1), await_through(0), await_through(1)
        enter(0)
        if with_control:
            sequence = await_hang_of_control(folder, exporter)
        else:
            await_hang_of_monitor(monitor)
        while "collective 1 hangs" not in (told := ranks[0].stderr.readline()):
            assert told, "rank 0 has not been told"  # of a barrier that was slow, perhaps, but not of this
        assert told.startswith("weft: ") and ("never_entered, confirmed: rank 1" if with_control else "rank 1 never entered") in told, told
        enter(1), await_through(0), await_through(1)
        if with_control:
            over = next(e for e in lab_watch.events(sequence) if e["kind"] == "verdict")
            assert over["evidence"]["state"] == "cleared", over
            exporter.process.terminate()
            exporter.process.wait()
        while monitor.report()["hangs"]:
            time.sleep(0.02)
        enter(0), enter(1), await_through(0), await_through(1)
        monitor.end()
        if not with_control:
            assert "rank 1 never entered" in monitor.log and "goes on" in monitor.log, monitor.log
        for number, r in enumerate(ranks):  # rank 0's line has been read
            more = r.communicate()[1]
            assert r.returncode == 0 and more.count("collective 1 hangs") == number, more
        print("by control:" if with_control else "by weft-monitor:", told, end="", flush=True)


if sys.argv[1] == "rank":
    rank(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "within":
    within_lab(*sys.argv[2:])
elif os.getuid() != 0:
    print("needs root for network namespaces and BPF programs")
    sys.exit(77)
else:
    monitor_program, lab, *programs = (os.path.realpath(p) for p in sys.argv[1:])
    for more in [[]] + [["--control"]] * (len(programs) == 3):
        subprocess.run([lab, "run", "2x1x1", *more, "--", sys.executable, os.path.realpath(__file__), "within", lab,
                        monitor_program, *programs], check=True)
