#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`weft event watch` sees what was there and what comes, survives control's restart, and control's loss of memory.
usage: watch.py WEFT"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE_S = 60


def event(sequence):
    return {"sequence": sequence, "at_s": 1700000000 + sequence, "level": "info", "kind": "link_up", "text": f"event {sequence}"}


class Test:
    def __init__(self, weft, folder):
        self.weft, self.folder = weft, folder
        self.socket = os.path.join(folder, "socket")
        self.answers = os.path.join(folder, "answers.json")

    def write_events(self, sequences):
        with open(self.answers + ".new", "w") as file:
            json.dump({"events": [event(s) for s in sequences]}, file)
        os.rename(self.answers + ".new", self.answers)

    def start_control(self):
        self.control = subprocess.Popen([sys.executable, os.path.join(HERE, "fake_control.py"), self.socket, self.answers],
                                        stdout=subprocess.PIPE, text=True)
        assert self.control.stdout.readline() == "ready\n"

    def stop_control(self):
        self.control.kill()
        self.control.wait()

    def start_watch(self):
        self.watch = subprocess.Popen([self.weft, "-j", "-s", self.socket, "event", "watch"], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True)

    def expect_event(self, sequence):
        line = self.watch.stdout.readline()
        assert json.loads(line)["sequence"] == sequence, (sequence, line)

    def expect_said(self, words):
        line = self.watch.stderr.readline()
        assert words in line, (words, line)

    def run(self):
        self.write_events([1, 2, 3])
        self.start_control()
        self.start_watch()
        for sequence in (1, 2, 3):
            self.expect_event(sequence)
        self.write_events([1, 2, 3, 4])
        self.expect_event(4)
        self.stop_control()
        self.expect_said("waiting for it")
        self.write_events([1, 2, 3, 4, 5, 6, 7])
        self.start_control()
        self.expect_said("going on after event 4")
        for sequence in (5, 6, 7):
            self.expect_event(sequence)
        self.stop_control()
        self.expect_said("waiting for it")
        self.write_events([1, 2])
        self.start_control()
        self.expect_said("a new log of events")
        self.expect_event(1)
        self.expect_event(2)
        self.watch.send_signal(signal.SIGINT)
        assert self.watch.wait() == 0, self.watch.returncode

    def end(self):
        for process in (getattr(self, "watch", None), getattr(self, "control", None)):
            if process and process.poll() is None:
                process.kill()


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Test(sys.argv[1], folder)
        impatience = threading.Timer(PATIENCE_S, test.end)  # then what is waited for ends, and the test fails
        impatience.start()
        try:
            test.run()
        finally:
            impatience.cancel()
            test.end()


main()
