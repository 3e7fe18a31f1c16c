# SPDX-License-Identifier: BSD-3-Clause
# As if the device took no notice of flow labels: source ports follow from queue pairs' numbers, and pairs are chosen that suit.
. ./fabric.sh
make_fabric
rate=20M
option=,source_ports=numbers
# Seconds of silence are nothing in emulation on a busy machine.
check "two dataplanes start" start_all 'transport: {peer_timeout_ms: 120000}'

# Each leaf has one host here, so its uplinks carry that one's packets.
for leaf in 0 1; do
    for spine in 0 1; do
        ip netns exec "leaf$leaf" tcpdump -Z root --immediate-mode -i "up$spine" -nn -s 64 -w "/tmp/up$leaf$spine.pcap" \
            "udp port 4791 and src host ${addresses[$leaf]}" 2>"/tmp/up$leaf$spine.log" &
        captures+=($!)
        wait_for 10 grep -q listening "/tmp/up$leaf$spine.log"
    done
done
check "all_reduce of 1 MiB is right" collective 120 all_reduce -b 1M -e 1M -n 2 -w 0
uncapture

# packets_on LEAF SPINE: how many packets on this uplink have a source port of one of its host's queue pairs for this path, of how
# many. Probes of paths end at the spine, by their TTL.
packets_on() {
    sed -n "s/.*path $2, source port \([0-9]*\) is ready/\1/p" "/tmp/dataplane$1.log" | sort -u >/tmp/ports
    tcpdump -nn -r "/tmp/up$1$2.pcap" "udp dst port 4791 and ip[8] > 8" 2>/dev/null | awk '{sub(/.*\./, "", $3); print $3}' | sort | uniq -c >/tmp/seen
    awk 'NR == FNR {chosen[$1] = 1; next} {n += $1; if ($2 in chosen) right += $1}
         END {printf "      %d of %d packets\n", right, n; exit n == 0 || right != n}' /tmp/ports /tmp/seen
}
for leaf in 0 1; do
    for spine in 0 1; do
        check "what leaf $leaf sends to spine $spine is of queue pairs for it" packets_on "$leaf" "$spine"
    done
done
option=
