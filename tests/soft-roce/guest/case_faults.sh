# SPDX-License-Identifier: BSD-3-Clause
# What befalls queue pairs: loss, a spine that swallows everything, a peer that is killed.
. ./fabric.sh
make_fabric
rate=50M
# Seconds of silence are nothing in emulation on a busy machine.
check "two dataplanes start" start_all 'transport: {peer_timeout_ms: 30000}'
check "all_reduce of 512 KiB without a fault" collective 60 all_reduce -b 512K -e 512K -n 1 -w 0

queue_pairs_given_up() { cat /tmp/dataplane?.log | grep -c 'is given up'; }

ip netns exec spine0 tc qdisc add dev down1 root netem loss 1%
check "all_reduce with 1 % loss is right" collective 120 all_reduce -b 1M -e 1M -n 2 -w 0
ip netns exec spine0 tc qdisc delete dev down1 root

# The NIC gives up, the rest goes over the other spine, and a new queue pair brings the path back.
start_collective 120 all_reduce -b 4M -e 4M -n 5 -w 0
sleep 2
ip netns exec spine1 tc qdisc add dev down1 root netem loss 100%
ip netns exec spine1 tc qdisc add dev down0 root netem loss 100%
check "all_reduce over a spine that starts to swallow everything is right" end_collective
tail -n 1 /tmp/bench0.log
check "queue pairs were given up" [ "$(queue_pairs_given_up)" -gt 0 ]
check "all_reduce without that spine is right" collective 120 all_reduce -b 512K -e 512K -n 2 -w 0
ip netns exec spine1 tc qdisc delete dev down1 root
ip netns exec spine1 tc qdisc delete dev down0 root
path_is_back() { tail -n 20 /tmp/dataplane0.log | grep -q 'path . to .* is up'; }
check "the path comes back" wait_for 90 path_is_back

# A peer that is killed ends its peers' operations; its successor is served.
start_collective 60 all_reduce -b 4M -e 4M -n 20 -w 0
sleep 2
kill -9 "${daemon_of[1]}"
wait "${daemon_of[1]}" 2>/dev/null
operations_end() { ! end_collective >/dev/null; }
check "operations with a killed peer end" operations_end
rm -f /tmp/dataplane1.sock
start_dataplane 1 "$(gateway_ethernet 1)" 'transport: {peer_timeout_ms: 30000}'
check "its successor starts" all_ready 1
check "all_reduce with the successor is right" collective 90 all_reduce -b 256K -e 256K -n 2 -w 0
