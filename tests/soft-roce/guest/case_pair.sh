# SPDX-License-Identifier: BSD-3-Clause
# Two devices back to back: all collectives, source ports, and how near to ib_write_bw.

# veth_end INTERFACE ADDRESS ETHERNET OTHER-ADDRESS OTHER-ETHERNET
veth_end() {
    ip address add "$2/24" dev "$1"
    ip link set "$1" up
    ethtool -K "$1" tx off >/dev/null
    ip neighbour replace "$4" lladdr "$5" dev "$1" nud permanent
}

ip link add host0 mtu 4200 address 02:00:00:00:00:01 type veth peer name host1 mtu 4200 address 02:00:00:00:00:02
veth_end host0 10.9.0.1 02:00:00:00:00:01 10.9.0.2 02:00:00:00:00:02
veth_end host1 10.9.0.2 02:00:00:00:00:02 10.9.0.1 02:00:00:00:00:01
add_device 0 host0 10.9.0.1
add_device 1 host1 10.9.0.2
rate=10G # nothing of ours holds the NICs back
start_dataplane 0 02:00:00:00:00:02
start_dataplane 1 02:00:00:00:00:01
check "two dataplanes start" all_ready 0 1

capture host0 /tmp/pair.pcap
for name in all_reduce reduce_scatter all_gather all_to_all broadcast send_receive; do
    check "$name of 256 KiB is right" collective 60 $name -b 256K -e 256K -n 2 -w 0
done
check "barrier" collective 60 barrier -n 2
check "all_reduce of 1 byte to 1 MiB is right" collective 120 all_reduce -b 16 -e 1M -f 16 -n 1 -w 0
uncapture
check "source ports of rank 0" has_right_ports 0 /tmp/pair.pcap
check "source ports of rank 1" has_right_ports 1 /tmp/pair.pcap

# Messages of 1 MiB both ways, one at a time, as send_receive has them: the sum of both directions.
bare_bandwidth() {
    local options="-F -b -s 1048576 -n 5 -t 1 -x 1 --report_gbits"
    ib_write_bw -d rxe1 $options >/tmp/bare.server 2>&1 &
    local server=$!
    wait_for 10 sh -c 'ss -ltn | grep -q :18515'
    ib_write_bw -d rxe0 $options 127.0.0.1 >/tmp/bare.client 2>&1
    wait $server
    awk '$1 == 1048576 {print 1000 * $4}' /tmp/bare.client
}

weft_bandwidth() {
    collective 120 send_receive -b 1M -e 1M -n 5 -w 1 >/dev/null
    sed -n 's/.* \([0-9.]*\) \([MG]\)b\/s .*/\1 \2/p' /tmp/bench0.log |
        awk '{print 2 * ($2 == "G" ? 1000 * $1 : $1); exit}'
}
# In turn, as what else the machine does changes from minute to minute; the median of three each.
for round in 1 2 3; do
    bare_bandwidth >>/tmp/bare
    weft_bandwidth >>/tmp/weft
done
median() { sort -n "$1" | sed -n 2p; }
echo "      1 MiB both ways: ib_write_bw $(paste -s -d' ' /tmp/bare) Mb/s, weft $(paste -s -d' ' /tmp/weft) Mb/s"
awk -v bare="$(median /tmp/bare)" -v weft="$(median /tmp/weft)" \
    'BEGIN {printf "      medians: weft %.2f of ib_write_bw\n", bare ? weft / bare : 0}'
