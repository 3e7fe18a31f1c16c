# SPDX-License-Identifier: BSD-3-Clause
# Two leaves, two spines: every queue pair on the path that was planned for it, the bytes of all paths alike.
. ./fabric.sh
hosts_per_leaf=2
make_fabric
rate=8M # what emulation carries beside other work without the NICs sending again
# Seconds of silence are nothing in emulation on a busy machine.
check "four dataplanes start" start_all 'transport: {peer_timeout_ms: 120000}'

for rank in 0 1 2 3; do capture "host$rank" "/tmp/fabric$rank.pcap"; done
for name in all_reduce all_to_all all_gather; do
    check "$name of 256 KiB over two spines is right" collective 120 $name -b 256K -e 256K -n 1 -w 1
done
uncapture
for rank in 0 1 2 3; do check "source ports of rank $rank" has_right_ports "$rank" "/tmp/fabric$rank.pcap"; done

# What the plan gives each path is half of what a host sends to the other leaf. First by the dataplanes' own counters, of payload; then
# by the routers', which have headers, acknowledgements and what the NICs send twice as well.
even_paths() { even "payload of rank $1 by path" $(./telemetry "$1" paths ${paths[$1]}); }
paths_died() { for rank in 0 1 2 3; do ./telemetry "$rank" count paths_died; done | paste -s; }
sent_again() { for rank in 0 1 2 3; do ./telemetry "$rank" count nic_retransmits; done | paste -s; }
# Where a NIC gives a path up, since emulation stood still for half a second, the rest goes over the other, as it should: what the plan
# was can then not be seen; nor in the routers' counters where NICs only sent again. The first run without either is judged.
for try in 1 2 3 4 5 6 7 8; do
    before=($(uplink_bytes 0 0) $(uplink_bytes 0 1) $(uplink_bytes 1 0) $(uplink_bytes 1 1))
    for rank in 0 1 2 3; do paths[rank]=$(./telemetry "$rank" paths); done
    died=$(paths_died)
    again=$(sent_again)
    check "all_to_all of 512 KiB is right" collective 300 all_to_all -b 512K -e 512K -n 1 -w 0
    [ "$died" != "$(paths_died)" ] || [ "$again" != "$(sent_again)" ] || break
    echo "      try $try: paths died: $died before, $(paths_died) after; NICs sent again: $again before, $(sent_again) after"
done
for rank in 0 1 2 3; do check "bytes of rank $rank's paths against plan" even_paths "$rank"; done
if [ "$again" = "$(sent_again)" ]; then
    check "bytes of leaf 0's uplinks against plan" even_uplinks 0
    check "bytes of leaf 1's uplinks against plan" even_uplinks 1
else
    echo "      not judged, as NICs sent again in every run"
    even_uplinks 0
    even_uplinks 1
fi
