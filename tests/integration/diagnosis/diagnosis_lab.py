# SPDX-License-Identifier: BSD-3-Clause
"""From a fault in a lab to a verdict, a drain and a plan, and back: weft-monitor listens to the dataplanes under an
all-to-all, control names the link that was broken, no other, and acts; the link is mended and comes back. Then
monitors are killed and started amid traffic, and control too: nothing is done that was not to be done.
Prints what took how long; judges only what was found.
usage: diagnosis_lab.py WEFT-LAB WEFT-DATAPLANE WEFT-BENCH WEFT-MONITOR LIBWEFT [STORY...]"""
import http.server
import json
import os
import queue
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools"))
from lab_watch import Monitor, get, last_event, restart_control

LINK = "leaf0-spine1"
RESTORED_SOON = "diagnosis: {clean_s: 2, clean_probes: 1}\n"
# Shape, rate and size of each story. At least three leaves and three spines, or nothing tells the two ends of a path apart, and what
# leaves a slow link loads one other alone (two_spines: nothing is to be done then). Lone packets tell a slow link (paused) from one that others load without end
# (shared), as far as hosts answer with less jitter than a queue lasts. Where a link is to be slow, no more spines than hosts of a leaf: else it has room to spare.
STORIES = {"restarts": ("3x2x2", "60M", "2M"), "black_hole": ("3x4x2", "100M", "2M"), "loss": ("3x3x3", "60M", "4M"),
           "rate": ("3x3x3", "60M", "2M"), "two_spines": ("3x2x2", "60M", "2M"),
           "paused": ("3x3x3", "60M", "2M"), "shared": ("3x3x3", "60M", "2M")}
PAUSES_MS = {"paused": 800, "shared": 800}  # between operations, in which the fabric is silent but for others
SETTLED_OPERATIONS = 12  # ended by all ranks before the fault
MOST_OPERATIONS = 200  # by then it has been told, or never will be
WATCHED_OPERATIONS = 12  # so many more show that nothing else is said
DOUBTFUL_OPERATIONS = 60


# What others do on the link, from an address of leaf 0 that spine 1 has a route to.
SINK = """
import socket, threading
def take(connection):
    while connection.recv(1 << 16):
        pass
listener = socket.create_server(("", 5001))
while True:
    threading.Thread(target=take, args=(listener.accept()[0],), daemon=True).start()
"""
SOURCE = """
import socket, time
connection = None
while not connection:
    try:
        connection = socket.create_connection(("10.255.1.2", 5001), source_address=("10.1.0.254", 0))
    except OSError:
        time.sleep(0.05)
while True:
    connection.sendall(bytes(1 << 16))
"""


class Pager(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The webhook's server, and a program beside it: what each has been told, in order."""
    daemon_threads = True

    def __init__(self, folder):
        self.path, self.posts = os.path.join(folder, "pager.sock"), queue.Queue()
        self.program, self.told = os.path.join(folder, "hook"), os.path.join(folder, "told")
        super().__init__(self.path, PagerCall)
        threading.Thread(target=self.serve_forever, daemon=True).start()
        with open(self.program, "w") as out:
            out.write(f"#!/bin/sh\ncat >>{self.told}; echo >>{self.told}\n")
        os.chmod(self.program, 0o755)

    def keys(self):
        return f"hooks: {{socket: {self.path}, path: /weft, program: {self.program}}}\n"

    def check(self, states):
        """Waits until both have been told of one verdict in these states, one after the other."""
        posts = [self.posts.get() for _ in states]
        while not os.path.exists(self.told) or len(lines := open(self.told).readlines()) < len(states):
            time.sleep(0.02)
        assert [json.loads(line) for line in lines] == [json.loads(body) for _, body in posts], lines
        verdict, = get(f"verdicts?link={LINK}")["verdicts"]
        for (path, body), state in zip(posts, states):
            told = json.loads(body)
            assert path == "/weft" and (told["id"], told["kind"], told["state"]) == (verdict["id"], verdict["kind"], state), told
        assert told == verdict, (told, verdict)


class PagerCall(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.headers["Content-Type"] == "application/json"
        self.server.posts.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    def address_string(self):
        return "control"


def await_ended(monitor, more):
    count = monitor.ended() + more
    while monitor.ended() < count:
        time.sleep(0.05)


def await_event(monitor, after, good):
    """The first event behind number `after` that is good."""
    most = monitor.ended() + MOST_OPERATIONS
    while monitor.ended() < most:
        answer = get(f"events?after={after}&wait_ms=1000")
        for event in answer["events"]:
            if good(event):
                return event
        after = answer["next"]
    raise AssertionError(f"{MOST_OPERATIONS} operations have ended: {get('verdicts')}, {get('events?after=0')}")


def await_settled(monitor):
    hosts = get("fabric")["hosts"]
    while not ((f := get("fabric"))["agents"]["current"] == hosts and f["plan"] and f["plan"]["flows"] > 0):
        time.sleep(0.05)
    await_ended(monitor, SETTLED_OPERATIONS)
    assert get("verdicts")["verdicts"] == [], get("verdicts")


def assert_only_this_link(kinds):
    verdicts = get("verdicts")["verdicts"]
    for v in verdicts:
        assert v.get("link") == LINK and v["kind"] in kinds and len(v["components"]) == 1, v["text"]
    return verdicts


def story_of_fault(lab, monitor, fault, kinds, comes_back):
    await_settled(monitor)
    before, started, ended = last_event(), time.time(), monitor.ended()
    subprocess.run([lab, "fault", LINK, *fault], check=True)
    told = await_event(monitor, before, lambda e: e["kind"] == "verdict" and e["evidence"]["state"] == "confirmed")
    steps = monitor.ended() - ended
    planned = await_event(monitor, before, lambda e: e["kind"] == "plan_published")
    action = await_event(monitor, before, lambda e: e["kind"] in ("link_drained", "link_set"))
    assert action["link"] == LINK and "weft-control" in action["text"], action
    verdict = assert_only_this_link(kinds)[0]
    assert verdict["action"] == ("reweight" if action["kind"] == "link_set" else "drain"), verdict
    print(f"{' '.join(fault)}: new plan after {planned['at_s'] - started:.3f} s, verdict {verdict['components'][0]} "
          f"{verdict['kind']} after {told['at_s'] - started:.3f} s, {steps} steps", flush=True)
    await_ended(monitor, WATCHED_OPERATIONS)
    assert_only_this_link(kinds)
    mended = time.time()
    subprocess.run([lab, "fault", LINK, "clear"], check=True)
    if comes_back:
        while (link := get(f"links/{LINK}")["links"][0])["drained"] or link["state"] != "up":
            time.sleep(0.05)
        print(f"  mended, and back after {time.time() - mended:.1f} s", flush=True)


def story_of_doubt(lab, monitor, *fault):
    """What a slow link sheds loads its one sibling as much: whoever is in doubt, the link is among them, and nothing is done to any other."""
    await_settled(monitor)
    subprocess.run([lab, "fault", LINK, *fault], check=True)
    await_ended(monitor, DOUBTFUL_OPERATIONS)
    for v in get("verdicts")["verdicts"]:
        assert any(c.startswith(LINK) for c in v["components"]), v["text"]
        print(f"{' '.join(fault)}, two spines: {v['text'].split(' (')[0]}: {v['reason']}", flush=True)
    for link in get("links")["links"]:
        assert link["name"] == LINK or not link["drained"] and link["capacity_ratio"] == 1, link


def story_of_others(lab, monitor):
    """Two streams of TCP load the link without end, and heed its marks."""
    await_settled(monitor)
    for node in ("leaf0", "spine1"):
        subprocess.run([lab, "exec", node, "--", "sysctl", "-qw", "net.ipv4.tcp_ecn=1"], check=True)
    before, started, ended = last_event(), time.time(), monitor.ended()
    streams = [subprocess.Popen([lab, "exec", "spine1", "--", sys.executable, "-c", SINK])]
    streams += [subprocess.Popen([lab, "exec", "leaf0", "--", sys.executable, "-c", SOURCE]) for _ in range(2)]
    told = await_event(monitor, before, lambda e: e["kind"] == "verdict" and e["evidence"]["state"] == "confirmed")
    verdict = assert_only_this_link({"congested"})[0]
    print(f"others' traffic: verdict {verdict['components'][0]} {verdict['kind']} after {told['at_s'] - started:.3f} s, "
          f"{monitor.ended() - ended} steps: {verdict['action']}", flush=True)
    await_ended(monitor, WATCHED_OPERATIONS)
    assert_only_this_link({"congested"})
    assert not get(f"links/{LINK}")["links"][0]["drained"]
    for stream in reversed(streams):  # the sink last
        stream.kill()
        stream.wait()


def story_of_restarts(lab, folder, program, files, monitor):
    """Monitors die, are blind for a while, and start again; control too. Nobody is blamed, nothing is done."""
    await_settled(monitor)
    after = last_event()
    monitor.end(signal.SIGKILL)
    monitor = Monitor(folder, program, files)
    await_ended(monitor, SETTLED_OPERATIONS)
    restart_control(lab, RESTORED_SOON)
    await_ended(monitor, WATCHED_OPERATIONS)
    kinds = {e["kind"] for e in get(f"events?after={after}")["events"]}
    assert not kinds & {"verdict", "link_drained", "link_set"}, kinds
    assert get("verdicts")["verdicts"] == []
    print("monitor killed, control restarted: nobody is blamed", flush=True)
    return monitor


def within_lab(story, lab, dataplane, bench, program, library):
    files = [dataplane, library]
    with tempfile.TemporaryDirectory() as folder:
        pager = Pager(folder)
        if story == "black_hole":  # whose probes show that it is over; small losses they do not see
            restart_control(lab, RESTORED_SOON + pager.keys())
        monitor = Monitor(folder, program, files)
        traffic = subprocess.Popen([bench, "all_to_all", "-b", STORIES[story][2], "-n", "1000000", "--mode", "planned",
                                    "--pause", str(PAUSES_MS.get(story, 0))], stdout=subprocess.DEVNULL)
        if story == "restarts":
            monitor = story_of_restarts(lab, folder, program, files, monitor)
        elif story == "black_hole":
            story_of_fault(lab, monitor, ["black_hole"], {"black_hole"}, True)
            pager.check(["confirmed", "cleared"])
            print("  the hooks have been told", flush=True)
        elif story == "loss":
            story_of_fault(lab, monitor, ["loss", "1%"], {"lossy"}, False)
        elif story == "shared":
            story_of_others(lab, monitor)
        elif story == "paused":
            story_of_fault(lab, monitor, ["rate", "30M"], {"reduced_rate"}, False)
        elif story == "two_spines":
            story_of_doubt(lab, monitor, "rate", "30M")
        else:
            # A full link of half its rate has marks as a congested one has, when they come before the verdict.
            story_of_fault(lab, monitor, ["rate", "30M"], {"reduced_rate", "congested"}, False)
        assert traffic.poll() is None
        monitor.end()
        traffic.terminate()
        traffic.wait()


def own_copies(folder, dataplane, library):
    """weft-monitor listens to files: with its own, a lab is not mixed up with another one of the same build, whose ranks may end before.
    weft-dataplane looks for its BPF program by its own place, programs for libweft by its first version number."""
    os.makedirs(f"{folder}/dataplane/daemon")
    os.symlink(os.path.join(os.path.dirname(dataplane), "../../ebpf"), f"{folder}/ebpf")
    name = os.path.basename(library)
    os.symlink(name, os.path.join(folder, ".".join(name.split(".")[:3])))
    return shutil.copy(dataplane, f"{folder}/dataplane/daemon"), shutil.copy(library, folder)


def tell(name, lab, dataplane, bench, monitor_program, library):
    """One story in a lab of its own; false: it went wrong, and has said why."""
    began = time.time()
    shape, rate, _ = STORIES[name]
    with tempfile.TemporaryDirectory() as own:
        own_dataplane, own_library = own_copies(own, dataplane, library)
        ended = subprocess.run([lab, "run", shape, "--rate", rate, "--control", "--dataplane", own_dataplane, "--", sys.executable,
                                os.path.realpath(__file__), "within", name, lab, own_dataplane, bench, monitor_program, own_library],
                               env={**os.environ, "LD_LIBRARY_PATH": own})
    print(f"  {name}: {time.time() - began:.0f} s in all", flush=True)
    return ended.returncode == 0


def is_told_well(name, *programs):
    """By two runs of three, unless the first is well: verdicts have error rates (control/DIAGNOSIS.md), most of all on a machine that
    has less time for one host than for others."""
    if tell(name, *programs):
        return True
    print(f"  {name}: went wrong; it must go well twice", flush=True)
    return tell(name, *programs) and tell(name, *programs)


if sys.argv[1] == "within":
    within_lab(*sys.argv[2:])
elif os.getuid() != 0:
    print("needs root for network namespaces and BPF programs")
    sys.exit(77)
else:
    programs = [os.path.realpath(p) for p in sys.argv[1:6]]
    for name in sys.argv[6:] or STORIES:
        if not is_told_well(name, *programs):
            sys.exit(1)
