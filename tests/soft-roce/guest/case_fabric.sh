# SPDX-License-Identifier: BSD-3-Clause
# Two leaves, two spines: every queue pair on the path that was planned for it, the bytes of all paths alike.
. ./fabric.sh
hosts_per_leaf=2
make_fabric
rate=20M # what emulation carries without the NICs sending again
check "four dataplanes start" start_all

for rank in 0 1 2 3; do capture "host$rank" "/tmp/fabric$rank.pcap"; done
for name in all_reduce all_to_all all_gather; do
    check "$name of 256 KiB over two spines is right" collective 120 $name -b 256K -e 256K -n 1 -w 1
done
uncapture
for rank in 0 1 2 3; do check "source ports of rank $rank" has_right_ports "$rank" "/tmp/fabric$rank.pcap"; done

# even_uplinks LEAF: the most loaded uplink over their mean is at most 1.05
even_uplinks() {
    awk -v a="$(($(uplink_bytes "$1" 0) - ${before[$1 * 2]}))" -v b="$(($(uplink_bytes "$1" 1) - ${before[$1 * 2 + 1]}))" \
        'BEGIN {most = a > b ? a : b; ratio = 2 * most / (a + b)
                printf "      %d and %d bytes: %.3f\n", a, b, ratio; exit ratio > 1.05}'
}
before=($(uplink_bytes 0 0) $(uplink_bytes 0 1) $(uplink_bytes 1 0) $(uplink_bytes 1 1))
check "all_to_all of 2 MiB is right" collective 200 all_to_all -b 2M -e 2M -n 1 -w 0
check "bytes of leaf 0's uplinks against plan" even_uplinks 0
check "bytes of leaf 1's uplinks against plan" even_uplinks 1
rdma statistic show link | sed 's/^/      /'
