# SPDX-License-Identifier: BSD-3-Clause
"""weft-monitor over a lab: it sees every message of every rank, a slowed link shows in the flows over it and in no
others, it is killed and started again, it works through a perf buffer, control refuses and then takes its
batches.
usage: monitor_lab.py WEFT-MONITOR WEFT-LAB WEFT-BENCH WEFT-DATAPLANE LIBWEFT"""
import http.server
import json
import os
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools"))
from lab_watch import Monitor

monitor_program, lab, bench, dataplane, library = (os.path.realpath(p) for p in sys.argv[1:6])
# Only these programs: others on this machine may be carrying messages too.
listen_to = [dataplane, library]
RANKS, ITERATIONS, WARM_UP, VECTOR = 4, 6, 1, 256 * 1024
KINDS = dict(enumerate(("sent", "received", "entered", "ended", "silent", "answers", "probe", "opened", "closed"), 1))


def run_bench(*arguments, rate="200M", iterations=ITERATIONS, vector=VECTOR,
              shape="2x2x2"):
    out = subprocess.run(
        [lab, "run", shape, "--rate", rate, "--", bench, *arguments, "-n", str(iterations), "-w", str(WARM_UP), "-b",
         str(vector), "-e", str(vector), "--check", "-j", "--mode", "wrap"],
        capture_output=True, text=True)
    assert out.returncode == 0, ("weft-bench:", out.stdout, out.stderr)
    return json.loads(out.stdout.splitlines()[-1])


def total(report, operation, key):
    return sum(o[key] for o in report["operations"] if o["operation"] == operation)


def expected_messages(report):
    """All-to-all sends to each other rank; a barrier among four has two steps."""
    return total(report, "all_to_all", "entered") * (RANKS - 1) + total(report, "barrier", "entered") * 2


def check_all_seen(report):
    assert report["records"]["lost"] == 0 and report["records"]["refused"] == 0, ("lost", report["records"])
    assert total(report, "all_to_all", "entered") == RANKS * (ITERATIONS + WARM_UP), ("entered", report["operations"])
    assert total(report, "all_to_all", "ended") == RANKS * (ITERATIONS + WARM_UP), ("ended", report["operations"])
    kinds = report["records"]["kinds"]
    assert kinds["opened"] == RANKS and kinds["closed"] == RANKS, ("communicators", kinds)
    assert kinds["received"] == expected_messages(report), ("received", kinds, report["operations"])
    carried = sum(s["bytes"] for s in report["stages"] if s["stage"] == "network")
    assert carried == RANKS * (ITERATIONS + WARM_UP) * VECTOR // RANKS * (RANKS - 1), ("bytes", carried)
    for address in ("10.1.0.1", "10.1.0.2", "10.2.0.1", "10.2.0.2"):
        drained = sum(s["count"] for s in report["stages"] if s["stage"] == "drain" and s["address"] == address)
        assert drained == expected_messages(report) // RANKS, ("received at", address, drained)


def everything_is_seen(folder, keys):
    m = Monitor(folder, monitor_program, listen_to, keys)
    run_bench("all_to_all")
    report = m.await_report(lambda r: r["records"]["kinds"]["closed"] == RANKS)
    check_all_seen(report)
    assert m.end() == 0, ("exit status", m.log)
    assert not os.path.exists(m.path), "its socket is still there"
    return report


def slow_link_shows(folder):
    """A fifth of the rate between one leaf and one spine: the time for a byte grows for what crosses that, and for
    nothing else over that spine."""
    ranks = 3
    m = Monitor(folder, monitor_program, listen_to)
    run_bench("all_to_all", "--fault", "leaf0-spine1", "rate", "10M", "--fault-at", "0", rate="50M", vector=3 * VECTOR,
              shape="3x2x1")
    report = m.await_report(lambda r: r["records"]["kinds"]["closed"] == ranks)
    m.end()
    seconds, mib = {}, {}
    for s in report["stages"]:
        if s["stage"] == "network" and s["path"] is not None:
            over = s["address"].split(".")[1] + "-" + s["peer_leaf"].split(".")[1], s["path"]
            seconds[over] = seconds.get(over, 0) + s["sum_s"]
            mib[over] = mib.get(over, 0) + s["bytes"] / 2**20
    pace = {over: round(seconds[over] / mib[over], 3) for over in sorted(seconds) if mib[over] > 0}
    print("seconds for a MiB, by leaves and path:", pace)
    for leaves in ("1-2", "1-3", "2-1", "3-1"):
        assert pace[leaves, 1] > 1.5 * pace[leaves, 0], ("a slow link does not show from leaf to leaf", leaves, pace)
    for leaves in ("2-3", "3-2"):
        assert pace[leaves, 1] < 1.5 * pace[leaves, 0], ("a link that is not slow does", leaves, pace)


def restarted(folder):
    """Killed without a word in the middle; the next one listens at once, and the collective does not notice."""
    m = Monitor(folder, monitor_program, listen_to)
    work = threading.Thread(target=run_bench, args=("all_to_all",), kwargs={"rate": "20M", "iterations": 50})
    work.start()
    first = m.await_report(lambda r: r["records"]["kinds"]["received"] > 0)
    m.end(signal.SIGKILL)
    m = Monitor(folder, monitor_program, listen_to)
    second = m.await_report(lambda r: r["records"]["kinds"]["received"] > 0)
    work.join()
    assert first["incarnation"] != second["incarnation"], "the same incarnation"
    m.end()


class Control(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Takes batches, after it has refused some; looks at envelopes and numbers."""
    daemon_threads = True

    def __init__(self, path):
        self.refusals, self.records, self.next, self.wrong = 5, [], {}, None
        super().__init__(path, Handler)

    def take(self, address, body):
        magic, version, size, count, port, incarnation, first, lost = struct.unpack_from("<IHHIIQQQ", body)
        name = socket.inet_ntoa(struct.pack(">I", port))
        if (magic, version, size, len(body)) != (0x4D495457, 1, 128, 40 + 128 * count) or name != address:
            self.wrong = f"envelope of {address}: {magic:#x} {version} {size} {count} {name} in {len(body)} bytes"
        if first != self.next.get(address, 0) or lost != 0 or incarnation == 0:
            self.wrong = f"{address} begins at {first}, not {self.next.get(address, 0)}; lost {lost}"
        self.next[address] = first + count
        self.records += [body[40 + 128 * i:168 + 128 * i] for i in range(count)]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.refusals -= 1
        taken = self.server.refusals < 0
        if taken:
            self.server.take(self.path.removeprefix("/v1/monitors/"), body)
        self.send_response(200 if taken else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass

    def address_string(self):
        return "monitor"


def control_is_told(folder):
    path = os.path.join(folder, "control.sock")
    control = Control(path)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    m = Monitor(folder, monitor_program, listen_to, f"window_ms: 20\ncontrol: {{socket: {path}}}")
    run_bench("all_to_all")
    report = m.await_report(lambda r: r["records"]["kinds"]["closed"] == RANKS and
                            all(p["buffered"] == 0 for p in r["ports"]))
    m.end()
    assert control.wrong is None, control.wrong
    assert report["control"]["failures"] > 0 and report["control"]["answering"], ("control", report["control"])
    assert len(control.records) == report["records"]["taken"], ("taken", len(control.records), report["records"])
    kinds = [KINDS[r[120]] for r in control.records]
    for kind, count in report["records"]["kinds"].items():
        assert kinds.count(kind) == count, (kind, kinds.count(kind), count)


if os.getuid() != 0:
    print("needs root for network namespaces and BPF programs")
    sys.exit(77)
with tempfile.TemporaryDirectory() as here:
    everything_is_seen(here, "")
    print("every message of every rank is seen")
    perf = everything_is_seen(here, "perf_buffer: yes")
    assert any("ring buffer" in text for text in perf["missing"]), ("missing", perf["missing"])
    print("through a perf buffer as well")
    slow_link_shows(here)
    restarted(here)
    print("killed and started again")
    control_is_told(here)
    print("control is told, after it had refused")
