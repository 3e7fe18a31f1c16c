#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Everything together: each collective and each path mode over a small lab, every byte verified; then a dataplane dies: the
# run ends with an error that names its rank, and once the dataplane is started again, runs succeed.
# usage: collectives.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }

story='
set -eu
for collective in all_reduce reduce_scatter all_gather all_to_all broadcast barrier send_receive; do
    "$bench" $collective -b 300003 -n 2 --check --placement scattered
done
for mode in hash spray ethereal wrap; do
    "$bench" all_to_all -b 256K -n 2 --check --mode $mode --ranks 7
done
"$bench" all_reduce -b 100000 -n 2 --check --type bfloat16 --reduction average --ranks 3 --placement 7

# Bytes that host0 has sent so far.
sent() { "$lab" counters | awk "\$1 == \"host0\" { print \$3 }"; }

echo "a dataplane is killed while its rank is at work"
before=$(sent)
"$bench" all_reduce -b 8M -n 1000 >output 2>&1 &
while [ $(($(sent) - before)) -lt 4000000 ]; do :; done
"$lab" kill host1
if wait $!; then echo "all_reduce went on without host1"; exit 1; fi
grep "rank 1" output
"$lab" start host1
"$bench" broadcast -b 100000 -n 2 --check
'
export lab bench
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
"$lab" run 2x2x2 --rate 100M --dataplane "$dataplane" -- sh -c "$story"
