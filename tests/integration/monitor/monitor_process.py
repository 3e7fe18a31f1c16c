# SPDX-License-Identifier: BSD-3-Clause
"""weft-monitor as a process that a test runs, and asks."""
import json
import os
import socket
import subprocess
import sys
import threading
import time


def check(truth, *what):
    if not truth:
        print("FAILED:", *what)
        sys.exit(1)


class Monitor:
    """One that runs; `log` has what it has said."""

    def __init__(self, program, folder, keys):
        """`keys`: of its configuration, beside its own socket."""
        self.socket = os.path.join(folder, "monitor.sock")
        file = os.path.join(folder, "monitor.yaml")
        with open(file, "w") as out:
            out.write(f"socket: {self.socket}\nruntime_folder: {folder}\n{keys}\n")
        self.process = subprocess.Popen([program, file], stderr=subprocess.PIPE, text=True)
        self.log = ""
        while "ready on" not in self.log:
            line = self.process.stderr.readline()
            check(line, "weft-monitor has ended:", self.log)
            self.log += line
        threading.Thread(target=self.read_log, daemon=True).start()

    def read_log(self):
        for line in self.process.stderr:
            self.log += line

    def report(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.socket)
            return json.loads(b"".join(iter(lambda: s.recv(65536), b"")))

    def await_report(self, good):
        """Asks until it is as it should be; the limit is that of the whole test."""
        while True:
            report = self.report()
            if good(report):
                return report
            check(self.process.poll() is None, "weft-monitor has ended:", self.log)
            time.sleep(0.02)

    def kill(self, how):
        self.process.send_signal(how)
        return self.process.wait()
