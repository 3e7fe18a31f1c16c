# SPDX-License-Identifier: BSD-3-Clause
"""What tools/demo shows last: a link gets slow, and one swallows everything, in the middle of an all-to-all that goes on all the
time; with control and weft-monitor beside it, which find the link, plan around it and bring it back, and without them.
usage: fault_demo.py WEFT-LAB BUILD-FOLDER"""
import http.client
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

import lab_watch

LINK, SHAPE, RATE, HALF, SIZE = "leaf0-spine1", "3x3x3", "60M", "30M", "2M"
WARM_S, FAULT_S_MAX, SHOWN_S, RESTORED_S_MAX = 6, 12, 4, 12
RESTORED_SOON = "diagnosis: {clean_s: 2, clean_probes: 1}\n"  # a minute of clean probes is for fabrics
SHOWN = {"verdict", "link_drained", "link_set", "link_restored", "link_suspect", "link_down", "link_up"}


class Show:
    """One lab: traffic, the monitor that counts its steps, and what control says of it."""

    def __init__(self, build, with_control, folder):
        self.lab, self.with_control = f"{build}/tools/lab/weft-lab", with_control
        self.monitor = lab_watch.Monitor(folder, f"{build}/ebpf/monitor/weft-monitor",
                                         [f"{build}/dataplane/daemon/weft-dataplane", f"{build}/dataplane/client/libweft.so"])
        self.traffic = subprocess.Popen([f"{build}/tools/bench/weft-bench", "all_to_all", "-b", SIZE, "-n", "1000000", "--mode",
                                         "planned" if with_control else "wrap"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.began, self.events = time.time(), queue.Queue()
        if with_control:
            threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        try:
            for event in lab_watch.events():
                self.events.put(event)
        except (OSError, ValueError, http.client.HTTPException):
            return  # control has ended, with the lab

    def say(self, text, at=None):
        print(f"  {(at or time.time()) - self.began:6.2f} s  {text}", flush=True)

    def tell_event(self, event, since):
        if event["kind"] in SHOWN or (event["kind"] == "plan_published" and since):
            after = f"{event['at_s'] - since:.2f} s after it: " if since else ""
            self.say(f"{after}{text_of(event)}", event["at_s"])

    def watch(self, seconds, since=None, until=None):
        """Shows what happens, and how the traffic goes; ends after the time, or two seconds behind the event `until`."""
        end, began, steps = time.time() + seconds, time.time(), self.monitor.ended()
        while (left := end - time.time()) > 0:
            try:
                event = self.events.get(timeout=min(left, 0.25))
                self.tell_event(event, since)
                if until and until(event):
                    until, end = None, time.time() + 2
            except queue.Empty:
                pass
            if time.time() - began >= 2:
                now = self.monitor.ended()
                self.say(f"{(now - steps) / (time.time() - began):.1f} steps/s")
                began, steps = time.time(), now

    def fault(self, *what, text, seconds, until=None):
        self.say(text)
        subprocess.run([self.lab, "fault", LINK, *what], check=True)
        self.watch(seconds, since=time.time(), until=until)

    def end(self):
        self.traffic.kill()
        self.traffic.wait()
        self.monitor.end()


def text_of(event):
    """The event as control words it, but of a verdict only what it says, not the numbers that it follows from."""
    if event["kind"] == "plan_published":
        return f"new plan, {event['text']}"
    if event["kind"] != "verdict":
        return event["text"]
    v = event["evidence"]
    return f"verdict {v['id']}: {v['kind']}, {v['state']}: {' or '.join(v['components'])}, confidence {v['confidence']:.4f}; {v['action']}: {v['reason']}"


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


def within_lab(build):
    with_control = "WEFT_CONTROL_SOCKET" in os.environ
    beside = "control and weft-monitor beside it" if with_control else "no control beside it"
    print(f"\nAn all-to-all of {SIZE[:-1]} {SIZE[-1]}iB vectors over 3 leaves x 3 spines x 9 hosts at {RATE[:-1]} Mb/s, with {beside}:")
    if with_control:
        lab_watch.restart_control(f"{build}/tools/lab/weft-lab", RESTORED_SOON)
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
