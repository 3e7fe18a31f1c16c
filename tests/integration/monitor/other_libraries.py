# SPDX-License-Identifier: BSD-3-Clause
"""Collectives that weft does not carry: real jobs of two ranks over MPI, or over PyTorch and Gloo, which begin while
weft-monitor runs; it finds the library that they have mapped, and sees every call.
usage: other_libraries.py WEFT-MONITOR mpi CALL-MPI
       other_libraries.py WEFT-MONITOR gloo"""
import os
import signal
import subprocess
import sys
import tempfile

from monitor_process import Monitor, check

RANKS = 2
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's PyTorch


def start_mpi(pipe, program):
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_plm="isolated",
                      OMPI_MCA_btl="self,vader", OMPI_MCA_rmaps_base_oversubscribe="1")
    return [subprocess.Popen(["mpirun", "-n", str(RANKS), program, pipe], stderr=subprocess.PIPE, text=True)]


def start_gloo(pipe, store):
    program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "call_gloo.py")
    return [subprocess.Popen([PYTHON, program, pipe, str(rank), str(RANKS), store], stderr=subprocess.PIPE, text=True)
            for rank in range(RANKS)]


def await_ranks(processes):
    """Every rank has its library mapped, and has met the others."""
    for process in processes:
        for _ in range(RANKS // len(processes)):
            while not (line := process.stderr.readline()).startswith("rank "):
                check(line, "a rank has ended")


def story(monitor, folder, probe, start, *arguments):
    """The ranks call when `probe` is attached to the library that they have mapped."""
    pipe = os.path.join(folder, "start")
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)
    # No port's address is known here: what is seen is counted, and told nobody.
    m = Monitor(monitor, folder, "scan_ms: 100\naddresses: [192.0.2.1]")
    processes = start(pipe, *arguments)
    await_ranks(processes)
    m.await_report(lambda r: any(p["probe"] == probe and p["attached"] for p in r["programs"]))
    os.close(held)
    for process in processes:
        errors = process.communicate()[1]
        check(process.returncode == 0, "the job has failed:", errors)
    calls = RANKS * (5 + 2 + 1)
    report = m.await_report(lambda r: r["records"]["taken"] >= calls)
    check(report["records"]["taken"] == report["records"]["refused"] == calls, "records", report["records"])
    check(m.kill(signal.SIGTERM) == 0, "exit status", m.log)


def has_gloo():
    asked = "import torch.distributed as d; raise SystemExit(0 if d.is_gloo_available() else 1)"
    return os.path.exists(PYTHON) and subprocess.run([PYTHON, "-c", asked], capture_output=True).returncode == 0


def main(monitor, library, *arguments):
    if os.getuid() != 0:
        print("needs root for BPF programs")
        return 77
    if library == "gloo" and not has_gloo():
        print("needs PyTorch with Gloo (Debian: python3-torch)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        if library == "mpi":
            story(monitor, folder, "MPI_Allreduce", start_mpi, arguments[0])
        else:
            story(monitor, folder, "_ZN4gloo9allreduceERKNS_16AllreduceOptionsE", start_gloo,
                  os.path.join(folder, "store"))
    print(f"every call of {RANKS} ranks over {library} is seen")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(os.path.realpath(a) if "/" in a else a for a in sys.argv[1:])))
