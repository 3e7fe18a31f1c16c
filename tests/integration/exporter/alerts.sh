#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A fault in a lab raises the right alert and no other: control, dataplanes, exporters and a Prometheus of the test's own, with
# the rules as they are shipped.
# usage: alerts.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH WEFT-EXPORTER RULES-FOLDER [WEFT-MONITOR]
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3") exporter=$(realpath "$4") rules=$(realpath "$5") helpers=$(realpath "$(dirname "$0")/prometheus.sh") monitor=${6:+$(realpath "$6")}
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
for program in curl prometheus; do
    command -v $program >/dev/null || { echo "needs $program (Debian: the package of this name)"; exit 77; }
done

story='
set -eu
. "$helpers"
# Waits until this alert fires, with these labels, and no other does: at first the other end of a path may be accused too.
await_alone() {
    await "ALERTS{alertname=\"$1\",alertstate=\"firing\",$2} and on () count(ALERTS{alertstate=\"firing\"}) == 1"
}
await_none() { await "absent(ALERTS{alertstate=\"firing\"}) and on () sum(fabric_link_suspect) == 0 and on () count(fabric_link_up{spine!=\"\"} == 1) == 12"; }

"$lab" topology >topology.yaml
ip link set lo up
port=9791
printf "listen: 127.0.0.1:%s\ncontrol: {socket: %s}\n" $port "$WEFT_CONTROL_SOCKET" >fabric.yaml
hosts=
if [ -n "$monitor" ]; then # one of this kernel listens to the dataplanes of all hosts
    printf "socket: %s/monitor.sock\ngroup: root\nruntime_folder: /run/weft-lab\nsees_all_ranks: yes\nhang_ms: 2000\nscan_ms: 200\n" "$PWD" >monitor.yaml
    "$monitor" monitor.yaml 2>monitor.log &
    until grep -q "ready on" monitor.log; do kill -0 $!; "$lab" exec host0 -- true; done
    printf "monitor: {socket: monitor.sock}\n" >>fabric.yaml
fi
"$exporter" fabric.yaml 2>fabric.log &
for host in host0 host1 host2; do
    port=$((port + 1))
    printf "listen: 127.0.0.1:%s\ntopology: topology.yaml\ndataplane: {socket: /run/dpdk/weft-%s/dpdk_telemetry.v2}\n" $port $host >$host.yaml
    "$exporter" $host.yaml 2>$host.log &
    blind=$!
    hosts="$hosts${hosts:+, }127.0.0.1:$port"
done
sources=4
[ -z "$monitor" ] || sources=5
start_prometheus "$hosts"
"$bench" all_reduce -b 2M -n 100000 --mode planned --placement scattered --check >bench.log 2>&1 &
bench_process=$!

await "sum(up) == 4 and sum(fabric_source_up) == $sources and sum(fabric_agent_plan_current) == 3 and max(fabric_plan_epoch) > 0"
await "count(rate(fabric_link_sent_packets_total[10s]) > 0) >= 3"
[ -z "$monitor" ] || await "sum(rate(fabric_collective_stage_messages_total{stage=\"network\"}[10s])) > 0"
await "count(fabric_link_up{spine!=\"\"} == 1) == 12"
expect_none "ALERTS{alertstate=\"firing\"}"

"$lab" fault leaf0-spine1 black_hole
await_alone BlackHole leaf=\"leaf0\",spine=\"spine1\"
"$lab" fault leaf0-spine1 clear
await_none

"$lab" fault leaf1-spine2 down
await_alone LinkDown leaf=\"leaf1\",spine=\"spine2\"
"$lab" fault leaf1-spine2 clear
await_none

if [ -n "$monitor" ]; then # a rank stops, and the others wait for it
    rank=$(ps -o pid= --ppid $bench_process | head -n 1)
    kill -STOP $rank
    await "ALERTS{alertname=\"CollectiveHang\",alertstate=\"firing\"}"
    kill -CONT $rank
    await "absent(ALERTS{alertname=\"CollectiveHang\",alertstate=\"firing\"})"
fi
await_none
expect_only "BlackHole|LinkDown|CollectiveHang"

kill $blind
await_alone MonitorBlind instance=\"127.0.0.1:$port\"
kill -0 $bench_process || { cat bench.log; exit 1; }

for _ in 1 2 3; do
    "$lab" fault leaf2-spine0 down
    await "fabric_link_up{leaf=\"leaf2\",spine=\"spine0\"} == 0 or fabric_link_suspect{leaf=\"leaf2\",spine=\"spine0\"} == 1"
    "$lab" fault leaf2-spine0 clear
    await "fabric_link_up{leaf=\"leaf2\",spine=\"spine0\"} == 1 and fabric_link_suspect{leaf=\"leaf2\",spine=\"spine0\"} == 0"
done
await "ALERTS{alertname=\"LinkFlapping\",alertstate=\"firing\",leaf=\"leaf2\",spine=\"spine0\"} and on () count(ALERTS{alertname=\"LinkFlapping\",alertstate=\"firing\"}) == 1"
expect_only "BlackHole|LinkDown|CollectiveHang|MonitorBlind|LinkFlapping"
'
export lab bench exporter rules helpers monitor
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
"$lab" run 3x4x1 --rate 100M --control --dataplane "$dataplane" -- sh -c "$story" && exit
status=$?
tail -n 5 ./*.log
exit $status
