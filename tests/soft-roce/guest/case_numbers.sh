# SPDX-License-Identifier: BSD-3-Clause
# As if the device took no notice of flow labels: source ports follow from queue pairs' numbers, and pairs are chosen that suit.
. ./fabric.sh
make_fabric
rate=20M
option=,source_ports=numbers
check "two dataplanes start" start_all
for rank in 0 1; do capture "host$rank" "/tmp/numbers$rank.pcap"; done
before=($(uplink_bytes 0 0) $(uplink_bytes 0 1) $(uplink_bytes 1 0) $(uplink_bytes 1 1))
check "all_reduce of 1 MiB is right" collective 120 all_reduce -b 1M -e 1M -n 2 -w 0
uncapture
for rank in 0 1; do check "source ports of rank $rank" has_right_ports "$rank" "/tmp/numbers$rank.pcap"; done
check "bytes of leaf 0's uplinks against plan" even_uplinks 0
check "bytes of leaf 1's uplinks against plan" even_uplinks 1
option=
