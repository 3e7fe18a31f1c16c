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
# Seconds of silence are nothing in emulation on a busy machine.
for rank in 0 1; do start_dataplane $rank 02:00:00:00:00:0$((2 - rank)) 'transport: {peer_timeout_ms: 30000}'; done
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

# Messages of 1 MiB both ways against ib_write_bw on the same devices, the sum of both directions. First DEPTH at a time, none waiting for the
# other rank; then one collective at a time, whose ranks wait for each other before, which ib_write_bw's never do.

# bare_bandwidth MESSAGES DEPTH: nothing if it hangs, as it may
bare_bandwidth() {
    local options="-F -b -s 1048576 -n $1 -t $2 -x 1 --report_gbits"
    timeout 40 ib_write_bw -d rxe1 $options >/tmp/bare.server 2>&1 &
    local server=$!
    wait_for 10 sh -c 'ss -ltn | grep -q :18515'
    timeout 40 ib_write_bw -d rxe0 $options 127.0.0.1 >/tmp/bare.client 2>&1
    wait $server
    awk '$1 == 1048576 {print int(1000 * $4)}' /tmp/bare.client
}

# stream_bandwidth MESSAGES DEPTH
stream_bandwidth() {
    local identity=$((1000 + job++)) rank streams=()
    for rank in 0 1; do
        WEFT_SOCKET=/tmp/dataplane$rank.sock timeout 60 ./stream $identity $rank "$@" "${addresses[@]}" >/tmp/stream$rank 2>&1 &
        streams+=($!)
    done
    wait "${streams[@]}"
    cat /tmp/stream0
}

collective_bandwidth() {
    start_bench 60 send_receive -b 1M -e 1M -n 10 -w 1 -j
    end_collective >/dev/null
    python3 -c 'import json; print(int(2 * json.load(open("/tmp/bench0.log"))["bus_bandwidth_bps"] / 1e6))' 2>/dev/null
}

# In turn, as what else the machine does changes from minute to minute; the medians of five rounds.
for round in 1 2 3 4 5; do
    bare_bandwidth 16 8 >>/tmp/bare8
    stream_bandwidth 16 8 >>/tmp/stream8
    bare_bandwidth 10 1 >>/tmp/bare1
    collective_bandwidth >>/tmp/collective
done
# compare WHAT FILE BARE-FILE
compare() {
    echo "      1 MiB both ways, $1: ib_write_bw $(paste -s -d' ' "$3"), weft $(paste -s -d' ' "$2") Mb/s; of the medians" \
        "$(awk -v bare="$(median "$3")" -v weft="$(median "$2")" 'BEGIN {printf "%.2f", bare ? weft / bare : 0}')"
}
compare "eight at a time" /tmp/stream8 /tmp/bare8
compare "one at a time" /tmp/collective /tmp/bare1
