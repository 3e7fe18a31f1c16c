# SPDX-License-Identifier: BSD-3-Clause
"""Collectives that weft does not carry: real jobs of two ranks over MPI, or over PyTorch and Gloo, and one over a library that has NCCL's
name, symbols and signatures, which begin while weft-monitor runs; it finds the library that they have mapped, and sees every call.
usage: other_libraries.py WEFT-MONITOR mpi CALL-MPI
       other_libraries.py WEFT-MONITOR gloo
       other_libraries.py WEFT-MONITOR nccl LIBNCCL WEFT-LAB WEFT-BENCH WEFT-DATAPLANE"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../../tools"))
from lab_watch import Monitor

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


def start_nccl(pipe, library):
    program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "call_nccl.py")
    return [subprocess.Popen([sys.executable, program, pipe, library, str(rank)], stderr=subprocess.PIPE, text=True)
            for rank in range(RANKS)]


def await_ranks(processes):
    """Every rank has its library mapped, and has met the others."""
    for process in processes:
        for _ in range(RANKS // len(processes)):
            while not (line := process.stderr.readline()).startswith("rank "):
                assert line, "a rank has ended"


def run_job(m, folder, probe, start, *arguments):
    """The ranks call when `probe` is attached to the library that they have mapped."""
    pipe = os.path.join(folder, "start")
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDWR)
    processes = start(pipe, *arguments)
    await_ranks(processes)
    m.await_report(lambda r: any(p["probe"] == probe and p["attached"] for p in r["programs"]))
    os.close(held)
    for process in processes:
        errors = process.communicate()[1]
        assert process.returncode == 0, ("the job has failed:", errors)


def story(monitor, folder, *job):
    """No port's address is known here: what is seen is counted, and told nobody."""
    m = Monitor(folder, monitor, more="scan_ms: 100\naddresses: [192.0.2.1]")
    run_job(m, folder, *job)
    calls = RANKS * (5 + 2 + 1)
    report = m.await_report(lambda r: r["records"]["taken"] >= calls)
    assert report["records"]["taken"] == report["records"]["refused"] == calls, ("records", report["records"])
    assert m.end() == 0, ("exit status", m.log)


def story_of_nccl(monitor, folder, library, lab, bench, dataplane):
    """A host whose port is known by what weft has carried before: the calls are told of it, operation by operation, as handed over only."""
    m = Monitor(folder, monitor, more=f"scan_ms: 100\nfiles: [{dataplane}]\naddresses: [10.1.0.1]")
    subprocess.run([lab, "run", "2x1x1", "--dataplane", dataplane, "--", bench, "all_reduce", "-b", "64K", "-n", "1"], check=True,
                   stdout=subprocess.DEVNULL)
    m.await_report(lambda r: any(p["address"] == "10.1.0.1" for p in r["ports"]))
    run_job(m, folder, "ncclAllReduce", start_nccl, library)
    calls = {"all_reduce": RANKS * 5, "all_gather": RANKS * 2, "broadcast": RANKS}
    m.await_report(lambda r: {o["operation"]: o["enqueue_only"] for o in r["operations"] if o["enqueue_only"] > 0} == calls)
    assert m.end() == 0, ("exit status", m.log)


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
        elif library == "nccl":
            story_of_nccl(monitor, folder, *arguments)
        else:
            story(monitor, folder, "_ZN4gloo9allreduceERKNS_16AllreduceOptionsE", start_gloo,
                  os.path.join(folder, "store"))
    print(f"every call of {RANKS} ranks over {library} is seen")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(os.path.realpath(a) if "/" in a else a for a in sys.argv[1:])))
