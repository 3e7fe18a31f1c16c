# SPDX-License-Identifier: BSD-3-Clause
"""A collective that hangs: two ranks in a lab, one of which never enters the second barrier. weft-monitor names it, in
its log, in its report, and by way of the dataplanes on the stderr of the job; and says when the collective goes on.
usage: hang.py WEFT-MONITOR WEFT-LAB WEFT-DATAPLANE LIBWEFT"""
import ctypes
import glob
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

HANG_MS = 1500
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


def report(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        return json.loads(b"".join(iter(lambda: s.recv(65536), b"")))


def start_monitor(folder, monitor, files):
    path, config = os.path.join(folder, "monitor.sock"), os.path.join(folder, "monitor.yaml")
    with open(config, "w") as out:
        out.write(f"socket: {path}\nruntime_folder: {folder}\nfiles: {files}\nonly_files: yes\nhang_ms: {HANG_MS}\nwindow_ms: 20\n"
                  f"sees_all_ranks: yes\ndataplanes: {sorted(glob.glob('/run/weft-lab/host*.sock'))}\n")
    process = subprocess.Popen([monitor, config], stderr=subprocess.PIPE, text=True)
    while "ready on" not in process.stderr.readline():
        pass
    return process, path


def within_lab(monitor, dataplane, library):
    with tempfile.TemporaryDirectory() as folder:
        process, path = start_monitor(folder, monitor, [dataplane, library])
        ranks = [subprocess.Popen([sys.executable, __file__, "rank", library, str(i)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(2)]

        def enter(number):
            ranks[number].stdin.write("\n")
            ranks[number].stdin.flush()

        def await_through(number):
            assert ranks[number].stdout.readline() == "through\n"

        enter(0), enter(1), await_through(0), await_through(1)
        enter(0)
        while not (hangs := [h for h in report(path)["hangs"] if h["sequence"] == 1]):
            time.sleep(0.02)
        assert len(hangs) == 1 and hangs[0]["ranks"] == [1] and hangs[0]["sequence"] == 1, hangs
        assert hangs[0]["communicator"] == hex(IDENTITY) and hangs[0]["path"] is None, hangs
        assert HANG_MS / 1e3 <= hangs[0]["for_s"] < 60, hangs
        while "never entered" not in (told := ranks[0].stderr.readline()):
            assert told, "rank 0 has not been told"  # of a barrier that was slow, perhaps, but not of this
        assert told.startswith("weft: collective 1 hangs") and "rank 1 never entered" in told, told
        enter(1), await_through(0), await_through(1)
        while report(path)["hangs"]:
            time.sleep(0.02)
        enter(0), enter(1), await_through(0), await_through(1)
        process.terminate()
        log = process.communicate()[1]
        assert "rank 1 never entered" in log and "goes on" in log, log
        for r in ranks:
            r.communicate()
            assert r.returncode == 0
        print(told, end="")


if sys.argv[1] == "rank":
    rank(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "within":
    within_lab(*sys.argv[2:])
elif os.getuid() != 0:
    print("needs root for network namespaces and BPF programs")
    sys.exit(77)
else:
    programs = [os.path.realpath(p) for p in sys.argv[1:5]]
    sys.exit(subprocess.run([programs[1], "run", "2x1x1", "--", sys.executable, os.path.realpath(__file__), "within",
                             programs[0], programs[2], programs[3]]).returncode)
