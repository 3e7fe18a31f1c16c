# SPDX-License-Identifier: BSD-3-Clause
# What befalls queue pairs: loss, a spine that swallows everything, a link that goes down, queue pairs that are forced into their
# error state, a peer that is killed. Whatever it is: the result is right, and every byte has come once.
. ./fabric.sh
make_fabric
rate=20M # what emulation carries beside other work
# Seconds of silence are nothing in emulation on a busy machine.
check "two dataplanes start" start_all 'transport: {peer_timeout_ms: 30000}'

received() { for rank in 0 1; do ./telemetry $rank count data_bytes_received; done; }
queue_pairs_given_up() { cat /tmp/dataplane?.log | grep -c 'is given up'; }

# all_reduce ITERATIONS SECONDS
all_reduce() {
    mark_received
    collective "$2" all_reduce -b 512K -e 512K -n "$1" -w 0
}
mark_received() { before=($(received)); }
brought() { local now=($(received)) && echo $((now[0] - before[0])) $((now[1] - before[1])); }

# What runs without a fault bring each rank: so much for an iteration, so much for a run.
check "all_reduce of 512 KiB without a fault" all_reduce 1 60
one=($(brought))
check "two of them" all_reduce 2 60
two=($(brought))

# came_once ITERATIONS: since mark_received, as many bytes as so many iterations bring
came_once() {
    local now=($(brought)) rank expected
    for rank in 0 1; do
        expected=$((one[rank] + ($1 - 1) * (two[rank] - one[rank])))
        [ "${now[rank]}" -eq "$expected" ] || { echo "      rank $rank received ${now[rank]} bytes, not $expected"; return 1; }
    done
}
all_reduce_is_right() { all_reduce "$@" && came_once "$1"; }

tc -n spine0 qdisc add dev down1 root netem loss 1%
check "all_reduce with 1 % loss is right" all_reduce_is_right 4 120
tc -n spine0 qdisc delete dev down1 root

# The NIC gives up, the rest goes over the other spine, and a new queue pair brings the path back. How long that takes: case_failover.sh.
printf 'qdisc add dev down%d root netem loss 100%%\n' 0 1 >/tmp/swallow
printf 'qdisc delete dev down%d root\n' 0 1 >/tmp/carry
given_up=$(queue_pairs_given_up)
mark_received
start_collective 120 all_reduce -b 512K -e 512K -n 15 -w 0
sleep 1
tc -n spine1 -b /tmp/swallow
check "all_reduce over a spine that starts to swallow everything is right" end_collective
check "every byte has come once" came_once 15
check "queue pairs were given up" [ "$(queue_pairs_given_up)" -gt "$given_up" ]
check "all_reduce without that spine is right" all_reduce_is_right 2 120
tc -n spine1 -b /tmp/carry
path_is_back() { tail -n 20 /tmp/dataplane0.log | grep -q 'path . to .* is up'; }
check "the path comes back" wait_for 90 path_is_back

# The routers of one leaf know at once, those behind the spine never: they go on sending into it.
ip -n leaf0 link set up0 down
check "all_reduce after a link went down is right" all_reduce_is_right 4 120
ip -n leaf0 link set up0 up
ip -n leaf0 route replace 10.2.0.0/16 nexthop via 10.100.0.2 nexthop via 10.100.1.2
check "all_reduce after it came up again is right" all_reduce_is_right 2 120

given_up=$(queue_pairs_given_up)
mark_received
start_collective 120 all_reduce -b 512K -e 512K -n 12 -w 0
sleep 1
touch /tmp/force_error0
check "all_reduce over queue pairs that are forced into their error state is right" end_collective
check "every byte has come once" came_once 12
check "the queue pairs were given up" [ "$(queue_pairs_given_up)" -gt "$given_up" ]

# The interface loses its address and gets it back, behind another one: its GID comes back at another place.
ip address delete 10.1.0.1/32 dev host0
check "the dataplane says that its GID is gone" wait_for 10 grep -q 'has lost the GID' /tmp/dataplane0.log
ip address add 10.9.9.9/32 dev host0
address_host 0
check "and that it is back" wait_for 10 grep -q 'has the GID of its address' /tmp/dataplane0.log
touch /tmp/force_error0
check "all_reduce over queue pairs that are made with it is right" all_reduce_is_right 2 120

# A peer that is killed ends its peers' operations: they say who it was, well before anybody else loses patience.
start_collective 240 all_reduce -b 4M -e 4M -n 20 -w 0
sleep 2
kill -9 "${daemon_of[1]}"
wait "${daemon_of[1]}" 2>/dev/null
killed=$(now)
survivor_names_the_dead() {
    ! wait "${bench[0]}" && grep -q "rank 1 on ${addresses[1]} died or cannot be reached" /tmp/bench0.log && return 0
    tail -n 3 /tmp/bench0.log /tmp/dataplane0.log
    return 1
}
check "operations with a killed peer end, and name it" survivor_names_the_dead
awk -v killed="$killed" -v now="$(now)" 'BEGIN {printf "      %.1f s after it was killed; peers are taken for dead after 30 s\n", now - killed}'
orphan_says_why() { ! wait "${bench[1]}" && grep -q 'the dataplane' /tmp/bench1.log && return 0; tail -n 3 /tmp/bench1.log; return 1; }
check "the application of the killed dataplane is told" orphan_says_why
rm -f /tmp/dataplane1.sock
start_dataplane 1 "$(gateway_ethernet 1)" 'transport: {peer_timeout_ms: 30000}'
check "its successor starts" all_ready 1
check "all_reduce with the successor is right" collective 90 all_reduce -b 256K -e 256K -n 2 -w 0
