# SPDX-License-Identifier: BSD-3-Clause
"""What tools/demo shows last: a link gets slow, and one swallows everything, in the middle of an all-to-all that goes on all the
time; with control and weft-monitor beside it, which find the link, plan around it and bring it back, and without them.
usage: fault_demo.py WEFT-LAB BUILD-FOLDER"""
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

LINK, SHAPE, RATE, HALF, SIZE = "leaf0-spine1", "3x2x2", "60M", "30M", "2M"
WARM_S, FAULT_S_MAX, SHOWN_S, RESTORED_S_MAX = 6, 12, 4, 12
SHOWN = {"verdict", "link_drained", "link_set", "link_restored", "link_suspect", "link_down", "link_up"}


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["WEFT_CONTROL_SOCKET"])


def get(what):
    connection = UnixConnection("weft")
    connection.request("GET", f"/v1/{what}")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


class Show:
    """One lab: traffic, the monitor that counts its steps, and what control says of it."""

    def __init__(self, build, with_control, folder):
        self.lab, self.with_control = f"{build}/tools/lab/weft-lab", with_control
        self.monitor_socket, config = f"{folder}/monitor.sock", f"{folder}/monitor.yaml"
        with open(config, "w") as out:
            out.write(f"socket: {self.monitor_socket}\nruntime_folder: {folder}\nonly_files: yes\n"
                      f"files: [{build}/dataplane/daemon/weft-dataplane, {build}/dataplane/client/libweft.so]\n")
            if with_control:
                out.write(f"control: {{socket: {os.environ['WEFT_CONTROL_SOCKET']}}}\n")
        self.monitor = subprocess.Popen([f"{build}/ebpf/monitor/weft-monitor", config], stderr=subprocess.PIPE, text=True)
        while "ready on" not in (line := self.monitor.stderr.readline()):
            if not line:
                raise SystemExit("weft-monitor has ended")
        threading.Thread(target=self.monitor.stderr.read, daemon=True).start()
        self.traffic = subprocess.Popen([f"{build}/tools/bench/weft-bench", "all_to_all", "-b", SIZE, "-n", "1000000", "--mode",
                                         "planned" if with_control else "wrap"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.began, self.events = time.time(), queue.Queue()
        if with_control:
            threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        after = 0
        while True:
            try:
                answer = get(f"events?after={after}&wait_ms=10000")
            except (OSError, ValueError, http.client.HTTPException):
                return
            after = answer["next"]
            for event in answer["events"]:
                self.events.put(event)

    def steps(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(self.monitor_socket)
            report = json.loads(b"".join(iter(lambda: s.recv(65536), b"")))
        return min((r["ended"] for r in report["ranks"]), default=0)

    def say(self, text, at=None):
        print(f"  {(at or time.time()) - self.began:6.2f} s  {text}", flush=True)

    def tell_event(self, event, since):
        if event["kind"] in SHOWN or (event["kind"] == "plan_published" and since):
            after = f"{event['at_s'] - since:.2f} s after it: " if since else ""
            text = event["text"] if event["kind"] != "plan_published" else f"new plan, {event['text']}"
            self.say(f"{after}{text[:150]}", event["at_s"])

    def watch(self, seconds, since=None, until=None):
        """Shows what happens, and how the traffic goes; ends after the time, or two seconds behind the event `until`."""
        end, began, steps = time.time() + seconds, time.time(), self.steps()
        while (left := end - time.time()) > 0:
            try:
                event = self.events.get(timeout=min(left, 0.25))
                self.tell_event(event, since)
                if until and until(event):
                    until, end = None, time.time() + 2
            except queue.Empty:
                pass
            if time.time() - began >= 2:
                now = self.steps()
                self.say(f"{(now - steps) / (time.time() - began):.1f} steps/s")
                began, steps = time.time(), now

    def fault(self, *what, text, seconds, until=None):
        self.say(text)
        subprocess.run([self.lab, "fault", LINK, *what], check=True)
        self.watch(seconds, since=time.time(), until=until)

    def end(self):
        self.traffic.kill()
        self.monitor.send_signal(signal.SIGTERM)
        self.traffic.wait()
        self.monitor.wait()


def is_of(*kinds):
    return lambda event: event["kind"] in kinds and event["link"] == LINK


def run_story(show):
    waits = show.with_control
    show.watch(WARM_S)
    show.fault("rate", HALF, text=f"{LINK} gets half its rate", seconds=FAULT_S_MAX if waits else SHOWN_S, until=is_of("link_set"))
    show.fault("clear", text=f"{LINK} is mended" + ("; `weft link restore` puts it back at once" if waits else ""), seconds=0)
    if waits:
        subprocess.run([f"{os.environ['WEFT_BUILD']}/tools/weft/weft", "-s", os.environ["WEFT_CONTROL_SOCKET"], "link", "restore", LINK,
                        "reason", "mended"], check=True, stdout=subprocess.DEVNULL)
    show.watch(SHOWN_S)
    show.fault("black_hole", text=f"{LINK} swallows everything", seconds=FAULT_S_MAX if waits else SHOWN_S, until=is_of("link_drained"))
    show.fault("clear", text=f"{LINK} is mended", seconds=RESTORED_S_MAX if waits else SHOWN_S, until=is_of("link_restored"))


def shorten_restoration(lab):
    """A minute of clean probes is for fabrics; two seconds are for who looks on."""
    with open("/run/weft-lab/control.yaml", "a") as out:
        out.write("diagnosis: {clean_s: 2, clean_probes: 1}\n")
    for verb in ("kill", "start"):
        subprocess.run([lab, verb, "control"], check=True)


def within_lab(build):
    with_control = "WEFT_CONTROL_SOCKET" in os.environ
    beside = "control and weft-monitor beside it" if with_control else "no control beside it"
    print(f"\nAn all-to-all of {SIZE}iB vectors over 3 leaves x 2 spines x 6 hosts at {RATE[:-1]} Mb/s, with {beside}:")
    if with_control:
        shorten_restoration(f"{build}/tools/lab/weft-lab")
    with tempfile.TemporaryDirectory() as folder:
        show = Show(build, with_control, folder)
        try:
            run_story(show)
        finally:
            show.end()


if sys.argv[1] == "within":
    within_lab(sys.argv[2])
else:
    lab, build = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    os.environ["WEFT_BUILD"] = build
    for more in (["--control"], []):
        subprocess.run([lab, "run", SHAPE, "--rate", RATE, *more, "--", sys.executable, os.path.realpath(__file__), "within", build],
                       check=True)
