# SPDX-License-Identifier: BSD-3-Clause
# How long a failure takes, until there are six times: a spine swallows everything amid an all-reduce. What the NIC takes to give its queue pair up
# and what weft takes from then on are told apart (failover_times.c). Told, not judged: emulation beside other work may stand still.
. ./fabric.sh
make_fabric
rate=20M # what emulation carries beside other work
preload="./libforce_error.so ./libfailover_times.so"
check "two dataplanes start" start_all 'transport: {peer_timeout_ms: 60000}'

# failover_ms WHAT RANK: the first time that the rank's dataplane told since `told`; later ones are of queue pairs for which emulation was too slow
failover_ms() { tail -n "+${told[$2]}" "/tmp/dataplane$2.log" | sed -n "s/^failover: .*$1 after \([0-9.]*\) ms$/\1/p" | head -n 1; }
mark_told() { for rank in 0 1; do told[rank]=$(($(wc -l <"/tmp/dataplane$rank.log") + 1)); done; }
milliseconds() { awk -v column="$1" '/true|false/ {print $(2 * column + 2) * ($(2 * column + 3) == "s" ? 1000 : 1)}' /tmp/bench0.log; }
paths_are_back() { for rank in 0 1; do tail -n 20 "/tmp/dataplane$rank.log" | grep -q 'path . to .* is up' || return 1; done; }
declare -a told

# swallow SPINE, carry SPINE: in both directions
swallow() { for leaf in 0 1; do echo "qdisc add dev down$leaf root netem loss 100%"; done | tc -n "spine$1" -b -; }
carry() { for leaf in 0 1; do echo "qdisc delete dev down$leaf root"; done | tc -n "spine$1" -b -; }

# fail_spine SPINE: amid an all-reduce
fail_spine() {
    mark_told
    start_collective 180 all_reduce -b 512K -e 512K -n 25 -w 0
    sleep 2
    swallow "$1"
    check "all_reduce over a spine that starts to swallow everything is right" end_collective
    for rank in 0 1; do
        failover_ms "by the NIC" $rank >>/tmp/nic_ms
        failover_ms "another queue pair" $rank >>/tmp/our_ms
    done
    echo "$(($(milliseconds 3 | cut -d. -f1) - $(milliseconds 1 | cut -d. -f1)))" >>/tmp/lost_ms
    carry "$1"
    check "the path comes back" wait_for 90 paths_are_back
}
# Where no payload was under way, or all had arrived and only its acknowledgements were lost, there is nothing to time.
for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
    fail_spine $((round % 2))
    [ "$(wc -l </tmp/our_ms)" -lt 6 ] || break
done

# spread FILE: all, median and worst
spread() { [ -s "$1" ] || { echo none; return; }; echo "$(sort -n "$1" | paste -s -d' ') ms; median $(median "$1"), worst $(sort -n "$1" | tail -n 1)"; }
echo "      the NIC gave a queue pair up after (nominal 537): $(spread /tmp/nic_ms)"
echo "      payload on another one after: $(spread /tmp/our_ms)"
echo "      the iteration that was hit, longer than the median one by: $(spread /tmp/lost_ms)"
