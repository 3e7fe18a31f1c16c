# SPDX-License-Identifier: BSD-3-Clause
# Two leaves, two spines: every queue pair on the path that was planned for it, the bytes of all paths alike.
. ./fabric.sh
hosts_per_leaf=2
make_fabric
rate=8M # what emulation carries beside other work without the NICs sending again
check "four dataplanes start" start_all

for rank in 0 1 2 3; do capture "host$rank" "/tmp/fabric$rank.pcap"; done
for name in all_reduce all_to_all all_gather; do
    check "$name of 256 KiB over two spines is right" collective 120 $name -b 256K -e 256K -n 1 -w 1
done
uncapture
for rank in 0 1 2 3; do check "source ports of rank $rank" has_right_ports "$rank" "/tmp/fabric$rank.pcap"; done

# What the plan gives each path is half of what a host sends to the other leaf. First by the dataplanes' own counters, of payload; then
# by the routers', which have headers, acknowledgements and what the NICs send twice as well.
even_paths() { even "payload of rank $1 by path" $(./telemetry "$1" paths ${paths[$1]}); }
before=($(uplink_bytes 0 0) $(uplink_bytes 0 1) $(uplink_bytes 1 0) $(uplink_bytes 1 1))
for rank in 0 1 2 3; do paths[rank]=$(./telemetry "$rank" paths); done
check "all_to_all of 2 MiB is right" collective 200 all_to_all -b 2M -e 2M -n 1 -w 0
for rank in 0 1 2 3; do check "bytes of rank $rank's paths against plan" even_paths "$rank"; done
check "bytes of leaf 0's uplinks against plan" even_uplinks 0
check "bytes of leaf 1's uplinks against plan" even_uplinks 1
for rank in 0 1 2 3; do
    echo "      rank $rank: sent again by its NIC $(./telemetry "$rank" count nic_retransmits) times;" \
        "paths that died $(./telemetry "$rank" count paths_died)"
done
