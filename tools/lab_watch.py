# SPDX-License-Identifier: BSD-3-Clause
"""What programs inside a lab ask of weft-control and weft-monitor: the demonstration of faults and the tests of diagnosis."""
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

CONTROL_CONFIG = "/run/weft-lab/control.yaml"
WAIT_MS = 10000  # control answers an empty list then, and is asked again


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["WEFT_CONTROL_SOCKET"])


def get(what):
    """The answer to GET /v1/WHAT (control/API.md)."""
    connection = UnixConnection("weft")
    try:
        connection.request("GET", f"/v1/{what}")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def last_event():
    """The sequence number of the newest event."""
    after = 0
    while (answer := get(f"events?after={after}"))["events"]:
        after = answer["next"]
    return after


def events(after=0):
    """Every event behind number `after`, as they come, for ever."""
    while True:
        answer = get(f"events?after={after}&wait_ms={WAIT_MS}")
        yield from answer["events"]
        after = answer["next"]


def restart_control(lab, more):
    """With keys of its own, as an operator would; the dataplanes only see it go and come."""
    with open(CONTROL_CONFIG) as file:
        config = file.read()
    with open(CONTROL_CONFIG, "w") as out:
        out.write(config + more)
    for verb in ("kill", "start"):
        subprocess.run([lab, verb, "control"], check=True)


class Monitor:
    """A weft-monitor; it tells control where there is one. `log` has what it has said."""

    def __init__(self, folder, program, files=(), more="", under=()):
        """Listens to these files and to nothing else of the machine; without any, to all. `more`: keys of its configuration;
        `under`: a command that executes it."""
        self.path, config = os.path.join(folder, "monitor.sock"), os.path.join(folder, "monitor.yaml")
        with open(config, "w") as out:
            out.write(f"socket: {self.path}\nruntime_folder: {folder}\n{more}\n")
            if files:
                out.write(f"only_files: yes\nfiles: {list(files)}\n")
            if "WEFT_CONTROL_SOCKET" in os.environ:
                out.write(f"control: {{socket: {os.environ['WEFT_CONTROL_SOCKET']}}}\n")
        self.process = subprocess.Popen([*under, program, config], stderr=subprocess.PIPE, text=True)
        self.log = ""
        while "ready on" not in self.log:
            line = self.process.stderr.readline()
            if not line:
                raise SystemExit(f"weft-monitor has ended: {self.log}")
            self.log += line
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()

    def read_log(self):
        for line in self.process.stderr:
            self.log += line

    def report(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.path)
            return json.loads(b"".join(iter(lambda: s.recv(65536), b"")))

    def await_report(self, good):
        """Asks until it is as it should be; the limit is that of the whole test."""
        while not good(report := self.report()):
            if self.process.poll() is not None:
                raise SystemExit(f"weft-monitor has ended: {self.log}")
            time.sleep(0.02)
        return report

    def ended(self):
        """One beyond the newest operation that all ranks have ended, barriers included."""
        return min((r["ended"] for r in self.report()["ranks"]), default=0)

    def end(self, how=signal.SIGTERM):
        """Returns its exit status."""
        self.process.send_signal(how)
        status = self.process.wait()
        self.reader.join()
        return status
