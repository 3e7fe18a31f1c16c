#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What weft-monitor's timing tells control raises the right alerts and no other: a link that loses one packet in a hundred, and one of half
# its rate. Minutes, as these alerts wait whether it lasts.
# usage: alerts_of_verdicts.sh WEFT-LAB WEFT-DATAPLANE WEFT-BENCH WEFT-EXPORTER RULES-FOLDER WEFT-MONITOR LIBWEFT WEFT
lab=$(realpath "$1") dataplane=$(realpath "$2") bench=$(realpath "$3") exporter=$(realpath "$4") rules=$(realpath "$5") monitor=$(realpath "$6") library=$(realpath "$7") weft=$(realpath "$8")
helpers=$(realpath "$(dirname "$0")/prometheus.sh")
[ "$(id -u)" -eq 0 ] || { echo "needs root for network namespaces"; exit 77; }
for program in curl prometheus; do
    command -v $program >/dev/null || { echo "needs $program (Debian: the package of this name)"; exit 77; }
done

story='
set -eu
. "$helpers"
ip link set lo up
cat >monitor.yaml <<END
socket: $PWD/monitor.sock
runtime_folder: $PWD
only_files: yes
files: ["$dataplane", "$library"]
control: {socket: $WEFT_CONTROL_SOCKET}
END
"$monitor" monitor.yaml 2>monitor.log &
until grep -q "ready on" monitor.log; do kill -0 $!; "$lab" exec host0 -- true; done
printf "listen: 127.0.0.1:9791\ncontrol: {socket: %s}\nmonitor: {socket: monitor.sock}\n" "$WEFT_CONTROL_SOCKET" >fabric.yaml
"$exporter" fabric.yaml 2>fabric.log &
"$lab" topology >topology.yaml
printf "listen: 127.0.0.1:9792\ntopology: topology.yaml\ndataplane: {socket: /run/dpdk/weft-host0/dpdk_telemetry.v2}\n" >host0.yaml
"$exporter" host0.yaml 2>host0.log &
start_prometheus "\"127.0.0.1:9792\""
"$bench" all_to_all -b 4M -n 1000000 --mode planned >bench.log 2>&1 &
bench_process=$!
await "sum(up) == 2 and sum(fabric_agent_plan_current) == 9 and max(fabric_plan_epoch) > 0"
await "sum(increase(fabric_collective_stage_messages_total{stage=\"network\"}[1m])) > 500"
expect_none "ALERTS{alertstate=\"firing\"}"

"$lab" fault leaf0-spine1 rate 30M
await "ALERTS{alertname=\"SlowLink\",alertstate=\"firing\",component=~\"leaf0-spine1 .*\"}"
expect_only SlowLink
"$lab" fault leaf0-spine1 clear
"$weft" -s "$WEFT_CONTROL_SOCKET" link restore leaf0-spine1
await "absent(ALERTS{alertstate=\"firing\"})"

"$lab" fault leaf1-spine2 loss 1%
await "ALERTS{alertname=\"LossyLink\",alertstate=\"firing\",component=~\"leaf1-spine2 .*\"}"
expect_only "SlowLink|LossyLink|CapacityLow" # of three uplinks one is drained
await "count_over_time(ALERTS{alertname=\"CapacityLow\",alertstate=\"firing\",leaf=\"leaf1\"}[10m])"
kill -0 $bench_process || { cat bench.log; exit 1; }
'
export lab dataplane bench exporter rules monitor library weft helpers
scratch=$(mktemp -d) && cd "$scratch" || exit 1
trap 'rm -rf "$scratch"' EXIT
"$lab" run 3x3x3 --rate 60M --control --dataplane "$dataplane" -- sh -c "$story" && exit
status=$?
tail -n 5 ./*.log
exit $status
