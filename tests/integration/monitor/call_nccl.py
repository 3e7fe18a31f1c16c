# SPDX-License-Identifier: BSD-3-Clause
"""A rank of a job over NCCL, as far as weft-monitor can tell: says on its standard error that it is there, waits until nobody holds
a named pipe, and makes 5 all-reduces, 2 all-gathers and a broadcast.
usage: call_nccl.py PIPE LIBNCCL RANK"""
import ctypes
import sys

nccl = ctypes.CDLL(sys.argv[2])
FLOAT, SUM, ROOT, COMMUNICATOR, STREAM = 7, 0, 0, ctypes.c_void_p(0x1f1f), ctypes.c_void_p(0)
COUNT, BUFFER = ctypes.c_size_t(4), ctypes.create_string_buffer(16)
with open(sys.argv[1]) as start:
    print("rank", sys.argv[3], file=sys.stderr, flush=True)
    start.read()
for _ in range(5):
    assert nccl.ncclAllReduce(BUFFER, BUFFER, COUNT, FLOAT, SUM, COMMUNICATOR, STREAM) == 0
for _ in range(2):
    assert nccl.ncclAllGather(BUFFER, BUFFER, COUNT, FLOAT, COMMUNICATOR, STREAM) == 0
assert nccl.ncclBroadcast(BUFFER, BUFFER, COUNT, FLOAT, ROOT, COMMUNICATOR, STREAM) == 0
