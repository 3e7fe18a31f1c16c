# SPDX-License-Identifier: BSD-3-Clause
"""A rank of a job over PyTorch and Gloo, for weft-monitor to see: says on its standard error that it is there, waits until
nobody holds a named pipe, and makes 5 all-reduces, 2 barriers and a broadcast.
usage: call_gloo.py PIPE RANK RANKS STORE"""
import os
import sys

import torch
import torch.distributed as job

pipe, rank, ranks, store = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.environ["GLOO_SOCKET_IFNAME"] = "lo"
job.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=ranks)
with open(pipe) as start:
    print("rank", rank, file=sys.stderr, flush=True)
    start.read()
for _ in range(5):
    numbers = torch.full((1024,), float(rank))
    job.all_reduce(numbers)
    assert numbers.eq(ranks * (ranks - 1) / 2).all()
for _ in range(2):
    job.barrier()
numbers = torch.full((16,), float(rank))
job.broadcast(numbers, src=1)
assert numbers.eq(1).all()
